import { turns } from './history';
import { BadRequest, NotFound } from '../kit/http';
import type { ChatMessage, ConversationKey, Conversations, MessagePlace, RememberedMessage } from '../ports/conversations';

/**
 * Where a client wants a turn to stand in the tree of a conversation. after: after an answer, or at the root where no message is named.
 * edit: in the place of a message that was sent. regenerate: in the place of an answer, the newest one where none is named, or after a
 * message that was sent.
 */
export interface BranchPoint {
  readonly how: 'after' | 'edit' | 'regenerate';
  readonly at?: MessagePlace;
}

/** The fields of requests that name a branch point. */
export const BRANCH_FIELDS = { after: 'parent_message_id', edit: 'edit_message_id', regenerate: 'regenerate_message_id' } as const;

/** Where a new turn stands, and what was said before it. */
export interface Standing {
  /** The message it stands after; absent at a root. */
  readonly parent?: MessagePlace;
  /** The message that its question stands after: the same, unless what was asked before is answered anew. */
  readonly follows?: MessagePlace;
  /** What was said since the answer before and is answered anew. */
  readonly asked: readonly ChatMessage[];
  /** The turns of its branch, the newest first, each in the order it was said. */
  readonly before: AsyncIterable<RememberedMessage[]>;
}

/** Finds a turn's place in one walk from the newest message down, which goes on into the history. */
export async function standingOf(
  conversations: Pick<Conversations, 'newestFirst'>, conversation: ConversationKey, point: BranchPoint | undefined, now: number,
): Promise<Standing> {
  const shelf = new Shelf(turns(conversations.newestFirst(conversation, point?.at?.turn), now)[Symbol.asyncIterator]());
  const parent = await parentOf(shelf, point);
  const branch = branchUpTo(shelf, parent);
  const unanswered = (await branch.next()).value ?? [];
  const asked = unanswered.map(({ message }) => message);
  if (point?.how === 'regenerate' && asked.length === 0) return unknownMessage(point);
  return { parent, follows: asked.length > 0 ? unanswered[0].parent : parent, asked, before: remembering(branch) };
}

/** Where nothing was said before, there is nothing to stand after. */
export function firstStanding(point: BranchPoint | undefined): Standing {
  if (point && (point.at || point.how !== 'after')) return unknownMessage(point);
  return { asked: [], before: nothing() };
}

async function parentOf(shelf: Shelf, point: BranchPoint | undefined): Promise<MessagePlace | undefined> {
  if (point?.how === 'after' && !point.at) return undefined;
  const turn = point?.at ? await shelf.at(point.at.turn) : await shelf.newest();
  if (!point) return turn && lastOf(turn);
  const named = point.at ? turn?.[point.at.index] : turn?.[turn.length - 1];
  if (!turn || !named) return unknownMessage(point);
  const answer = turn.findIndex(({ message }) => message.role === 'assistant');
  const isAnswer = named.message.role === 'assistant';

  switch (point.how) {
    case 'after':
      if (isAnswer && named === turn[turn.length - 1]) return lastOf(turn);
      throw wrong(point, 'must be an answer of the model: what is new stands after it. To change a message that was sent, name it in \'edit_message_id\'');
    case 'edit':
      if (!isAnswer) return placeBefore(turn, named.index);
      throw wrong(point, 'must be a message that was sent, for \'messages\' take its place. To have an answer given anew, name it in \'regenerate_message_id\'');
    case 'regenerate':
      return isAnswer ? placeBefore(turn, answer) : { turn: named.turn, index: named.index };
  }
}

/**
 * The messages above a place by turns, the newest first. The first of them is what a turn at this place goes on with; what is said
 * between two answers belongs together, whichever turns kept it.
 */
async function* branchUpTo(shelf: Shelf, place: MessagePlace | undefined): AsyncGenerator<RememberedMessage[], void> {
  let together: RememberedMessage[] = [];
  for (let at = place; at;) {
    const turn = await shelf.at(at.turn);
    if (!turn) break;
    if (at.index >= turn.length - 1) {
      yield together;
      together = [];
    }
    together = [...turn.slice(0, at.index + 1), ...together];
    at = turn[0].parent;
  }
  yield together;
}

/** What was read once is not read again: a model with a window of its own may want to look back after another. */
function remembering<T>(source: AsyncIterator<T, void>): AsyncIterable<T> {
  const read: T[] = [];
  return {
    async* [Symbol.asyncIterator]() {
      for (let position = 0; ; position++) {
        if (position === read.length) {
          const next = await source.next();
          if (next.done) return;
          read.push(next.value);
        }
        yield read[position];
      }
    },
  };
}

/** Turns, the newest first, of which only some are wanted. */
class Shelf {
  private current?: RememberedMessage[];

  constructor(private readonly source: AsyncIterator<RememberedMessage[]>) {}

  async newest(): Promise<RememberedMessage[] | undefined> {
    if (!this.current) this.current = (await this.source.next()).value;
    return this.current;
  }

  /** A turn, while no older one was asked for. */
  async at(number: number): Promise<RememberedMessage[] | undefined> {
    while (((await this.newest())?.[0].turn ?? 0) > number) this.current = undefined;
    return this.current?.[0].turn === number ? this.current : undefined;
  }
}

function lastOf(turn: readonly RememberedMessage[]): MessagePlace {
  return { turn: turn[0].turn, index: turn.length - 1 };
}

function placeBefore(turn: readonly RememberedMessage[], index: number): MessagePlace | undefined {
  return index > 0 ? { turn: turn[0].turn, index: index - 1 } : turn[0].parent;
}

function wrong({ how }: BranchPoint, must: string): BadRequest {
  return new BadRequest(BRANCH_FIELDS[how], `'${BRANCH_FIELDS[how]}' ${must}.`, 'invalid_value');
}

function unknownMessage({ how }: BranchPoint): never {
  throw new NotFound(BRANCH_FIELDS[how], 'There is no such message in this conversation.', 'message_not_found');
}

async function* nothing(): AsyncGenerator<never, void> {}
