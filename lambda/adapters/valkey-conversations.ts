import { hashes, livesFor, run, type Valkey } from './valkey-connection';
import { headKey, messagePlace, placeKey, placesKey, positionOf, recentKey } from './valkey-keys';
import type { Conversation, ConversationKey, Conversations, OutlinedMessage, RememberedMessage, StoredMessage, TurnEnd } from '../ports/conversations';

/** As many as one question asks for. */
const PAGE = 50;

/** What of a message tells where it stands; the last is there with every message. */
const OUTLINE = ['parent', 'expiresAt', 'end', 'turnId'];

type Fields = Record<string, string>;

/** Conversations in Valkey: what depends on what is there already is a script, which the server runs as one step. */
export function valkeyConversations(valkey: Valkey): Conversations {
  return {
    async begin(request) {
      const { conversation, turnId, now, until, expiresAt } = request;
      const begun = await run(valkey, 'begin', [headKey(conversation)], conversation.id, turnId, now, until, expiresAt ?? '', livesFor(expiresAt, now));
      if (!begun) return undefined;
      const [number, existed, expiry, newest] = begun as [number, number, string, string];
      const expired = expiry !== '' && Number(expiry) * 1000 <= now;
      return { ...request, number, fresh: existed === 0 || expired, ...(newest !== '' && { newest: Number(newest) }) };
    },

    async* newestFirst(conversation, upToTurn) {
      for await (const [place, fields] of places(valkey, conversation, turnsOf(0, upToTurn), { newestFirst: true })) yield remembered(place, fields);
    },

    async* outline(conversation) {
      for await (const [place, fields] of places(valkey, conversation, turnsOf(0), { fields: OUTLINE })) yield outlined(place, fields);
    },

    async* oldestFirst(conversation, fromTurn) {
      for await (const [place, fields] of places(valkey, conversation, turnsOf(fromTurn))) {
        const { end, ...message } = remembered(place, fields);
        yield { ...message, createdAt: Number(fields.createdAt), ...(end && { end: wholeEnd(fields) }) };
      }
    },

    async commit(turn, stored, { title, now, branches }) {
      const { conversation, turnId, expiresAt } = turn;
      // In any order: readers know a turn that lacks a message, and leave it out.
      await Promise.all(stored.map((message) => keep(valkey, conversation, turnId, message, now)));
      await run(valkey, 'show', [headKey(conversation), recentKey(conversation.owner)],
        turnId, turn.fresh ? 1 : 0, title, turn.now, now, conversation.id, livesFor(expiresAt, now), turn.number, branches ? 1 : 0);
    },

    async settle({ conversation, turnId, number }, index, usage) {
      await run(valkey, 'settle', [placeKey(conversation, messagePlace(number, index))], turnId, JSON.stringify(usage));
    },

    async release({ conversation, turnId }) {
      await run(valkey, 'release', [headKey(conversation)], turnId);
    },

    async find(conversation) {
      const [head] = await hashes(valkey, [headKey(conversation)]);
      // A head without this field belongs to a conversation whose first turn has not ended yet, or failed.
      return head.updatedAt === undefined ? undefined : conversationOf(head);
    },

    async* recent(owner, after) {
      let from = after?.updatedAt ?? Infinity;
      let passed = 0;
      for (;;) {
        const page = await valkey((client) => client.zrange(recentKey(owner), from === Infinity ? '+inf' : from, '-inf', 'BYSCORE', 'REV', 'LIMIT', passed, PAGE, 'WITHSCORES'));
        const entries = pairs(page).map(([id, updatedAt]) => ({ id, updatedAt: Number(updatedAt) }));
        const wanted = entries.filter((entry) => !after || entry.updatedAt < after.updatedAt || entry.id < after.id);
        const heads = await hashes(valkey, wanted.map(({ id }) => headKey({ owner, id })));
        // A head may have expired, or have been used again since the page was read.
        for (const [position, head] of heads.entries()) if (Number(head.updatedAt) === wanted[position].updatedAt) yield conversationOf(head);
        if (entries.length < PAGE) return;
        const last = entries[entries.length - 1].updatedAt;
        passed = (last === from ? passed : 0) + entries.filter(({ updatedAt }) => updatedAt === last).length;
        from = last;
      }
    },
  };
}

