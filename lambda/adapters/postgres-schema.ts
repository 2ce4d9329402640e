import { type PassageIndex, PGVECTOR_LONGEST, PGVECTOR_PASSAGES as SCHEMA, PGVECTOR_ROLES as ROLES } from '../../lib/contract/passage-stores';

/** An index over numbers of full precision takes no longer vectors. */
const LONGEST_FULL = 2_000;

/** What is said of an index in SQL. */
export interface PostgresIndex {
  readonly chunks: string;
  readonly postings: string;
  readonly totals: string;
  readonly vector: 'vector' | 'halfvec';
}

export function postgresIndex({ name, dimension }: Pick<PassageIndex, 'name' | 'dimension'>): PostgresIndex {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`the name of an index must have 1 to 40 small letters, digits and '_', a letter first, got '${name}'`);
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > PGVECTOR_LONGEST) {
    throw new Error(`vectors must have 1 to ${PGVECTOR_LONGEST} numbers to be indexed by pgvector, got ${dimension}`);
  }
  const table = (kind: string) => `${SCHEMA}.${name}_${kind}`;
  return { chunks: table('chunks'), postings: table('postings'), totals: table('totals'), vector: dimension > LONGEST_FULL ? 'halfvec' : 'vector' };
}

/**
 * Statements that make an index, one by one; run again they change nothing. Whoever runs them owns the tables and sees nothing in them where
 * chunks belong to tenants: row-level security is forced, and the owner is no exception.
 */
export function makePostgresIndex(index: PassageIndex): string[] {
  const { name, dimension, fields, tenantField } = index;
  const { chunks, postings, totals, vector } = postgresIndex(index);
  const count = `${SCHEMA}.${name}_count`;
  const numbers = fields.flatMap((field, at) => (field.type === 'number' ? [{ at, value: `metadata -> ${literal(field.name)}` }] : []));
  return [
    'CREATE EXTENSION IF NOT EXISTS vector',
    `CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`,
    ...Object.values(ROLES).map((role) => `DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} LOGIN; END IF;
      IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN GRANT rds_iam TO ${role}; END IF;
      GRANT ${role} TO CURRENT_USER; END $$`),
    `GRANT ${ROLES.reads} TO ${ROLES.writes}`,
    `GRANT USAGE ON SCHEMA ${SCHEMA} TO ${ROLES.reads}`,
    `CREATE TABLE IF NOT EXISTS ${chunks} (id text PRIMARY KEY, place bigint GENERATED ALWAYS AS IDENTITY UNIQUE, tenant text NOT NULL,
      document text NOT NULL, number int NOT NULL, title text NOT NULL, lead text NOT NULL, body text NOT NULL, starts int NOT NULL, ends int NOT NULL, page int,
      metadata jsonb NOT NULL, terms text[] NOT NULL, counts int[] NOT NULL, length int NOT NULL, embedding ${vector}(${dimension}) NOT NULL)`,
    // Which chunks have a word, how often, and how long they are: all that ranking needs, in the index alone.
    `CREATE TABLE IF NOT EXISTS ${postings} (tenant text, term text, place bigint, count int NOT NULL, length int NOT NULL,
      PRIMARY KEY (tenant, term, place) INCLUDE (count, length))`,
    `CREATE TABLE IF NOT EXISTS ${totals} (tenant text PRIMARY KEY, chunks bigint NOT NULL, words bigint NOT NULL) WITH (fillfactor = 50)`,
    counting(count, postings, totals),
    ...(['INSERT', 'UPDATE', 'DELETE'] as const).map((event) => `CREATE OR REPLACE TRIGGER count_${event.toLowerCase()} AFTER ${event} ON ${chunks}
      REFERENCING ${event === 'INSERT' ? '' : 'OLD TABLE AS gone'} ${event === 'DELETE' ? '' : 'NEW TABLE AS come'} FOR EACH STATEMENT EXECUTE FUNCTION ${count}()`),
    `CREATE INDEX IF NOT EXISTS ${name}_nearest ON ${chunks} USING hnsw (embedding ${vector}_cosine_ops) WITH (m = 16, ef_construction = 128)`,
    `CREATE INDEX IF NOT EXISTS ${name}_described ON ${chunks} USING gin (metadata jsonb_path_ops)`,
    ...numbers.map(({ at, value }) => `CREATE INDEX IF NOT EXISTS ${name}_field_${at} ON ${chunks} ((${value})) WHERE jsonb_typeof(${value}) = 'number'`),
    ...tenantField === undefined ? [] : [`CREATE INDEX IF NOT EXISTS ${name}_tenant ON ${chunks} (tenant)`],
    ...[chunks, postings, totals].flatMap((table) => [
      `GRANT SELECT ON ${table} TO ${ROLES.reads}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${ROLES.writes}`,
      ...tenantField === undefined ? [] : tenancy(table),
    ]),
  ];
}

/** Statements that take an index away; those of an index that is not there do no harm. */
export function dropPostgresIndex(index: Pick<PassageIndex, 'name' | 'dimension'>): string[] {
  const { chunks, postings, totals } = postgresIndex(index);
  return [`DROP TABLE IF EXISTS ${chunks}, ${postings}, ${totals}`, `DROP FUNCTION IF EXISTS ${SCHEMA}.${index.name}_count`];
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
function tenancy(table: string): string[] {
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `DROP POLICY IF EXISTS reads ON ${table}`,
    `CREATE POLICY reads ON ${table} FOR SELECT TO ${ROLES.reads} USING (tenant = current_setting('app.tenant', true))`,
    `DROP POLICY IF EXISTS writes ON ${table}`,
    `CREATE POLICY writes ON ${table} TO ${ROLES.writes} USING (current_user = '${ROLES.writes}') WITH CHECK (current_user = '${ROLES.writes}')`,
  ];
}

function literal(text: string): string {
  return `'${text.replace(/'/g, '\'\'')}'`;
}
