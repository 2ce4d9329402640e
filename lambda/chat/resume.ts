import type { MessageIds, StreamEncoder } from './encoder';
import { eventOf, type Protocol } from './protocol';
import { isConversationId } from './request';
import { errorOf, loggedIn, PULSE_MS } from './turn-log';
import { CONVERSATION_HEADER, LAST_EVENT_HEADER } from '../../lib/contract/chat';
import type { AnswerEvent, FinishReason } from '../generation/answer';
import type { Route } from '../kit/endpoint';
import { BadRequest, NotFound, TimedOut, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ConversationKey, Conversations, TurnEnd } from '../ports/conversations';
import type { LogEntry, TurnLog } from '../ports/turn-log';

/** How often the log of a running turn is looked at: as often as it is written. */
const LOOK_MS = 200;
/** A turn whose log has been still for so long has died, for a living one writes in silence too. */
const DEAD_MS = 15 * PULSE_MS;

/**
 * `GET /v1/conversations/{id}/stream` and `GET /v1/chat/{id}/stream`: what a client has missed of a turn, and the rest while it happens. The client says with
 * `Last-Event-ID` what it has read, as every reader of server-sent events does by itself; without it the running turn is told from its beginning.
 */
export function resumeTurn(protocol: Protocol, log: TurnLog, conversations: Conversations, clock: Clock): Route {
  return async (call) => {
    const conversation = { owner: call.caller, id: call.path.id ?? '' };
    const place = placeOf(call.headers[LAST_EVENT_HEADER]);
    const now = clock.now();
    const running = isConversationId(conversation.id) ? await log.running(conversation, now) : undefined;
    const turnId = place?.turnId ?? running;
    // A turn that has just begun has written nothing yet.
    const told = turnId !== undefined && (turnId === running || isConversationId(conversation.id) && await isLogged(log, { conversation, turnId }, clock));
    if (!told) {
      const known = () => isConversationId(conversation.id) && conversations.find(conversation);
      if (!protocol.asksAtStart && running === undefined && !await known()) throw new NotFound('id', 'There is no such conversation.', 'conversation_not_found');
      return { status: 204, body: '' };
    }
    return {
      status: 200,
      headers: { ...protocol.headers, [CONVERSATION_HEADER]: conversation.id },
      body: { frames: follow(protocol, log, { conversation, turnId, read: place?.read ?? -1 }, clock, call), failure: protocol.failure },
    };
  };
}

export interface LoggedTurn {
  readonly conversation: ConversationKey;
  readonly turnId: string;
  /** How many of its numbered events the client has; -1 for not even the one that opens the answer. */
  readonly read: number;
}

/** Whoever reads, for as long as they do and there is time. */
export interface Reader {
  readonly signal: AbortSignal;
  readonly away?: AbortSignal;
}

/** A turn as its log tells it, from the first event that was not read to the end. */
export async function* follow(
  protocol: Protocol, log: TurnLog, { conversation, turnId, read }: LoggedTurn, clock: Clock, reader: Reader,
): AsyncGenerator<string, void> {
  let encoder: StreamEncoder | undefined;
  for await (const entry of logged(log, { conversation, turnId }, clock, reader)) {
    const { telling, events, end, ids, failure } = loggedIn(entry);
    if (telling) {
      encoder = protocol.stream(telling, read);
      encoder.begin({ turnId, messageId: telling.messageId ?? '' });
    }
    const frames = encoder ? framesOf(encoder, events, end, ids) : '';
    if (frames !== '') yield frames;
    if (failure) throw errorOf(failure);
  }
}

/** The entries of a turn's log, those that are there and those that come, up to the last or until nobody reads them any more. */
export async function* logged(
  log: TurnLog, { conversation, turnId }: Omit<LoggedTurn, 'read'>, clock: Clock, { signal, away }: Reader,
): AsyncGenerator<LogEntry, void> {
  let place = 0;
  let heardAt = clock.now();
  while (!signal.aborted) {
    if (away?.aborted) return;
    for await (const entry of log.read(conversation, turnId, place, clock.now())) {
      place = entry.place + 1;
      heardAt = entry.at;
      yield entry;
      if (entry.last) return;
    }
    if (clock.now() - heardAt > DEAD_MS) throw new Unavailable('The turn broke off before its end. Nothing of it is kept; take it again.');
    await clock.pause(LOOK_MS);
  }
  throw new TimedOut('The turn takes longer than a request may. Come back with the id of the last event.');
}

function framesOf(encoder: StreamEncoder, events: readonly AnswerEvent[], end: TurnEnd | undefined, ids: MessageIds | undefined): string {
  const said = events.map((event) => encoder.event(event)).join('');
  return end ? said + encoder.finish({ reason: end.finishReason as FinishReason, stopped: end.stopped ?? false, usage: end.usage, ids }) : said;
}

function placeOf(id: string | undefined) {
  if (id === undefined || id === '') return undefined;
  const place = eventOf(id);
  if (!place) throw new BadRequest(LAST_EVENT_HEADER, `'${LAST_EVENT_HEADER}' must be the id of an event of this conversation's stream.`, 'invalid_value');
  return place;
}

/** A short turn lets go of its conversation before it has written anything, so nothing is looked at twice. */
async function isLogged(log: TurnLog, { conversation, turnId }: Pick<LoggedTurn, 'conversation' | 'turnId'>, clock: Clock): Promise<boolean> {
  for (let look = 1; look <= 2; look++) {
    if (look > 1) await clock.pause(LOOK_MS);
    const first = await log.read(conversation, turnId, 0, clock.now())[Symbol.asyncIterator]().next();
    if (!first.done) return true;
  }
  return false;
}
