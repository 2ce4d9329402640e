import { ModelAddress } from './access';
import { checkCacheFor } from './cache-rules';
import { ConverseRequest, ContentBlock } from './converse';
import { measure } from './prompt-cache';
import { refuse } from './refusal';
import { ModelFacts } from '../../lib/contract/model';
import { AwsFailure } from '../aws/failure';

/** What the service knows of a foundation model, by its bare id. */
export interface ModelRules extends Pick<ModelFacts, 'contextTokens' | 'outputTokens' | 'tools' | 'sampling' | 'inputs' | 'jsonSchema' | 'cacheMinimum'> {
  /** The bare id is refused: only a profile reaches the model. */
  readonly needsProfile?: boolean;
  /** The service has ended it. */
  readonly retired?: boolean;
}

/** Claude models from 4.6 on take no beginning of their own answer. */
const WITHOUT_PREFILL = /claude-(?:opus|sonnet|haiku|fable)-(?:4-[6-9]|[5-9])/;

/** Refuses an id that the runtime would not take. */
export function checkModelId(modelId: string, address: ModelAddress, rules: ModelRules | undefined): void {
  if (/:application-inference-profile\//.test(address.arn ?? '')) {
    refuse(`The provided model identifier is invalid. The local cloud runs no stack that defines the profile ${modelId}`);
  }
  if (address.arn) return;
  if (!rules) refuse(`The provided model identifier is invalid. The local cloud's catalogue does not know '${address.model}'`);
  if (rules.retired) {
    throw new AwsFailure('ResourceNotFoundException', 404,
      'This model version has reached the end of its life. Please refer to the AWS documentation for more details.');
  }
  if (rules.needsProfile && !address.profileArn) {
    refuse(`Invocation of model ID ${address.model} with on-demand throughput isn’t supported. `
      + 'Retry your request with the ID or ARN of an inference profile that contains this model.');
  }
}

/** Refuses what this model, rather than the API, does not take. */
export function checkModelLimits(modelId: string, request: ConverseRequest, streaming: boolean, rules: ModelRules): void {
  checkSampling(request, rules);
  checkTools(request, streaming, rules);
  checkCacheFor(modelId, request, rules);
  if (!rules.inputs.includes('image') && content(request).some(({ image }) => image)) {
    refuse('This model doesn\'t support the image content block that you provided. Update your request and try again.');
  }
  if (!rules.inputs.includes('document') && content(request).some(({ document }) => document)) {
    refuse('This model doesn\'t support documents. Try again without documents.');
  }
  if (request.outputConfig?.textFormat && !rules.jsonSchema) refuse('This model doesn\'t support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again.');
  if (WITHOUT_PREFILL.test(modelId) && request.messages?.at(-1)?.role === 'assistant') {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  const maxTokens = request.inferenceConfig?.maxTokens;
  if (maxTokens !== undefined && maxTokens > rules.outputTokens) {
    refuse(`The maximum tokens you requested exceeds the model limit of ${rules.outputTokens}. `
      + `Try again with a maximum tokens value that is lower than ${rules.outputTokens}.`);
  }
  const input = measure(request).total;
  if (input > rules.contextTokens) refuse(`Input is too long for requested model. It has ${input} tokens, the model's window ${rules.contextTokens}.`);
}

function checkSampling({ inferenceConfig, additionalModelRequestFields }: ConverseRequest, { sampling }: ModelRules): void {
  const { temperature, topP } = inferenceConfig ?? {};
  const given = [
    ...(temperature === undefined ? [] : ['temperature']),
    ...(topP === undefined ? [] : ['top_p']),
    ...(additionalModelRequestFields?.top_k === undefined ? [] : ['top_k']),
  ];
  if (sampling === 'none' && given.length > 0) refuse(`\`${given[0]}\` is deprecated for this model.`);
  if (sampling === 'one' && temperature !== undefined && topP !== undefined) {
    refuse('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
}

function checkTools({ toolConfig }: ConverseRequest, streaming: boolean, { tools }: ModelRules): void {
  if (!toolConfig || tools === 'streaming') return;
  if (tools === 'none') refuse('This model doesn\'t support tool use.');
  if (streaming) refuse('This model doesn\'t support tool use in streaming mode.');
}

function content({ messages = [] }: ConverseRequest): ContentBlock[] {
  return messages.flatMap((message) => message.content);
}
