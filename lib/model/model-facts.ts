import { type ModelPrices } from './capabilities';
import { type ModelBinding } from './model-binding';
import { type ModelFacts } from '../contract/model';

/** A binding as a handler reads it. Encode it with `stack.toJsonString`: an ARN in it may be known at deploy time only. */
export function modelFacts({ modelId, modelName, capabilities, prices, behind }: ModelBinding): ModelFacts {
  return {
    id: modelId,
    name: modelName,
    contextTokens: capabilities.contextTokens,
    outputTokens: capabilities.outputTokens,
    tools: `${capabilities.tools}`,
    sampling: `${capabilities.sampling}`,
    inputs: capabilities.inputs.map((input) => `${input}` as const),
    ...(capabilities.jsonSchema && { jsonSchema: true }),
    cacheMinimum: capabilities.cacheMinimum,
    prices: prices && withoutDate(prices),
    behind: behind?.map((each) => ({ id: each.modelId, prices: each.prices && withoutDate(each.prices) })),
  };
}

function withoutDate({ asOf: _, ...prices }: ModelPrices): ModelFacts['prices'] {
  return prices;
}
