import type { ModelTerms } from './inference';
import { isBlank } from './normalise';
import { promptTokens } from './tokens';
import type { CachePoints, Prompt } from '../ports/model';

/**
 * Places up to which a model should remember a prompt, each where the next request reads the same: after the tools; after the builder's
 * own words, which every conversation begins with; and after the last two answers. The last of these was the end of the history when it
 * was written, so the next turn reads it as the one before the last. What is new comes after all of them, for it will look different once a
 * guardrail has seen it. Undefined where nothing is long enough to be remembered.
 */
export function cachePoints(
  { system, messages, tools }: Pick<Prompt, 'system' | 'messages' | 'tools'>, policy: ModelTerms & { readonly systemPrompt: string },
): CachePoints | undefined {
  const { facts: { cacheMinimum }, generation: { promptCaching: lifetime }, systemPrompt } = policy;
  if (lifetime === undefined || cacheMinimum === undefined) return undefined;

  const builders = isBlank(systemPrompt) ? system.length : 1;
  const toolTokens = promptTokens([], [], tools);
  const systemTokens = toolTokens + promptTokens(system.slice(0, builders), [], []);
  const answers: number[] = [];
  let read = toolTokens + promptTokens(system, [], []);
  for (const [index, message] of messages.entries()) {
    if (message.content.some((block) => 'guarded' in block && block.guarded)) break;
    read += promptTokens([], [message], []);
    if (message.role === 'assistant' && read >= cacheMinimum) answers.push(index);
  }

  const points: CachePoints = {
    lifetime,
    afterTools: tools.length > 0 && toolTokens >= cacheMinimum,
    ...(system.length > 0 && systemTokens >= cacheMinimum && { afterSystem: builders - 1 }),
    afterMessages: answers.slice(-2),
  };
  return points.afterTools || points.afterSystem !== undefined || answers.length > 0 ? points : undefined;
}
