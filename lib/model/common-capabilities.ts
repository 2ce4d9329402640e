import { type ModelCapabilities, Sampling, ToolSupport } from './capabilities';
import { type ModelBinding } from './model-binding';

const TOOLS = [ToolSupport.NONE, ToolSupport.BUFFERED, ToolSupport.STREAMING];
const SAMPLING = [Sampling.NONE, Sampling.ONE, Sampling.BOTH];

/** What every one of some models can do: who knows nothing of routing may rely on it. */
export function commonCapabilities(bindings: readonly ModelBinding[]): ModelCapabilities {
  const all = bindings.map(({ capabilities }) => capabilities);
  const least = <Level>(levels: readonly Level[], of: (each: ModelCapabilities) => Level) => levels[Math.min(...all.map((each) => levels.indexOf(of(each))))];
  return {
    contextTokens: Math.min(...all.map(({ contextTokens }) => contextTokens)),
    outputTokens: Math.min(...all.map(({ outputTokens }) => outputTokens)),
    tools: least(TOOLS, ({ tools }) => tools),
    sampling: least(SAMPLING, ({ sampling }) => sampling),
    inputs: all[0].inputs.filter((input) => all.every(({ inputs }) => inputs.includes(input))),
  };
}
