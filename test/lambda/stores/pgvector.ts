import { Pool } from 'pg';
import { DIMENSION, FIELDS } from './chunks';
import type { StoreUnderTest } from './passage-store.suite';
import { postgres, type Postgres } from '../../../lambda/adapters/postgres-connection';
import { postgresIndexes } from '../../../lambda/adapters/postgres-indexes';
import { postgresPassages } from '../../../lambda/adapters/postgres-passages';
import { makeStore } from '../../../lambda/pgvector-schema/passages';
import type { PassageIndexes } from '../../../lambda/ports/passage-store';
import type { PassageIndex } from '../../../lib/contract/passage-stores';
import { startPostgres } from '../../../local/postgres/postgres';

export interface PgvectorUnderTest extends StoreUnderTest {
  readonly pool: Pool;
  readonly server: Postgres;
  readonly indexes: PassageIndexes;
  /** A new index as its tables are made. */
  make(index: Partial<PassageIndex>): Promise<PassageIndex>;
}

export const SCHEMA = 'passages_of_tests';

/** PostgreSQL for real, with new tables for each index. */
export async function startPgvector(): Promise<PgvectorUnderTest> {
  const database = await startPostgres();
  const pool = new Pool({ ...database, max: 4 });
  for (const statement of makeStore(SCHEMA)) await pool.query(statement);
  const server = postgres(() => pool, SCHEMA, () => pool.end());
  const indexes = postgresIndexes(server, SCHEMA);
  let made = 0;
  const make = async (wanted: Partial<PassageIndex>): Promise<PassageIndex> => {
    const index = { name: `index_${++made}`, dimension: DIMENSION, fields: FIELDS, ...wanted };
    await indexes.make(index);
    return index;
  };
  return {
    pool,
    server,
    indexes,
    make,
    open: async ({ tenantField }) => postgresPassages(server, SCHEMA, await make({ tenantField })),
    close: async () => {
      await server.close();
      await database.stop();
    },
  };
}
