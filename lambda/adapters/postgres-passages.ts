import { B, K1 } from './bm25';
import { isMissing, isTimedOut, type Postgres, type Scope, type Statements } from './postgres-connection';
import { type Bind, postgresFilter } from './postgres-filter';
import { postgresIndex } from './postgres-schema';
import { askedWords, onceEach, ownerOf, requireVector, tenantOf, wordsOf } from './stored-chunk';
import { wellFormed } from './well-formed';
import type { PassageIndex } from '../../lib/contract/passage-stores';
import type { PassageStore, StoredChunk, StoreHit } from '../ports/passage-store';
import type { Filter } from '../ports/passages';

/** Chunks in a statement: some hundred kilobytes. */
const BATCH = 100;
const IDS = 1_000;
/** How long it may take to look at each chunk that passes a filter. */
const EVERY_ONE_MS = 5_000;

const COLUMNS = 'id, document, number, title, lead, body, starts, ends, page, metadata';

interface Row {
  readonly id: string;
  readonly document: string;
  readonly number: number;
  readonly title: string;
  readonly lead: string;
  readonly body: string;
  readonly starts: number;
  readonly ends: number;
  readonly page: number | null;
  readonly metadata: StoredChunk['metadata'];
  readonly score: number;
}

/**
 * Chunks in PostgreSQL: found by meaning through pgvector's HNSW index, by words through BM25 over an index of its own, for PostgreSQL's
 * ranking knows nothing of how rare a word is. `lambda/adapters/postgres-schema.ts` makes the tables.
 */
