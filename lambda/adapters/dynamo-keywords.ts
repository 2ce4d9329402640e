import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { rarity, type TextStatistics, weight } from './bm25';
import { dynamoItems, gone, groups, put } from './dynamo-items';
import type { ChunkWords, Keywords } from './words-beside';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** Chunks that are written or removed together. */
const TOGETHER = 100;
/** Chunks whose number and length tell those of all. */
const SAMPLE = 1_000;
/** Chunks that words of which there are too many to read them all are looked up for. */
const LOOKED_UP = 200;
/** Pages that are read of a question's words, whatever they are and however many: of each its share, and then the rarest to their ends. A page is a megabyte. */
const READ = 12;

export interface KeywordOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  /** Most chunks in a page of a word, for tests. @default 8000, about as many as the service gives at once */
  readonly page?: number;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

type Key = Readonly<Record<string, string>>;

/** One word in the chunks that have it. */
interface Postings {
  readonly term: string;
  readonly chunks: Map<string, { readonly count: number; readonly length: number }>;
  /** Where reading stopped, if it did before the end. */
  readonly after?: Key;
}

/**
 * An index of words in DynamoDB that ranks by BM25. Each word of a chunk is an item, under the word and its tenant: writing and removing
 * touch nothing that another writer may touch, none grows, and how many chunks have a word is how many items are read for it. That costs a
 * write unit for every different word of a chunk, some hundred, and as much when it goes. Items are ordered by a hash, so that the first
 * thousand chunks of a tenant are a fair sample of all: their number and mean length are exact below that, and within some 3% above.
 */
