import type { PassageIndex, PgvectorReference } from '../../lib/contract/passage-stores';
import { openPostgres } from '../adapters/postgres-connection';
import { postgresPassages } from '../adapters/postgres-passages';
import type { PassageStore } from '../ports/passage-store';

/** Chunks in PostgreSQL with pgvector, such as Aurora. */
export function openStore(database: PgvectorReference, index: PassageIndex): PassageStore {
  return postgresPassages(openPostgres(database), index);
}