export function postgresPassages(server: Postgres, schema: string, index: PassageIndex): PassageStore {
  const { chunks, postings, totals, vector: type } = postgresIndex(schema, index);

  return {
    write: async (written) => {
      const rows = onceEach(written).map((chunk) => rowOf(chunk, index)).sort(byId);
      for (let from = 0; from < rows.length; from += BATCH) {
        const text = JSON.stringify(rows.slice(from, from + BATCH), (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value));
        await server.run({ role: 'writes' }, (client) => client.query(inserting(chunks, type), [text]));
      }
    },

    remove: async (ids) => {
      const gone = [...new Set(ids)].map(wellFormed).sort();
      for (let from = 0; from < gone.length; from += IDS) {
        // Locked in one order, by whoever removes or writes, so that none waits for another in a circle.
        const locked = `SELECT id FROM ${chunks} WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE`;
        await server.run({ role: 'writes' }, (client) => client.query(`WITH locked AS MATERIALIZED (${locked}) DELETE FROM ${chunks} WHERE id IN (SELECT id FROM locked)`, [gone.slice(from, from + IDS)]));
      }
    },

    byMeaning: async ({ vector, most, filter, tenant }, signal) => {
      requireVector(vector, index);
      const owner = tenantOf(tenant, index);
      const { values, bind } = binding();
      const to = `embedding <=> ${bind(`[${vector.join(',')}]`)}::${type}`;
      const where = condition(owner, filter, bind, 'true');
      const sql = `SELECT ${COLUMNS}, 1 - (${to}) AS score FROM ${chunks} WHERE ${where} ORDER BY ${to} LIMIT ${bind(most)}`;
      const settings = { 'hnsw.iterative_scan': 'strict_order', 'hnsw.ef_search': Math.min(1_000, Math.max(100, 2 * most)) };
      const rows = await found({ role: 'reads', tenant: owner, settings }, async (client) => {
        const near = await client.query<Row>(sql, values);
        const some = filter !== undefined || index.tenantField !== undefined;
        return near.length < most && some ? everyOne(client, sql, values, near) : near;
      }, signal);
      return rows.map(hitOf);
    },

    byWords: async ({ words, most, filter, tenant }, signal) => {
      const owner = tenantOf(tenant, index);
      signal.throwIfAborted();
      const asked = askedWords(words);
      if (asked.length === 0) return [];
      const { values, bind } = binding();
      const whose = bind(owner);
      const tests = condition(owner, filter, bind, '');
      const sql = `
        WITH found AS MATERIALIZED (SELECT term, place, count, length FROM ${postings} WHERE tenant = ${whose} AND term = ANY(${bind(asked)}::text[])),
        rare AS (SELECT term, ln(1 + (greatest(chunks, containing) - containing + 0.5) / (containing + 0.5))::float8 AS rarity, greatest(words, 1)::float8 / greatest(chunks, 1) AS average
          FROM (SELECT term, count(*) AS containing FROM found GROUP BY term) AS each, ${totals} AS total WHERE total.tenant = ${whose}),
        scored AS (SELECT place, sum(rarity * count * ${K1 + 1} / (count + ${K1} * (${1 - B} + ${B} * length / average))) AS score FROM found JOIN rare USING (term) GROUP BY place),
        best AS (SELECT place, score FROM scored ${tests ? `JOIN ${chunks} USING (place) WHERE ${tests}` : ''} ORDER BY score DESC, place LIMIT ${bind(most)})
        SELECT ${COLUMNS}, score FROM best JOIN ${chunks} USING (place) ORDER BY score DESC, place`;
      return (await found({ role: 'reads', tenant: owner }, (client) => client.query<Row>(sql, values), signal)).map(hitOf);
    },
  };

  /** An index is made before the first chunk is written: where there is none yet, there is nothing to be found. */
  async function found(scope: Scope, look: (client: Statements) => Promise<Row[]>, signal: AbortSignal): Promise<Row[]> {
    try {
      return await server.run(scope, look, signal);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  function condition(owner: string, filter: Filter | undefined, bind: Bind, none: string): string {
    const conditions = [
      ...index.tenantField === undefined ? [] : [`tenant = ${bind(owner)}`],
      ...filter === undefined ? [] : [postgresFilter(filter, bind)],
    ];
    return conditions.join(' AND ') || none;
  }
}

/**
 * The graph is given up after some ten thousand neighbours that do not pass. Those that do are few then: each of them is looked at. Among millions that no
 * index tells apart, that takes longer than a question waits: then the graph's are what is found.
 */
async function everyOne(client: Statements, sql: string, values: readonly unknown[], near: Row[]): Promise<Row[]> {
  await client.query(`SET LOCAL enable_indexscan = off; SET LOCAL statement_timeout = ${EVERY_ONE_MS}`);
  return client.query<Row>(sql, values).catch((error: unknown) => (isTimedOut(error) ? near : Promise.reject(error)));
}

function inserting(table: string, type: string): string {
  const columns = 'id, tenant, document, number, title, lead, body, starts, ends, page, metadata, terms, counts, length, embedding';
  const changes = columns.split(', ').slice(1).map((column) => `${column} = EXCLUDED.${column}`).join(', ');
  return `INSERT INTO ${table} (${columns})
    SELECT id, tenant, document, number, title, lead, body, starts, ends, page, metadata, terms, counts, length, embedding::${type}
    FROM json_to_recordset($1::json) AS each(id text, tenant text, document text, number int, title text, lead text, body text, starts int, ends int, page int,
      metadata jsonb, terms text[], counts int[], length int, embedding text)
    ON CONFLICT (id) DO UPDATE SET ${changes}`;
}

function rowOf(chunk: StoredChunk, index: PassageIndex) {
  const { id, document, number, title, lead, text, start, end, page, metadata, vector } = chunk;
  requireVector(vector, index, id);
  const { counts, length } = wordsOf(chunk);
  return {
    id,
    tenant: ownerOf(chunk, index),
    document,
    number,
    title,
    lead,
    body: text,
    starts: start,
    ends: end,
    page,
    metadata,
    terms: [...counts.keys()],
    counts: [...counts.values()],
    length,
    embedding: `[${vector.join(',')}]`,
  };
}

function hitOf({ score, body, starts, ends, page, ...row }: Row): StoreHit {
  const chunk = { ...row, text: body, start: starts, end: ends, ...page !== null && { page } };
  // A vector of zeros points nowhere, and is at no distance from anything.
  return { chunk, score: Number.isFinite(Number(score)) ? Number(score) : 0 };
}

function byId({ id: one }: { readonly id: string }, { id: other }: { readonly id: string }): number {
  return one < other ? -1 : 1;
}

function binding(): { readonly values: unknown[]; readonly bind: Bind } {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}
