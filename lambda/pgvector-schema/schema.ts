import { dropStore, makeStore } from './passages';
import type { SchemaChange } from './request';
import { PGVECTOR_COLUMNS, PGVECTOR_SCHEMA } from '../../lib/contract/pgvector-schema';
import type { Clock } from '../ports/clock';
import { type Sql, SqlGone, SqlWaking } from '../ports/sql';

/** A database takes half a minute to wake; a restart longer. */
const PATIENCE_MS = 240_000;
const PAUSE_MS = 3_000;

/** Makes a table as a knowledge base wants it, or a store of passages, or drops it; doing so again changes nothing. */
export async function applySchema(change: SchemaChange, database: Sql, clock: Pick<Clock, 'now' | 'pause'>): Promise<void> {
  const { wanted } = change;
  const until = clock.now() + PATIENCE_MS;
  try {
    for (const statement of statementsOf(change)) await runAwake(statement, database, clock, until);
  } catch (error) {
    // What is gone with its database needs no dropping.
    if (!wanted && error instanceof SqlGone) return;
    throw error;
  }
}

function statementsOf(change: SchemaChange): string[] {
  if ('schema' in change) return change.wanted ? makeStore(change.schema) : dropStore(change.schema);
  return change.wanted ? making(change.table, change.dimension) : [`DROP TABLE IF EXISTS ${PGVECTOR_SCHEMA}.${change.table}`];
}

async function runAwake(statement: string, database: Sql, clock: Pick<Clock, 'now' | 'pause'>, until: number): Promise<void> {
  for (;;) {
    try {
      return await database.run(statement);
    } catch (error) {
      if (!(error instanceof SqlWaking) || clock.now() >= until) throw error;
      await clock.pause(PAUSE_MS);
    }
  }
}

/** A knowledge base refuses a table without the first two indexes; by the third it filters. */
function making(table: string, dimension: number): string[] {
  const { primaryKeyField: id, vectorField: vector, textField: text, metadataField: metadata, customMetadataField: described } = PGVECTOR_COLUMNS;
  const name = `${PGVECTOR_SCHEMA}.${table}`;
  return [
    'CREATE EXTENSION IF NOT EXISTS vector',
    `CREATE SCHEMA IF NOT EXISTS ${PGVECTOR_SCHEMA}`,
    `CREATE TABLE IF NOT EXISTS ${name} (${id} uuid PRIMARY KEY, ${vector} vector(${dimension}), ${text} text, ${metadata} json, ${described} jsonb)`,
    `CREATE INDEX IF NOT EXISTS ${table}_${vector} ON ${name} USING hnsw (${vector} vector_cosine_ops) WITH (ef_construction = 256)`,
    `CREATE INDEX IF NOT EXISTS ${table}_${text} ON ${name} USING gin (to_tsvector('simple', ${text}))`,
    `CREATE INDEX IF NOT EXISTS ${table}_${described} ON ${name} USING gin (${described})`,
  ];
}
