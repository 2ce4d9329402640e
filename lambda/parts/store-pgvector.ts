import type { PassageIndex, PgvectorReference } from '../../lib/contract/passage-stores';
import { openPostgres } from '../adapters/postgres-connection';
import { postgresIndexes } from '../adapters/postgres-indexes';
import { postgresPassages } from '../adapters/postgres-passages';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

/** Chunks in PostgreSQL with pgvector, such as Aurora. */
export function openStore(database: PgvectorReference, index: PassageIndex): PassageStore {
  return postgresPassages(openPostgres(database), database.schema, index);
}

/** The tables of its indexes, for who may own them. */
export function openIndexes(database: PgvectorReference): PassageIndexes {
  return postgresIndexes(openPostgres(database), database.schema);
}