async function keep(valkey: Valkey, conversation: ConversationKey, turnId: string, stored: StoredMessage, now: number): Promise<void> {
  const { turn, index, parent, message, createdAt, expiresAt, end } = stored;
  const place = messagePlace(turn, index);
  const fields: Fields = {
    message: JSON.stringify(message),
    createdAt: String(createdAt),
    turnId,
    ...(expiresAt !== undefined && { expiresAt: String(expiresAt) }),
    ...(end && { end: JSON.stringify(end) }),
    ...(parent && { parent: JSON.stringify(parent) }),
  };
  const kept = await run(valkey, 'keep', [placeKey(conversation, place), placesKey(conversation)],
    place, turnId, Math.floor(now / 1000), livesFor(expiresAt, now), ...Object.entries(fields).flat());
  if (kept === 0) throw new Error('a message of another turn stands where one of this turn belongs');
}

export interface PlacesRead {
  readonly newestFirst?: boolean;
  /** What is read of each; all, unless told. */
  readonly fields?: readonly string[];
}

/** What stands at the places of a conversation from one to another, page by page, from either end. */
export async function* places(
  valkey: Valkey, conversation: ConversationKey, [from, to]: readonly [string, string], { newestFirst = false, fields: wanted }: PlacesRead = {},
): AsyncGenerator<[place: string, fields: Fields], void> {
  const list = placesKey(conversation);
  let [low, high] = [`[${from}`, `[${to}`];
  for (;;) {
    const names = await valkey((client) => newestFirst
      ? client.zrange(list, high, low, 'BYLEX', 'REV', 'LIMIT', 0, PAGE)
      : client.zrange(list, low, high, 'BYLEX', 'LIMIT', 0, PAGE));
    const found = await hashes(valkey, names.map((name) => placeKey(conversation, name)), wanted);
    for (const [position, fields] of found.entries()) {
      if (Object.keys(fields).length > 0) yield [names[position], fields];
      else await run(valkey, 'sweep', [list, placeKey(conversation, names[position])], names[position]);
    }
    if (names.length < PAGE) return;
    const last = `(${names[names.length - 1]}`;
    if (newestFirst) high = last;
    else low = last;
  }
}

function turnsOf(from: number, to = 99_999_999): [string, string] {
  return [messagePlace(from, 0), messagePlace(to, 9_999)];
}

function outlined(place: string, { parent, expiresAt, end }: Fields): OutlinedMessage {
  return {
    ...positionOf(place),
    ...(parent && { parent: JSON.parse(parent) }),
    ...(expiresAt && { expiresAt: Number(expiresAt) }),
    ...(end && { end: JSON.parse(end) }),
  };
}

function remembered(place: string, fields: Fields): RememberedMessage {
  return { ...outlined(place, fields), message: JSON.parse(fields.message) };
}

/** What an answer cost may have become known after it was kept. */
function wholeEnd({ end, usage }: Fields): TurnEnd {
  return { ...JSON.parse(end) as TurnEnd, ...(usage && { usage: JSON.parse(usage) }) };
}

export function conversationOf({ id, title, createdAt, updatedAt, turns, expiresAt, branched }: Fields): Conversation {
  return {
    id,
    title,
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
    turns: Number(turns),
    ...(expiresAt && { expiresAt: Number(expiresAt) }),
    ...(branched && { branched: true }),
  };
}

function pairs(words: readonly string[]): [string, string][] {
  return Array.from({ length: words.length / 2 }, (_, position) => [words[2 * position], words[2 * position + 1]]);
}
