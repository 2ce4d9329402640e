import { createHash } from 'node:crypto';
import { BatchGetCommand, BatchWriteCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { rarity, type TextStatistics, weight } from './bm25';
import type { ChunkWords, Keywords } from './s3-vectors-passages';
import { KEYWORD_TABLE } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

const { partitionKey: PK, sortKey: SK } = KEYWORD_TABLE;

/** What the service takes in one request. */
const PUT = 25;
const GET = 100;
/** Requests that are under way at once. */
const AT_ONCE = 8;
const ATTEMPTS = 9;
/** Chunks whose number and length tell those of all. */
const SAMPLE = 1_000;
/** Chunks that words of which there are too many to read them all are looked up for. */
const LOOKED_UP = 200;
/** Megabytes that are read of a question's words where no rarer word is asked for: of each its share, and one at least. */
const PAGES = 8;

export interface KeywordOptions {
  readonly table: string;
  /** Version of the index; several share a table. */
  readonly index: string;
  /** Most chunks in a page of a word, for tests. @default - a megabyte, some 8,000 */
  readonly page?: number;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

type Item = Readonly<Record<string, unknown>>;
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
  const { table, index, page, pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) } = options;
  const wordKey = (owner: string, term: string, id: string): Key => ({ [PK]: `${index}#w#${owner}#${term}`, [SK]: placeOf(id) });
  const totalKey = (owner: string, id: string): Key => ({ [PK]: `${index}#t#${owner}`, [SK]: placeOf(id) });
  const chunkKey = (id: string): Key => ({ [PK]: `${index}#c#${id}`, [SK]: 'c' });

  return {
    write: async (words) => {
      for (const some of groups(words, GET)) {
        const known = await chunksOf(some.map(({ id }) => id));
        const changes = some.map((chunk) => changeOf(chunk, known.get(chunk.id)));
        // First it is known where words of a chunk may be, so that they can be removed whenever this is cut short.
        await writeAll(changes.map(({ chunk: { id }, owner, terms, stale }) => {
          return put({ ...chunkKey(id), o: owner, w: terms, ...stale.length > 0 && { x: stale } });
        }));
        await writeAll(changes.flatMap(({ chunk: { id, counts, length }, owner, moved, stale }) => [
          ...[...counts].map(([term, c]) => put({ ...wordKey(owner, term, id), c, l: length })),
          put({ ...totalKey(owner, id), l: length }),
          ...stale.map(([whose, term]) => gone(wordKey(whose, term, id))),
          ...moved.map((whose) => gone(totalKey(whose, id))),
        ]));
        await writeAll(changes.filter(({ stale }) => stale.length > 0).map(({ chunk, owner, terms }) => put({ ...chunkKey(chunk.id), o: owner, w: terms })));
      }
    },

    remove: async (ids) => {
      for (const some of groups(ids, GET)) {
        const known = [...await chunksOf(some)];
        await writeAll(known.flatMap(([id, { o, w, x = [] }]) => [
          ...[...w.map((term): Stale => [o, term]), ...x].map(([whose, term]) => gone(wordKey(whose, term, id))),
          ...[...new Set([o, ...x.map(([whose]) => whose)])].map((whose) => gone(totalKey(whose, id))),
        ]));
        await writeAll(known.map(([id]) => gone(chunkKey(id))));
      }
    },

    search: async (asked, tenant, signal) => {
      const owner = ownerOf(tenant);
      return told(async () => {
        const first = asked.map((term) => read({ term, chunks: new Map() }, owner, signal));
        const [statistics, ...found] = await Promise.all([statisticsOf(owner, signal), ...first]);
        const isRare = found.some(({ chunks, after }) => chunks.size > 0 && !after);
        const pages = Math.max(1, Math.floor(PAGES / found.filter(({ after }) => after).length));
        const words = isRare ? found : await Promise.all(found.map((each) => readOn(each, pages, owner, signal)));
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
    const items = await told(() => readAll(ids.map(chunkKey), true));
    return new Map(items.map((item) => [String(item[PK]).slice(index.length + 3), item as unknown as ChunkItem]));
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

  /** Reads a page more of a word. */
  async function read({ term, chunks, after }: Postings, owner: string, signal: AbortSignal): Promise<Postings> {
    const { Items = [], LastEvaluatedKey } = await query(`${index}#w#${owner}#${term}`, 'c, l', page, after, signal);
    for (const { [SK]: place, c, l } of Items) chunks.set(idOf(String(place)), { count: Number(c), length: Number(l) });
    return { term, chunks, after: LastEvaluatedKey };
  }

  async function readOn(postings: Postings, pages: number, owner: string, signal: AbortSignal): Promise<Postings> {
    let known = postings;
    for (let turn = 1; known.after && turn < pages; turn++) known = await read(known, owner, signal);
    return known;
  }

  /** A word in some chunks, beyond what was read of it. */
  async function lookUp({ term, chunks }: Postings, owner: string, ids: readonly string[], signal: AbortSignal): Promise<Postings['chunks']> {
    const unread = ids.filter((id) => !chunks.has(id));
    const items = await readAll(unread.map((id) => wordKey(owner, term, id)), false, signal);
    return new Map(items.map(({ [SK]: place, c, l }) => [idOf(String(place)), { count: Number(c), length: Number(l) }]));
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

  async function readAll(keys: readonly Key[], ConsistentRead: boolean, abortSignal?: AbortSignal): Promise<Item[]> {
    const found: Item[] = [];
    await parallel(groups(keys, GET), async (some) => {
      await persist([...some], async (Keys) => {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead } } }), { abortSignal });
        found.push(...Responses?.[table] ?? []);
        return UnprocessedKeys?.[table]?.Keys as Key[] | undefined ?? [];
      });
    });
    return found;
  }

  async function writeAll(requests: readonly object[]): Promise<void> {
    await told(() => parallel(groups(requests, PUT), (some) => persist([...some], async (left) => {
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
      return UnprocessedItems?.[table] ?? [];
    })));
  }

  /** What the table had no room for is asked for again, later each time. */
  async function persist<T>(all: T[], ask: (left: T[]) => Promise<T[]>): Promise<void> {
    let left = all;
    for (let attempt = 1; left.length > 0; attempt++) {
      left = await ask(left);
      if (left.length === 0) return;
      if (attempt === ATTEMPTS) throw new StoreFailure('throttled', `the table of words takes no more just now: ${left.length} requests are left after ${ATTEMPTS} attempts`);
      await pause(Math.random() * Math.min(5_000, 50 * 2 ** attempt));
    }
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

function put(item: object) {
  return { PutRequest: { Item: item } };
}

function gone(key: Key) {
  return { DeleteRequest: { Key: key } };
}

function groups<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** Where one fails no other begins, and none is left under way: what was still written later would undo what others have written since. */
async function parallel<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
    try {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
    } finally {
      left.length = 0;
    }
  }));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const BUSY = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

async function told<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StoreFailure) throw error;
    const { name, message } = error as Error;
    // What the role may not do will not pass: it is the deployment's fault, and told as it is.
    if (name === 'AccessDeniedException') throw error;
    const kind = BUSY.includes(name) ? 'throttled' : name === 'ValidationException' ? 'refused' : 'unavailable';
    throw new StoreFailure(kind, `the table of words: ${name}: ${message}`, { cause: error });
  }
}