export function dynamoKeywords(client: DynamoDBDocumentClient, options: KeywordOptions): Keywords {
  const { table, index, page = 8_000, pause } = options;
  const items = dynamoItems(client, { table, holds: 'words', pause });
  const wordKey = (owner: string, term: string, id: string): Key => ({ [PK]: `${index}#w#${owner}#${term}`, [SK]: placeOf(id) });
  const totalKey = (owner: string, id: string): Key => ({ [PK]: `${index}#t#${owner}`, [SK]: placeOf(id) });
  const chunkKey = (id: string): Key => ({ [PK]: `${index}#c#${id}`, [SK]: 'c' });

  return {
    write: async (words) => {
      for (const some of groups(words, TOGETHER)) {
        const known = await chunksOf(some.map(({ id }) => id));
        const changes = some.map((chunk) => changeOf(chunk, known.get(chunk.id)));
        // First it is known where words of a chunk may be, so that they can be removed whenever this is cut short.
        await items.write(changes.map(({ chunk: { id }, owner, terms, stale }) => {
          return put({ ...chunkKey(id), o: owner, w: terms, ...stale.length > 0 && { x: stale } });
        }));
        await items.write(changes.flatMap(({ chunk: { id, counts, length }, owner, moved, stale }) => [
          ...[...counts].map(([term, c]) => put({ ...wordKey(owner, term, id), c, l: length })),
          put({ ...totalKey(owner, id), l: length }),
          ...stale.map(([whose, term]) => gone(wordKey(whose, term, id))),
          ...moved.map((whose) => gone(totalKey(whose, id))),
        ]));
        await items.write(changes.filter(({ stale }) => stale.length > 0).map(({ chunk, owner, terms }) => put({ ...chunkKey(chunk.id), o: owner, w: terms })));
      }
    },

    remove: async (ids) => {
      for (const some of groups(ids, TOGETHER)) {
        const known = [...await chunksOf(some)];
        await items.write(known.flatMap(([id, { o, w, x = [] }]) => [
          ...[...w.map((term): Stale => [o, term]), ...x].map(([whose, term]) => gone(wordKey(whose, term, id))),
          ...[...new Set([o, ...x.map(([whose]) => whose)])].map((whose) => gone(totalKey(whose, id))),
        ]));
        await items.write(known.map(([id]) => gone(chunkKey(id))));
      }
    },

    search: async (asked, tenant, signal) => {
      const owner = ownerOf(tenant);
      return items.told(async () => {
        const share = Math.max(1, Math.floor(READ * page / asked.length));
        const first = asked.map((term) => read({ term, chunks: new Map() }, Math.min(page, share), owner, signal));
        const [statistics, ...found] = await Promise.all([statisticsOf(owner, signal), ...first]);
        const words = await readOn(found, owner, signal);
        const scores = new Map<string, number>();
        const add = (chunks: Postings['chunks'], rare: number) => chunks.forEach(({ count, length }, id) => {
          scores.set(id, (scores.get(id) ?? 0) + rare * weight(count, length, statistics));
        });
        words.forEach((each) => add(each.chunks, rarity(numberOf(each), statistics)));
        const best = ranked(scores).slice(0, LOOKED_UP).map(({ id }) => id);
        for (const each of words.filter(({ after }) => after)) add(await lookUp(each, owner, best, signal), rarity(numberOf(each), statistics));
        return ranked(scores);
      }, signal);
    },
  };

  async function chunksOf(ids: readonly string[]): Promise<Map<string, ChunkItem>> {
    const known = await items.read(ids.map(chunkKey), { consistent: true });
    return new Map(known.map((item) => [String(item[PK]).slice(index.length + 3), item as unknown as ChunkItem]));
  }

  function changeOf(chunk: ChunkWords, known: ChunkItem | undefined) {
    const owner = ownerOf(chunk.tenant);
    const before: Stale[] = known ? [...known.w.map((term): Stale => [known.o, term]), ...known.x ?? []] : [];
    const stale = before.filter(([whose, term]) => whose !== owner || !chunk.counts.has(term));
    const moved = [...new Set(before.map(([whose]) => whose))].filter((whose) => whose !== owner);
    return { chunk, owner, terms: [...chunk.counts.keys()], stale, moved };
  }

  async function statisticsOf(owner: string, signal: AbortSignal): Promise<TextStatistics> {
    const { Items = [], LastEvaluatedKey } = await query(`${index}#t#${owner}`, 'l', SAMPLE, undefined, signal);
    const average = Items.reduce((sum, { l }) => sum + Number(l), 0) / (Items.length || 1);
    return { texts: LastEvaluatedKey ? estimated(Items.length, LastEvaluatedKey) : Items.length, average };
  }

  /** Reads on in a word, so many chunks at most. */
  async function read({ term, chunks, after }: Postings, most: number, owner: string, signal: AbortSignal): Promise<Postings> {
    const { Items = [], LastEvaluatedKey } = await query(`${index}#w#${owner}#${term}`, 'c, l', most, after, signal);
    for (const { [SK]: place, c, l } of Items) chunks.set(idOf(String(place)), { count: Number(c), length: Number(l) });
    return { term, chunks, after: LastEvaluatedKey };
  }

  /** With what is left to read, the rarest words to their ends; where none has an end, all of them as far as it goes. */
  async function readOn(found: readonly Postings[], owner: string, signal: AbortSignal): Promise<Postings[]> {
    let left = READ * page - found.reduce((sum, { chunks }) => sum + chunks.size, 0);
    const wanted = new Map<Postings, number>();
    const cut = found.filter(({ after }) => after).sort((one, other) => numberOf(one) - numberOf(other));
    for (const each of cut) {
      // An estimate, and so with some room.
      const rest = Math.ceil((numberOf(each) - each.chunks.size) * 1.1);
      if (rest > left) break;
      wanted.set(each, rest);
      left -= rest;
    }
    const isRare = wanted.size > 0 || found.some(({ chunks, after }) => chunks.size > 0 && !after);
    if (!isRare) for (const each of cut) wanted.set(each, Math.floor(left / cut.length));
    return Promise.all(found.map(async (each) => {
      let known = each;
      for (let rest = wanted.get(each) ?? 0; known.after && rest > 0;) {
        const before = known.chunks.size;
        known = await read(known, Math.min(page, rest), owner, signal);
        rest -= known.chunks.size - before;
      }
      return known;
    }));
  }

  /** A word in some chunks, beyond what was read of it. */
  async function lookUp({ term, chunks }: Postings, owner: string, ids: readonly string[], signal: AbortSignal): Promise<Postings['chunks']> {
    const unread = ids.filter((id) => !chunks.has(id));
    const found = await items.read(unread.map((id) => wordKey(owner, term, id)), { consistent: false }, signal);
    return new Map(found.map(({ [SK]: place, c, l }) => [idOf(String(place)), { count: Number(c), length: Number(l) }]));
  }

  async function query(partition: string, attributes: string, Limit: number | undefined, after: Key | undefined, abortSignal: AbortSignal) {
    const { Items, LastEvaluatedKey } = await client.send(new QueryCommand({
      TableName: table,
      KeyConditionExpression: '#pk = :pk',
      ProjectionExpression: `#sk, ${attributes}`,
      ExpressionAttributeNames: { '#pk': PK, '#sk': SK },
      ExpressionAttributeValues: { ':pk': partition },
      Limit,
      ExclusiveStartKey: after,
    }), { abortSignal });
    return { Items, LastEvaluatedKey: LastEvaluatedKey as Key | undefined };
  }
}

/** Whose a word of a chunk was, and which. */
type Stale = readonly [owner: string, term: string];

interface ChunkItem {
  readonly o: string;
  readonly w: readonly string[];
  readonly x?: readonly Stale[];
}

/** By a hash, and so in an order that has nothing to do with when or of what a chunk was made. */
function placeOf(id: string): string {
  return `${createHash('sha256').update(id).digest('hex').slice(0, 8)}#${id}`;
}

function idOf(place: string): string {
  return place.slice(9);
}

/** Keys are short, whatever a tenant is called. */
function ownerOf(tenant: string): string {
  return createHash('sha256').update(tenant).digest('base64url').slice(0, 22);
}

/** How many there are, from how far the first few reach in an even order. */
function estimated(read: number, last: Key): number {
  return Math.round(read / ((parseInt(last[SK].slice(0, 8), 16) + 1) / 2 ** 32));
}

function numberOf({ chunks, after }: Postings): number {
  return after ? estimated(chunks.size, after) : chunks.size;
}

function ranked(scores: ReadonlyMap<string, number>): { readonly id: string; readonly score: number }[] {
  return [...scores].map(([id, score]) => ({ id, score })).sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1));
}
