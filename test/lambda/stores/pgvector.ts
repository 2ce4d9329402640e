import { Pool } from 'pg';
import { DIMENSION, FIELDS } from './chunks';
import type { StoreUnderTest } from './passage-store.suite';
import { postgres, type Postgres } from '../../../lambda/adapters/postgres-connection';
import { postgresPassages } from '../../../lambda/adapters/postgres-passages';
import { makePostgresIndex } from '../../../lambda/adapters/postgres-schema';
import type { PassageIndex } from '../../../lib/contract/passage-stores';
import { startPostgres } from '../../../local/postgres/postgres';

export interface PgvectorUnderTest extends StoreUnderTest {
  readonly pool: Pool;
  readonly server: Postgres;
  /** A new index as its tables are made. */
  make(index: Partial<PassageIndex>): Promise<PassageIndex>;
}

/** PostgreSQL for real, with new tables for each index. */
export async function startPgvector(): Promise<PgvectorUnderTest> {
  const database = await startPostgres();
  const pool = new Pool({ ...database, max: 4 });
  const server = postgres(pool);
  let indexes = 0;
  const make = async (wanted: Partial<PassageIndex>): Promise<PassageIndex> => {
    const index = { name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, ...wanted };
    for (const statement of makePostgresIndex(index)) await pool.query(statement);
    return index;
  };
  return {
    pool,
    server,
    make,
    open: async ({ tenantField }) => postgresPassages(server, await make({ tenantField })),
    close: async () => {
      await server.close();
      await database.stop();
    },
  };
}
