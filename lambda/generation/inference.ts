import type { GenerationPolicy } from '../../lib/contract/chat';
import type { ModelFacts } from '../../lib/contract/model';
import type { Prompt } from '../ports/model';

/** How one model is asked: what it can do, and what the builder decided. */
export interface ModelTerms {
  readonly facts: ModelFacts;
  readonly generation: GenerationPolicy;
}

/** What a request says of its answer. */
export interface AskedAnswer {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
}

/** Least tokens that an answer is left where a prompt is nearly as long as the model's window. */
const LEAST_ANSWER = 512;

/** As many as were asked for, or as the window has left beside the prompt. Always said: without it the service sets the model's most aside. */
export function answerTokens({ maxTokens }: Pick<AskedAnswer, 'maxTokens'>, tokens: number, { facts, generation }: ModelTerms): number {
  const wanted = Math.min(maxTokens ?? generation.maxTokens, facts.outputTokens);
  return Math.min(wanted, Math.max(facts.contextTokens - tokens, LEAST_ANSWER));
}

/** OpenAI's temperature goes to 2 and Converse's to 1. */
export function sampling({ temperature, topP }: Pick<AskedAnswer, 'temperature' | 'topP'>, { facts, generation }: ModelTerms): Pick<Prompt, 'temperature' | 'topP'> {
  if (facts.sampling === 'none') return {};
  const heat = temperature ?? (topP === undefined || facts.sampling === 'both' ? generation.temperature : undefined);
  const mass = topP ?? (temperature === undefined || facts.sampling === 'both' ? generation.topP : undefined);
  return {
    ...(heat !== undefined && { temperature: Math.min(heat, 1) }),
    ...(mass !== undefined && (facts.sampling === 'both' || heat === undefined) && { topP: mass }),
  };
}
