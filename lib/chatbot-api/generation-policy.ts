import { type IConstruct } from 'constructs';
import { Buffering } from './buffering';
import { type ChatGeneration } from './chatbot-api-props';
import { PromptCaching } from './prompt-caching';
import { ServiceTier } from './service-tier';
import { type GenerationPolicy } from '../contract/chat';

const ANSWER_TOKENS = 2048;

/** How the model writes its answers, as the handler reads it. */
export function generationPolicy(scope: IConstruct, generation: ChatGeneration = {}, outputTokens: number): GenerationPolicy {
  const { temperature, topP, buffering = Buffering.token() } = generation;
  const { promptCaching = PromptCaching.automatic(), serviceTier = ServiceTier.DEFAULT } = generation;
  return {
    maxTokens: answerTokens(generation, outputTokens),
    temperature,
    topP,
    promptCaching: promptCaching._lifetime(scope),
    serviceTier: serviceTier === ServiceTier.DEFAULT ? undefined : `${serviceTier}`,
    ...buffering._render(scope),
  };
}

/** The longest answer, in tokens, that a turn has room for when its client asks for none. */
export function answerTokens({ maxTokens }: ChatGeneration = {}, outputTokens: number): number {
  return maxTokens ?? Math.min(ANSWER_TOKENS, outputTokens);
}
