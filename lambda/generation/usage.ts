import type { ModelFacts, ModelPrices, TokenPrices } from '../../lib/contract/model';
import type { TokenUsage } from '../ports/model';

/** Usage as OpenAI reports it, and what the turn cost in USD where the model's prices are known. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly cost?: number;
}

/** What a model took. */
export interface Spending {
  readonly facts: ModelFacts;
  readonly tokens: TokenUsage;
}

/** What a model takes, once that is known; undefined where it never is. */
export interface Spent {
  readonly facts: ModelFacts;
  readonly tokens: Promise<TokenUsage | undefined>;
}

/** The usage of a turn: the tokens of the model that answered, and what all models together cost. */
export function turnUsage(facts: ModelFacts, tokens: TokenUsage, asides: readonly Spending[] = []): Usage {
  const usage = openAiUsage(tokens, facts.prices);
  const others = asides.reduce((sum, aside) => sum + (openAiUsage(aside.tokens, aside.facts.prices).cost ?? 0), 0);
  return usage.cost === undefined || others === 0 ? usage : { ...usage, cost: Math.round((usage.cost + others) * 1e9) / 1e9 };
}

/** What an answer took that no model was asked for, or none had begun: that is known, unlike what a model took that never said so. */
export const NO_TOKENS: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** OpenAI counts cached tokens into the prompt, the Converse API beside it. */
export function openAiUsage(tokens: TokenUsage, prices: ModelPrices | undefined): Usage {
  const prompt = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: tokens.output,
    total_tokens: prompt + tokens.output,
    prompt_tokens_details: { cached_tokens: tokens.cacheRead },
    // What is reserved is paid by the hour.
    ...(prices && tokens.tier !== 'reserved' && { cost: costOf(tokens, prices.longPrompt && prompt > prices.longPrompt.above ? prices.longPrompt : prices) }),
  };
}

/** What a tier costs beside the default one. */
const TIERS = { flex: 0.5, priority: 1.75 };

function costOf(tokens: TokenUsage, prices: TokenPrices): number {
  const { cacheWriteHour: hour = 0, tier } = tokens;
  const millionths = tokens.input * prices.input
    + tokens.output * prices.output
    + tokens.cacheRead * (prices.cacheRead ?? prices.input)
    + (tokens.cacheWrite - hour) * (prices.cacheWrite ?? prices.input)
    + hour * (prices.cacheWriteHour ?? 2 * prices.input);
  const factor = tier === undefined || tier === 'reserved' ? 1 : TIERS[tier];
  // Rounded to a billionth of a dollar, below which only the noise of binary fractions lies.
  return Math.round(millionths * factor * 1_000) / 1e9;
}
