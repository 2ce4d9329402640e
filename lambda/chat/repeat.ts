import { turns } from './history';
import { messageId } from './message-id';
import { logged, type Reader } from './resume';
import { wholeMessages } from './spill';
import { errorOf, loggedIn } from './turn-log';
import type { TurnEvent } from './turn-terms';
import { IDEMPOTENCY_HEADER } from '../../lib/contract/chat';
import type { AnswerEvent, FinishReason } from '../generation/answer';
import { Busy, Unprocessable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { AssistantMessage, ConversationKey, Conversations, StoredMessage } from '../ports/conversations';
import type { Objects } from '../ports/objects';
import type { KeyedTurn, TurnKey, TurnKeys } from '../ports/turn-keys';
import type { TurnLog } from '../ports/turn-log';

export interface RepeatPorts {
  readonly conversations: Conversations;
  readonly log: TurnLog;
  readonly keys: TurnKeys;
  readonly objects: Objects;
  readonly clock: Clock;
}

export interface Repeatable {
  readonly conversation: ConversationKey;
  readonly key: TurnKey;
  readonly reader: Reader;
}

/** Between a turn's first write and the one that ties its key to it, whoever repeats it sees a conversation that is busy. */
const LOOKS = 5;
const LOOK_MS = 100;

/**
 * A turn that is taken once, however often it is asked for: while it runs, whoever asks again hears it from its log, and after it what is
 * kept of it. One that failed is taken anew.
 * @param take takes the turn and ties the key to it, in place of the failed one that it stood for
 */
export async function* once(
  asked: Repeatable, take: (before: KeyedTurn | undefined) => AsyncIterable<TurnEvent>, ports: RepeatPorts,
): AsyncGenerator<TurnEvent, void> {
  for (let look = 1; ; look++) {
    const before = await ports.keys.find(asked.conversation, asked.key.name, ports.clock.now());
    const again = before && await retold(before, asked, ports);
    if (again) return yield* again;
    let begun = false;
    try {
      for await (const event of take(before)) {
        begun = true;
        yield event;
      }
      return;
    } catch (error) {
      if (begun || !(error instanceof Busy) || look === LOOKS) throw error;
    }
    await ports.clock.pause(LOOK_MS);
  }
}

async function retold(before: KeyedTurn, asked: Repeatable, ports: RepeatPorts): Promise<AsyncIterable<TurnEvent> | undefined> {
  const { conversation, key } = asked;
  const { conversations, log, clock } = ports;
  const { turnId, number } = before;
  const running = await log.running(conversation, clock.now()) === turnId;
  // Of a conversation that is being deleted there may be messages left.
  const known = !running && await conversations.find(conversation) !== undefined;
  const kept = known ? await keptTurn(conversations, conversation, number, clock.now()) : undefined;
  if (!running && !kept) return undefined;
  if (before.hash !== key.hash) {
    throw new Unprocessable(IDEMPOTENCY_HEADER, `'${IDEMPOTENCY_HEADER}' must not be used twice: another request of this conversation was sent with '${key.name}'.`, 'idempotency_key_reused');
  }
  if (kept && !await isWhole(log, conversation, turnId, clock)) return fromMessages(turnId, await wholeMessages(kept.slice(-1), ports.objects));
  return fromLog(before, asked, ports);
}

/** A turn as it is told while it happens, and for a day. */
async function* fromLog(
  { turnId, number }: KeyedTurn, { conversation, reader }: Repeatable, { conversations, log, objects, clock }: RepeatPorts,
): AsyncGenerator<TurnEvent, void> {
  for await (const entry of logged(log, { conversation, turnId }, clock, reader)) {
    const { telling, events, end, ids, failure } = loggedIn(entry);
    if (telling) yield { type: 'begin', turnId, messageId: telling.messageId ?? '', told: telling };
    yield* events;
    if (failure) throw errorOf(failure);
    if (!end) continue;
    // Its messages were written before the end of its log.
    const kept = await keptTurn(conversations, conversation, number, clock.now());
    const [last] = await wholeMessages(kept?.slice(-1) ?? [], objects);
    const message: AssistantMessage = last?.message.role === 'assistant' ? last.message : { role: 'assistant', content: null };
    yield { type: 'retold', reason: end.finishReason as FinishReason, message, stopped: end.stopped ?? false, usage: end.usage, ids };
  }
}

/** A turn whose log fell behind, from the messages that are kept of it. */
async function* fromMessages(turnId: string, kept: readonly StoredMessage[]): AsyncGenerator<TurnEvent, void> {
  const last = kept[kept.length - 1];
  const message = last.message as AssistantMessage;
  const { finishReason, stopped = false, usage } = last.end!;
  yield { type: 'begin', turnId, messageId: messageId(last), told: {} };
  if (typeof message.content === 'string') yield { type: 'text', text: message.content };
  yield* (message.annotations ?? []).map((annotation): AnswerEvent => ({ type: 'annotation', annotation }));
  yield* (message.tool_calls ?? []).flatMap(({ id, function: { name, arguments: input } }, index): AnswerEvent[] => [
    { type: 'toolCall', index, id, name }, { type: 'toolInput', index, json: input },
  ]);
  yield { type: 'retold', reason: finishReason as FinishReason, message, stopped, usage };
}

async function keptTurn(conversations: Conversations, conversation: ConversationKey, number: number, now: number): Promise<StoredMessage[] | undefined> {
  for await (const turn of turns(conversations.oldestFirst(conversation, number), now)) return turn[0].turn === number ? turn : undefined;
  return undefined;
}

async function isWhole(log: TurnLog, conversation: ConversationKey, turnId: string, clock: Clock): Promise<boolean> {
  for await (const { last } of log.read(conversation, turnId, 0, clock.now())) if (last) return true;
  return false;
}
