import type { Postgres, Statements } from './postgres-connection';
import { dropPostgresIndex, makePostgresIndex, numberIndexes, postgresIndex, postgresKind } from './postgres-schema';
import { type PassageIndexes, StoreFailure } from '../ports/passage-store';

/** Indexes beside each other as tables of one schema, made and dropped by who owns them. */
export function postgresIndexes(server: Postgres, schema: string): PassageIndexes {
  return {
    make: async (index) => {
      const { chunks } = postgresIndex(schema, index);
      const wanted = postgresKind(index);
      await server.run({ role: 'owns' }, async (client) => {
        await alone(client, schema, index.name);
        const [{ found }] = await client.query<{ readonly found: string | null }>("SELECT obj_description(to_regclass($1), 'pg_class') AS found", [chunks]);
        if (found !== null && found !== wanted) throw new StoreFailure('refused', `the index '${index.name}' is there and is another: wanted is ${wanted}, it is ${found}`);
        const statements = found === null ? makePostgresIndex(schema, index) : await missing(client);
        for (const statement of statements) await client.query(statement);
      });

      /** Fields may be declared later: to look whether their indexes are there locks nothing. */
      async function missing(client: Statements): Promise<string[]> {
        const all = numberIndexes(schema, index);
        const there = await client.query<{ readonly name: string }>('SELECT name FROM unnest($1::text[]) AS each(name) WHERE to_regclass(name) IS NOT NULL', [all.map(({ name }) => name)]);
        return all.filter(({ name }) => !there.some((known) => known.name === name)).map(({ statement }) => statement);
      }
    },

    drop: async (name) => {
      await server.run({ role: 'owns' }, async (client) => {
        await alone(client, schema, name);
        for (const statement of dropPostgresIndex(schema, name)) await client.query(statement);
      });
      return { done: true };
    },
  };
}

/** Until the transaction ends nobody else makes or drops this index. */
async function alone(client: Statements, schema: string, name: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${schema}.${name}`]);
}
