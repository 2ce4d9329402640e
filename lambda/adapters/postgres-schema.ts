import { createHash } from 'node:crypto';
import { LONGEST_VECTOR, type PassageIndex, PGVECTOR_USERS as USERS } from '../../lib/contract/passage-stores';

/** An index over numbers of full precision takes no longer vectors. */
const LONGEST_FULL = 2_000;

/** What is said of an index in SQL. */
export interface PostgresIndex {
  readonly chunks: string;
  readonly postings: string;
  readonly totals: string;
  readonly vector: 'vector' | 'halfvec';
}

export function postgresIndex(schema: string, { name, dimension }: Pick<PassageIndex, 'name' | 'dimension'>): PostgresIndex {
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > LONGEST_VECTOR.pgvector) {
    throw new Error(`vectors must have 1 to ${LONGEST_VECTOR.pgvector} numbers to be indexed by pgvector, got ${dimension}`);
  }
  const [chunks, postings, totals] = tablesOf(schema, name);
  return { chunks, postings, totals, vector: dimension > LONGEST_FULL ? 'halfvec' : 'vector' };
}

/** Names become part of statements, so that nothing else may pass for one. */
function tablesOf(schema: string, name: string): string[] {
  for (const [what, known] of [['a schema', schema], ['an index', name]]) {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(known)) throw new Error(`the name of ${what} must have 1 to 40 small letters, digits and '_', a letter first, got '${known}'`);
  }
  return ['chunks', 'postings', 'totals'].map((kind) => `${schema}.${name}_${kind}`);
}

/** What an index is told from another of its name by: kept as the comment of its table of chunks. */
export function postgresKind({ dimension, tenantField }: PassageIndex): string {
  return JSON.stringify({ dimension, tenant: tenantField ?? null });
}

/** An index of numbers by which chunks are filtered, by its name and what makes it. */
export interface NumberIndex {
  readonly name: string;
  readonly statement: string;
}

export function numberIndexes(schema: string, index: PassageIndex): NumberIndex[] {
  const { chunks } = postgresIndex(schema, index);
  return index.fields.filter(({ type }) => type === 'number').map((field) => {
    const value = `metadata -> ${literal(field.name)}`;
    const name = `${index.name}_by_${createHash('sha256').update(field.name).digest('hex').slice(0, 12)}`;
    return { name: `${schema}.${name}`, statement: `CREATE INDEX IF NOT EXISTS ${name} ON ${chunks} ((${value})) WHERE jsonb_typeof(${value}) = 'number'` };
  });
}

/**
 * Statements that make an index, one by one. Whoever runs them owns the tables and sees nothing in them where chunks belong to tenants: row-level
 * security is forced, and the owner is no exception.
 */
export function makePostgresIndex(schema: string, index: PassageIndex): string[] {
  const { name, dimension, tenantField } = index;
  const { chunks, postings, totals, vector } = postgresIndex(schema, index);
  const count = `${schema}.${name}_count`;
  const [reads, writes] = [`${schema}${USERS.reads}`, `${schema}${USERS.writes}`];
  return [
    `CREATE TABLE ${chunks} (id text PRIMARY KEY, place bigint GENERATED ALWAYS AS IDENTITY UNIQUE, tenant text NOT NULL,
      document text NOT NULL, number int NOT NULL, title text NOT NULL, lead text NOT NULL, body text NOT NULL, starts int NOT NULL, ends int NOT NULL, page int,
      metadata jsonb NOT NULL, terms text[] NOT NULL, counts int[] NOT NULL, length int NOT NULL, embedding ${vector}(${dimension}) NOT NULL)`,
    `COMMENT ON TABLE ${chunks} IS ${literal(postgresKind(index))}`,
    // Which chunks have a word, how often, and how long they are: all that ranking needs, in the index alone.
    `CREATE TABLE ${postings} (tenant text, term text, place bigint, count int NOT NULL, length int NOT NULL,
      PRIMARY KEY (tenant, term, place) INCLUDE (count, length))`,
    `CREATE TABLE ${totals} (tenant text PRIMARY KEY, chunks bigint NOT NULL, words bigint NOT NULL) WITH (fillfactor = 50)`,
    counting(count, postings, totals),
    ...(['INSERT', 'UPDATE', 'DELETE'] as const).map((event) => `CREATE TRIGGER count_${event.toLowerCase()} AFTER ${event} ON ${chunks}
      REFERENCING ${event === 'INSERT' ? '' : 'OLD TABLE AS gone'} ${event === 'DELETE' ? '' : 'NEW TABLE AS come'} FOR EACH STATEMENT EXECUTE FUNCTION ${count}()`),
    `CREATE INDEX ${name}_nearest ON ${chunks} USING hnsw (embedding ${vector}_cosine_ops) WITH (m = 16, ef_construction = 128)`,
    `CREATE INDEX ${name}_described ON ${chunks} USING gin (metadata jsonb_path_ops)`,
    ...numberIndexes(schema, index).map(({ statement }) => statement),
    ...tenantField === undefined ? [] : [`CREATE INDEX ${name}_tenant ON ${chunks} (tenant)`],
    ...[chunks, postings, totals].flatMap((table) => [
      ...tenantField === undefined ? [] : tenancy(table, reads, writes),
      `GRANT SELECT ON ${table} TO ${reads}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${writes}`,
    ]),
  ];
}

/** Statements that take an index away; those of an index that is not there do no harm. */
export function dropPostgresIndex(schema: string, name: string): string[] {
  return [`DROP TABLE IF EXISTS ${tablesOf(schema, name).join(', ')}`, `DROP FUNCTION IF EXISTS ${schema}.${name}_count`];
}

/**
 * Keeps postings and totals in step with the chunks, in the transaction that changes them and from the very rows that it changed, so that they
 * are right whatever writes at the same time. Totals are added to under the lock of their row, which transactions hold for their last moment.
 */
function counting(name: string, postings: string, totals: string): string {
  const total = (sign: '' | '-', rows: string) => `INSERT INTO ${totals} AS known SELECT tenant, ${sign}count(*), ${sign}sum(length) FROM ${rows} GROUP BY tenant ORDER BY tenant
      ON CONFLICT (tenant) DO UPDATE SET chunks = known.chunks + EXCLUDED.chunks, words = known.words + EXCLUDED.words;`;
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM ${postings} AS known USING gone, unnest(gone.terms) AS each(term) WHERE known.tenant = gone.tenant AND known.term = each.term AND known.place = gone.place;
      ${total('-', 'gone')}
    END IF;
    IF TG_OP <> 'DELETE' THEN
      INSERT INTO ${postings} SELECT tenant, each.term, place, each.count, length FROM come, unnest(come.terms, come.counts) AS each(term, count);
      ${total('', 'come')}
    END IF;
    RETURN NULL; END $$`;
}

/** Whoever searches sees the rows of one tenant, named for the transaction, and none where none is named; whoever writes sees all. */
function tenancy(table: string, reads: string, writes: string): string[] {
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY reads ON ${table} FOR SELECT TO ${reads} USING (tenant = current_setting('app.tenant', true))`,
    `CREATE POLICY writes ON ${table} TO ${writes} USING (current_user = '${writes}') WITH CHECK (current_user = '${writes}')`,
  ];
}

function literal(text: string): string {
  return `'${text.replace(/'/g, '\'\'')}'`;
}
