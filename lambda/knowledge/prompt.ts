import type { Said } from './asked';
import { GROUNDING, type Grounds, passageBlocks, questionBlocks, saidAsSaid, withoutMarkers } from './grounding';
import type { Query, QueryPolicy } from './query-terms';
import type { ModelFacts } from '../../lib/contract/model';
import { cachePoints } from '../generation/cache-points';
import { answerTokens, sampling } from '../generation/inference';
import { isBlank, normalise } from '../generation/normalise';
import { messageTokens, promptTokens } from '../generation/tokens';
import { BadRequest } from '../kit/http';
import type { Prompt, PromptMessage } from '../ports/model';

/** What was said before helps to understand the question; what is answered from are the passages. */
export const HISTORY_TOKENS = 4_000;

export interface GroundedPrompt {
  readonly prompt: Prompt;
  /** How many of the passages the model is told, the first ones: what it names besides is from none. */
  readonly told: number;
}

/** The prompt of one answer: how to answer, the conversation, and in the user's place the passages and the question. */
export function groundedPrompt(request: Query, { passages, questions }: Grounds, policy: QueryPolicy, facts: ModelFacts): GroundedPrompt {
  const { generation, systemPrompt, guardrail } = policy;
  const guarded = guardrail !== undefined;
  const system = [{ text: systemPrompt }, { text: GROUNDING }].filter(({ text }) => !isBlank(text));
  const question = questionBlocks(request.said.at(-1)?.content ?? '', questions.join('\n'), guarded);
  const told = (count: number) => {
    const messages = conversation(request.said, [...passageBlocks(passages.slice(0, count), guarded), ...question]);
    return { system, messages, tokens: promptTokens(system, messages, []) };
  };
  const terms = { facts, generation, systemPrompt };
  let count = passages.length;
  // What the window has no room for is the last, for that fits least.
  while (count > 1 && told(count).tokens + generation.maxTokens > facts.contextTokens) count--;
  const { messages, tokens } = told(count);
  // The estimate may be twice what the model counts.
  if (tokens / 2 > facts.contextTokens) throw new BadRequest('messages', 'What is asked is longer than the model takes: ask in fewer words.', 'context_length_exceeded');
  const prompt: Prompt = {
    modelId: facts.id,
    system,
    messages,
    tools: [],
    maxTokens: answerTokens(request, tokens, terms),
    ...sampling({}, terms),
    stop: [],
    guardrail,
    cache: cachePoints({ system, messages, tools: [] }, terms),
    serviceTier: generation.serviceTier,
    streaming: true,
  };
  return { prompt, told: count };
}

function conversation(said: readonly Said[], last: PromptMessage['content']): readonly PromptMessage[] {
  const before = said.slice(0, -1).map(({ role, content }): Said => ({ role, content: saidAsSaid(role === 'assistant' ? withoutMarkers(content) : content) }));
  let room = HISTORY_TOKENS;
  const from = before.findLastIndex((message) => (room -= messageTokens(message)) < 0) + 1;
  const messages = normalise([...before.slice(from), { role: 'user', content: 'question' }], { tools: false });
  const { role, content } = messages[messages.length - 1];
  return [...messages.slice(0, -1), { role, content: [...content.slice(0, -1), ...last] }];
}
