import { type Generated, generate, type GenerationEvent } from './generation';
import { answersCalls, recall } from './history';
import { keptAnswer } from './kept-answer';
import { isBlank, textOf } from './normalise';
import { buildPrompt, requireRoom } from './prompt';
import type { ChatRequest } from './request';
import type { TurnPolicy } from './settings';
import { promptTokens } from './tokens';
import { openAiUsage } from './usage';
import { Busy } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ChatMessage, Conversations, OpenTurn, StoredMessage, TurnEnd } from '../ports/conversations';
import type { Model } from '../ports/model';

export interface TurnPorts {
  readonly model: Model;
  readonly conversations: Conversations;
  readonly clock: Clock;
}

/** Who asks, and how much time there is. */
export interface TurnContext {
  /** Unlike any other's; a request's id is its caller's to choose. */
  readonly runId: string;
  readonly caller: string;
  readonly until: number;
  readonly signal: AbortSignal;
}

export type TurnEvent = GenerationEvent;

/** The lock of a turn outlives its process by this much, for clocks differ. */
const LOCK_SLACK_MS = 5_000;
const TITLE_LENGTH = 80;

/** One turn: what the model answers to a request, kept where the request names a conversation. */
export function takeTurn(request: ChatRequest, policy: TurnPolicy, context: TurnContext, ports: TurnPorts): AsyncIterable<TurnEvent> {
  return request.conversationId === undefined
    ? answer(request, [], policy, context, ports)
    : converse(request, request.conversationId, policy, context, ports);
}

function answer(
  request: ChatRequest, history: readonly ChatMessage[], policy: TurnPolicy, { signal }: TurnContext, { model, clock }: TurnPorts,
): AsyncIterable<TurnEvent> {
  const prompt = buildPrompt(request, history, policy);
  requireRoom(prompt, policy);
  return generate(prompt, model, clock, signal);
}

async function* converse(
  request: ChatRequest, id: string, policy: TurnPolicy, context: TurnContext, ports: TurnPorts,
): AsyncGenerator<TurnEvent, void> {
  const { conversations, clock } = ports;
  const now = clock.now();
  const expiresAt = policy.retentionSeconds === undefined ? undefined : Math.ceil(now / 1000) + policy.retentionSeconds;
  const turn = await conversations.begin({
    conversation: { owner: context.caller, id }, turnId: context.runId, now, until: context.until + LOCK_SLACK_MS, expiresAt,
  });
  if (!turn) throw new Busy('conversation_busy', `Another turn of the conversation '${id}' is still running, or it is being deleted.`, 2);

  let kept = false;
  try {
    const history = turn.fresh ? [] : await recall(conversations.newestFirst(turn.conversation), {
      tokens: historyBudget(request, policy), now, needed: answersCalls(request.messages),
    });
    for await (const event of answer(request, history, policy, context, ports)) {
      if (event.type === 'finish') {
        const ended = clock.now();
        await conversations.commit(turn, messagesOf(turn, request, event, policy, ended), { title: titleOf(request.messages), now: ended });
        kept = true;
      }
      yield event;
    }
  } finally {
    // Best effort: a lock that stays behind ends by itself, and the error that led here is the one to tell.
    if (!kept) await conversations.release(turn).catch(() => undefined);
  }
}

/** The history may be as long as the builder allows, and as the model's window has room beside the rest. */
function historyBudget(request: ChatRequest, policy: TurnPolicy): number {
  const prompt = buildPrompt(request, [], policy);
  return Math.min(policy.historyTokens, policy.facts.contextTokens - prompt.maxTokens - promptTokens(prompt.system, prompt.messages, prompt.tools));
}

function messagesOf(turn: OpenTurn, request: ChatRequest, finish: Generated, { facts }: TurnPolicy, createdAt: number): StoredMessage[] {
  const kept = [...request.messages, ...keptAnswer(finish.message)].map((message, index): StoredMessage => ({
    turn: turn.number, index, message, createdAt: index < request.messages.length ? turn.now : createdAt, expiresAt: turn.expiresAt,
  }));
  const end: TurnEnd = {
    finishReason: finish.reason,
    ...(finish.tokens && { usage: { ...openAiUsage(finish.tokens, facts.prices) } }),
    ...(finish.reason === 'content_filter' && { excluded: true }),
  };
  return [...kept.slice(0, -1), { ...kept[kept.length - 1], end }];
}

function titleOf(messages: readonly ChatMessage[]): string {
  const first = messages.find(({ role, content }) => role === 'user' && !isBlank(textOf(content)));
  const words = [...textOf(first?.content ?? '').trim().replace(/\s+/g, ' ')];
  return words.length > TITLE_LENGTH ? `${words.slice(0, TITLE_LENGTH - 1).join('')}…` : words.join('');
}
