import { messageTokens } from './tokens';
import type { ChatMessage, OutlinedMessage, RememberedMessage } from '../ports/conversations';

export interface Window {
  readonly tokens: number;
  /** Whether the newest exchange has to be there whatever it costs, because the new messages answer its tool calls. */
  readonly needed: boolean;
}

/**
 * The newest exchanges that fit, in the order they were said. An exchange is what a user said and all that followed until the
 * user's next words, so that no tool call is parted from its results.
 * @param turnsBefore the newest first, each in the order it was said
 */
export async function recall(turnsBefore: AsyncIterable<readonly RememberedMessage[]>, { tokens, needed }: Window): Promise<ChatMessage[]> {
  const remembered: ChatMessage[] = [];
  let exchange: ChatMessage[] = [];
  let left = tokens;
  let first = true;

  for await (const turn of turnsBefore) {
    if (turn[turn.length - 1].end?.excluded) continue;
    const said = turn.map(({ message }) => message);
    exchange.unshift(...said.filter(isSpoken));
    if (answersCalls(said)) continue;
    left -= exchange.reduce((sum, message) => sum + messageTokens(message), 0);
    if (left < 0 && !(first && needed)) return remembered;
    remembered.unshift(...exchange);
    exchange = [];
    first = false;
  }
  // What is left over answers calls that are not there any more, and is told as text.
  const rest = exchange.reduce((sum, message) => sum + messageTokens(message), 0);
  return rest <= left ? [...exchange, ...remembered] : remembered;
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
