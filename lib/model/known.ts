import { type IConstruct } from 'constructs';
import { ModelInput, Sampling, ToolSupport, type CapabilityOverrides, type ModelCapabilities, type ModelPrices } from './capabilities';
import { catalogue, find } from './catalogue';
import { type Route } from './routes';
import { requireInteger } from '../internal/validation';

/** Ten times the largest that any model has: above it, somebody mistyped. */
const LARGEST_WINDOW = 100_000_000;

/** For a model that nobody described: nothing that some model would answer an error to, and little enough for any of them. */
const CAREFUL: ModelCapabilities = {
  contextTokens: 32_000,
  outputTokens: 4_096,
  tools: ToolSupport.BUFFERED,
  sampling: Sampling.NONE,
  inputs: [ModelInput.TEXT],
};

/** What is known of a route's model: the user's word first, then the catalogue's, then careful defaults. */
export function capabilitiesOf(scope: IConstruct, { baseModelId }: Route, overrides: CapabilityOverrides = {}): ModelCapabilities {
  const entry = find(catalogue().text, baseModelId);
  const known: ModelCapabilities = entry
    ? { ...entry, tools: entry.tools as ToolSupport, sampling: entry.sampling as Sampling, inputs: entry.inputs as ModelInput[] }
    : CAREFUL;
  const capabilities: ModelCapabilities = {
    contextTokens: overrides.contextTokens ?? known.contextTokens,
    outputTokens: overrides.outputTokens ?? Math.min(known.outputTokens, overrides.contextTokens ?? Infinity),
    tools: overrides.tools ?? known.tools,
    sampling: overrides.sampling ?? known.sampling,
    inputs: overrides.inputs ?? known.inputs,
    cacheMinimum: (overrides.cacheMinimum ?? known.cacheMinimum) || undefined,
    jsonSchema: overrides.jsonSchema ?? known.jsonSchema,
    batch: overrides.batch ?? known.batch,
  };
  requireInteger(scope, 'capabilities.contextTokens', capabilities.contextTokens, 1, LARGEST_WINDOW);
  requireInteger(scope, 'capabilities.outputTokens', capabilities.outputTokens, 1, capabilities.contextTokens);
  requireInteger(scope, 'capabilities.cacheMinimum', overrides.cacheMinimum, 0, capabilities.contextTokens);
  return capabilities;
}

/** What the catalogue says a route costs; nothing rather than another geography's price. */
export function pricesOf({ baseModelId, priceList }: Route): ModelPrices | undefined {
  const { text, pricesAsOf } = catalogue();
  const prices = priceList === undefined ? undefined : find(text, baseModelId)?.prices[priceList];
  if (prices?.input === undefined || prices.output === undefined) return undefined;
  return { asOf: pricesAsOf, ...prices, input: prices.input, output: prices.output };
}
