import { messageTokens } from '../generation/tokens';
import type { ChatMessage, OutlinedMessage, RememberedMessage } from '../ports/conversations';
import type { Summary } from '../ports/summaries';

/** What a user said and all that followed until the user's next words, so that no tool call is parted from its results. */
export interface Exchange {
  /** Number of its last turn. */
  readonly turn: number;
  /** Tokens of all that was said before it, as estimated. */
  readonly start: number;
  readonly tokens: number;
  readonly messages: readonly ChatMessage[];
}

/** What was said before a turn, as far as it was read. */
export interface History {
  /** In the order they were said; where there is a summary, the first follows what it tells. */
  readonly exchanges: readonly Exchange[];
  /** Tokens of all that was said, read or not, as estimated. */
  readonly length: number;
  readonly summary?: Summary;
  /** Whether the last exchange has to be told whatever it costs, because the new messages answer its tool calls. */
  readonly needed: boolean;
}

/** Where nothing was said before. */
export const NOTHING_SAID: History = { exchanges: [], length: 0, needed: false };

export interface Reading {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Most tokens of history that any model is told. */
  readonly tokens: number;
  readonly needed: boolean;
  /** What is told in short of the conversation, in whichever branch; absent where nothing is summed up. */
  readonly summaries?: readonly Summary[];
}

/** How much further a history is read than it is told, where the summary of what came before is not there yet. */
const LOOKING_BACK = 2;

/**
 * The newest exchanges, back to where the window begins or to what a summary tells.
 * @param turnsBefore the newest first, each in the order it was said
 */
export async function recall(turnsBefore: AsyncIterable<readonly RememberedMessage[]>, { tokens, needed, summaries, now }: Reading): Promise<History> {
  const read: Omit<Exchange, 'start'>[] = [];
  let open: readonly ChatMessage[] = [];
  let openTurn: number | undefined;
  let length: number | undefined;
  let back = 0;
  let summary: Summary | undefined;
  let most = tokens;

  for await (const turn of turnsBefore) {
    const last = turn[turn.length - 1];
    if (openTurn === undefined && read.length === 0) {
      length = last.end?.length;
      if (length !== undefined) most = length - windowStart(length, tokens, stepOf(tokens));
      if (summaries) most += tokens * LOOKING_BACK;
    }
    summary = summaries?.find((each) => each.turn === last.turn && isLive(each, now));
    if (summary) break;
    if (last.end?.excluded) continue;
    const said = turn.map(({ message }) => message);
    open = [...said.filter(isSpoken), ...open];
    openTurn ??= last.turn;
    if (answersCalls(said)) continue;
    const exchange = { turn: openTurn, tokens: tokensOf(open), messages: open };
    open = [];
    openTurn = undefined;
    if (back + exchange.tokens > most && !(read.length === 0 && needed)) break;
    back += exchange.tokens;
    read.unshift(exchange);
  }
  // What is left over answers calls that are not there any more, and is told as text.
  const rest = tokensOf(open);
  if (openTurn !== undefined && back + rest <= most) {
    back += rest;
    read.unshift({ turn: openTurn, tokens: rest, messages: open });
  }
  return { exchanges: placed(read, (length ?? back) - back), length: length ?? back, summary, needed };
}

function placed(read: readonly Omit<Exchange, 'start'>[], from: number): Exchange[] {
  let start = from;
  return read.map((exchange) => {
    start += exchange.tokens;
    return { ...exchange, start: start - exchange.tokens };
  });
}

/** What is spoken of a turn, in tokens. */
export function tokensOf(messages: readonly ChatMessage[]): number {
  return messages.filter(isSpoken).reduce((sum, message) => sum + messageTokens(message), 0);
}

/**
 * Where a window begins, in tokens from the beginning of a conversation. It moves by whole steps, so that for many turns every prompt begins
 * like the one before and the model's cache holds; and it follows from the length alone, so that every turn finds the same place.
 */
export function windowStart(length: number, tokens: number, step: number): number {
  return Math.max(0, Math.ceil((length - tokens) / step)) * step;
}

/** A window falls back to half of what it may hold. */
export function stepOf(tokens: number): number {
  return Math.max(1, Math.floor(tokens / 2));
}

/** Whether messages go on with an exchange, because they bring results of its tool calls. */
export function answersCalls(messages: readonly ChatMessage[]): boolean {
  return messages.some(({ role }) => role === 'tool');
}

/** Instructions hold for the request that brings them; were they remembered, a client that sends them every time would see them pile up. */
function isSpoken({ role }: ChatMessage): boolean {
  return role !== 'system' && role !== 'developer';
}

/**
 * Living messages by turn, each turn in the order it was said; whichever end the messages start from. A turn without its end was
 * never finished and is left out.
 */
export async function* turns<T extends OutlinedMessage>(messages: AsyncIterable<T>, now: number): AsyncGenerator<T[], void> {
  let turn: T[] = [];
  for await (const message of messages) {
    if (!isLive(message, now)) continue;
    if (turn.length > 0 && turn[0].turn !== message.turn) {
      if (isComplete(turn)) yield inOrder(turn);
      turn = [];
    }
    turn.push(message);
  }
  if (isComplete(turn)) yield inOrder(turn);
}

/** A time to live is kept loosely by the table, so what has expired may still be there. */
export function isLive({ expiresAt }: { readonly expiresAt?: number }, now: number): boolean {
  return expiresAt === undefined || expiresAt * 1000 > now;
}

/** The last message says how many there must be. */
function isComplete(turn: readonly OutlinedMessage[]): boolean {
  const last = turn.find(({ end }) => end !== undefined);
  return last !== undefined && turn.length === last.index + 1;
}

function inOrder<T extends OutlinedMessage>(turn: readonly T[]): T[] {
  return [...turn].sort((a, b) => a.index - b.index);
}
