import { chunk, described, ids, toward } from './chunks';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { type PgvectorUnderTest, SCHEMA, startPgvector } from './pgvector';
import { openPostgres, type Postgres } from '../../../lambda/adapters/postgres-connection';
import { postgresPassages } from '../../../lambda/adapters/postgres-passages';
import { makePostgresIndex, postgresIndex } from '../../../lambda/adapters/postgres-schema';
import type { Filter } from '../../../lambda/ports/passages';

jest.setTimeout(60_000);

passageStoreSuite('PostgreSQL with pgvector', startPgvector);
passageIndexesSuite('PostgreSQL', async () => {
  const { indexes, server, close } = await startPgvector();
  return { indexes, open: (index) => postgresPassages(server, SCHEMA, index), close };
});

describe('PostgreSQL', () => {
  let database: PgvectorUnderTest;
  const never = new AbortController().signal;
  beforeAll(async () => {
    database = await startPgvector();
  });
  afterAll(() => database.close?.());

  /** What a role sees of a table without any condition, in a transaction for a tenant. */
  const seen = (role: 'reads' | 'writes', table: string, tenant?: string) => database.server.run({ role, tenant }, (client) => client.query<{ tenant: string }>(`SELECT tenant FROM ${table}`));

  describe('keeps tenants apart by itself', () => {
    let tables: ReturnType<typeof postgresIndex>;
    beforeAll(async () => {
      const index = await database.make({ tenantField: 'owner' });
      tables = postgresIndex(SCHEMA, index);
      await postgresPassages(database.server, SCHEMA, index).write([described('acme', 'whale'), described('globex', 'whale')].map(chunk));
    });

    test.each(['chunks', 'postings', 'totals'] as const)('%s of one tenant are all that a search can see', async (kind) => {
      expect(await seen('reads', tables[kind], '"acme"')).toEqual([{ tenant: '"acme"' }]);
      for (const tenant of [undefined, '', '"nobody"', '*', '\'; RESET app.tenant; --']) expect(await seen('reads', tables[kind], tenant)).toEqual([]);
      expect(await seen('writes', tables[kind])).toHaveLength(2);
    });

    test('what a transaction was for is forgotten with it', async () => {
      for (let time = 0; time < 4; time++) {
        await seen('reads', tables.chunks, '"acme"');
        expect(await seen('reads', tables.chunks)).toEqual([]);
      }
    });

    test('the owner of the tables is no exception', async () => {
      await database.pool.query(`CREATE ROLE landlord NOLOGIN; GRANT ${SCHEMA}_reads, ${SCHEMA}_writes TO landlord`);
      for (const table of Object.values(tables).slice(0, 3)) await database.pool.query(`ALTER TABLE ${table} OWNER TO landlord`);
      const client = await database.pool.connect();
      await client.query('BEGIN; SET LOCAL ROLE landlord');
      const { rows } = await client.query(`SELECT tenant FROM ${tables.chunks}`);
      await client.query('ROLLBACK');
      client.release();
      expect(rows).toEqual([]);
    });

    test.each(['chunks', 'postings', 'totals'] as const)('refuses a search that would write to %s', async (kind) => {
      for (const statement of [`DELETE FROM ${tables[kind]}`, `UPDATE ${tables[kind]} SET tenant = 'x'`, `TRUNCATE ${tables[kind]}`]) {
        await expect(database.server.run({ role: 'reads', tenant: '"acme"' }, (client) => client.query(statement))).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringMatching('permission denied') });
      }
    });
  });

  test('counts words and chunks as they are, whoever changes the table', async () => {
    const index = await database.make({});
    const { chunks, postings, totals } = postgresIndex(SCHEMA, index);
    const store = postgresPassages(database.server, SCHEMA, index);
    await store.write(['ant bee', 'bee cat cat', 'dog'].map((text, at) => chunk({ id: `c${at}`, text })));
    await database.server.run({ role: 'writes' }, async (client) => {
      await client.query(`DELETE FROM ${chunks} WHERE id = 'c0'`);
      await client.query(`UPDATE ${chunks} SET title = 'new' WHERE id = 'c1'`);
    });
    const { rows } = await database.pool.query(`SELECT term, count, length FROM ${postings} ORDER BY term`);
    expect(rows).toEqual([{ term: 'bee', count: 1, length: 3 }, { term: 'cat', count: 2, length: 3 }, { term: 'dog', count: 1, length: 1 }]);
    expect((await database.pool.query(`SELECT chunks::int, words::int FROM ${totals}`)).rows).toEqual([{ chunks: 2, words: 4 }]);
    await expect(database.server.run({ role: 'writes' }, async (client) => {
      await client.query(`DELETE FROM ${chunks}`);
      throw new Error('changed my mind');
    })).rejects.toThrow('changed my mind');
    expect((await database.pool.query(`SELECT chunks::int, words::int FROM ${totals}`)).rows).toEqual([{ chunks: 2, words: 4 }]);
  });

  test('finds by its indexes: neighbours by the graph, numbers and texts by theirs', async () => {
    const index = await database.make({});
    const { chunks } = postgresIndex(SCHEMA, index);
    const store = postgresPassages(database.server, SCHEMA, index);
    await store.write(Array.from({ length: 300 }, (_, at) => chunk({ id: `${at}`, at: at % 8, off: at / 300, metadata: { year: at, kind: `kind ${at}` } })));
    const plan = async (sql: string, values: unknown[]) => database.server.run({ role: 'reads', settings: { enable_seqscan: 'off' } }, async (client) => {
      const rows = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(await plan(`SELECT id FROM ${chunks} ORDER BY embedding <=> $1::vector LIMIT 3`, [`[${toward(0).join()}]`])).toContain(`Index Scan using ${index.name}_nearest`);
    expect(await plan(`SELECT id FROM ${chunks} WHERE (jsonb_typeof(metadata -> $1::text) = 'number' AND metadata -> $1::text > $2::jsonb)`, ['year', '290'])).toContain(`${index.name}_by_`);
    expect(await plan(`SELECT id FROM ${chunks} WHERE metadata @> $1::jsonb`, ['{"kind":"kind 3"}'])).toContain(`${index.name}_described`);
    const filter: Filter = { field: 'year', is: 'greaterThan', value: 290 };
    expect(await store.byMeaning({ vector: toward(0), most: 20, filter }, never)).toHaveLength(9);
  });

  test('what the graph finds is found where there are too many to look at each', async () => {
    const index = await database.make({});
    await postgresPassages(database.server, SCHEMA, index).write([chunk({ id: 'one', metadata: { kind: 'memo' } })]);
    const asked: string[] = [];
    const slow = (failure: string): Postgres => ({
      ...database.server,
      run: (scope, work, signal) => database.server.run(scope, (client) => work({
        query: async (sql, values) => {
          asked.push(sql);
          return client.query(asked.length % 3 === 0 ? `DO $$ BEGIN RAISE ${failure}; END $$` : sql, asked.length % 3 === 0 ? [] : values);
        },
      }), signal),
    });
    const find = (failure: string) => postgresPassages(slow(failure), SCHEMA, index).byMeaning({ vector: toward(0), most: 5, filter: { field: 'kind', is: 'equals', value: 'memo' } }, never);
    expect(ids(await find('query_canceled'))).toEqual(['one']);
    expect(asked[1]).toContain('statement_timeout = 5000');
    await expect(find('disk_full')).rejects.toMatchObject({ name: 'StoreFailure' });
    // The connection is as good as before.
    expect(ids(await postgresPassages(database.server, SCHEMA, index).byMeaning({ vector: toward(0), most: 5 }, never))).toEqual(['one']);
  });

  test('takes vectors of up to 4,000 numbers, those of more than 2,000 in half precision', async () => {
    const index = await database.make({ dimension: 3_072 });
    const store = postgresPassages(database.server, SCHEMA, index);
    const vector = (at: number) => Array.from({ length: 3_072 }, (_, place) => Math.sin(at + place));
    await store.write([0, 1, 2].map((at) => ({ ...chunk({ id: `${at}` }), vector: vector(at) })));
    const found = await store.byMeaning({ vector: vector(1), most: 2 }, never);
    expect([found[0].chunk.id, found[0].score]).toEqual(['1', expect.closeTo(1, 3)]);
    expect((await database.pool.query(`SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = '${postgresIndex(SCHEMA, index).chunks}'::regclass AND attname = 'embedding'`)).rows)
      .toEqual([{ type: 'halfvec(3072)' }]);
    expect(() => makePostgresIndex(SCHEMA, { ...index, dimension: 4_001 })).toThrow('vectors must have 1 to 4000 numbers to be indexed by pgvector, got 4001');
  });

  test('makes an index once, beside others, and drops it alone', async () => {
    const [kept, gone] = [await database.make({ tenantField: 'owner' }), await database.make({ tenantField: 'owner' })];
    const of = (index: typeof kept) => postgresPassages(database.server, SCHEMA, index);
    for (const index of [kept, gone]) await of(index).write([chunk(described('acme', 'whale'))]);
    await Promise.all([kept, kept].map((index) => database.indexes.make(index)));
    for (let time = 0; time < 2; time++) await database.indexes.drop(gone.name, never);
    const find = (index: typeof kept) => of(index).byWords!({ words: 'whale', most: 1, tenant: 'acme' }, never);
    expect(await find(kept)).toHaveLength(1);
    expect(await find(gone)).toEqual([]);
    await expect(of(gone).write([chunk(described('acme', 'whale'))])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable', message: expect.stringContaining('does not exist') });
    const left = await database.pool.query('SELECT relname FROM pg_class WHERE relname LIKE $1 UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE $1', [`${gone.name}\\_%`]);
    expect(left.rows).toEqual([]);
  });

  test('refuses an index of the name of another', async () => {
    const index = await database.make({ tenantField: 'owner' });
    for (const other of [{ ...index, dimension: 9 }, { ...index, tenantField: 'team' }, { ...index, tenantField: undefined }]) {
      await expect(database.indexes.make(other)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused', message: expect.stringContaining(`the index '${index.name}' is there and is another`) });
    }
  });

  test('a field that is declared later gets its index, too', async () => {
    const index = await database.make({ fields: [] });
    const later = { ...index, fields: [{ name: 'pages', type: 'number' as const }] };
    for (let time = 0; time < 2; time++) await database.indexes.make(later);
    const { rows } = await database.pool.query('SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexname LIKE $2', [`${index.name}_chunks`, '%\\_by\\_%']);
    expect(rows).toEqual([{ indexdef: expect.stringContaining("'pages'") }]);
  });

  describe('who makes tables', () => {
    let index: Awaited<ReturnType<typeof database.make>>;
    let tables: string[];
    beforeAll(async () => {
      index = await database.make({ tenantField: 'owner' });
      tables = Object.values(postgresIndex(SCHEMA, index)).slice(0, 3);
      await postgresPassages(database.server, SCHEMA, index).write([chunk(described('acme', 'whale'))]);
    });

    test('owns them, and sees nothing in them', async () => {
      for (const table of tables) expect(await database.server.run({ role: 'owns', tenant: '"acme"' }, (client) => client.query(`SELECT * FROM ${table}`))).toEqual([]);
    });

    test.each(['reads', 'writes'] as const)('alone may: who %s has no hold on them', async (role) => {
      const statements = [
        `ALTER TABLE ${tables[0]} NO FORCE ROW LEVEL SECURITY`, `DROP POLICY reads ON ${tables[0]}`, `DROP TABLE ${tables[0]}`, `CREATE TABLE ${SCHEMA}.mine (a int)`, `TRUNCATE ${tables[0]}`,
      ];
      for (const statement of statements) {
        await expect(database.server.run({ role }, (client) => client.query(statement))).rejects.toThrow(/must be owner|permission denied/);
      }
    });
  });

  test.each(['', 'Big', 'x"; DROP TABLE y', '1st', 'a'.repeat(41)])('refuses %p as the name of an index', (name) => {
    expect(() => postgresIndex(SCHEMA, { name, dimension: 8 })).toThrow('the name of an index must have 1 to 40 small letters');
  });

  test('a field is indexed whatever it is called', async () => {
    const index = await database.make({ fields: [{ name: 'it\'s "a" number; --', type: 'number' }] });
    const store = postgresPassages(database.server, SCHEMA, index);
    await store.write([chunk({ id: 'one', metadata: { 'it\'s "a" number; --': 3 } })]);
    expect(ids(await store.byMeaning({ vector: toward(0), most: 2, filter: { field: 'it\'s "a" number; --', is: 'lessThan', value: 4 } }, never))).toEqual(['one']);
  });

  test('a search that is given up does not hold its connection', async () => {
    const leave = new AbortController();
    const slow = database.server.run({ role: 'reads' }, (client) => client.query('SELECT pg_sleep(0.3)'), leave.signal);
    setTimeout(() => leave.abort(new Error('gone')), 50);
    await expect(slow).rejects.toThrow('gone');
    expect(await database.server.run({ role: 'reads' }, (client) => client.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  test('an attempt that stood in another\'s way is repeated, and given up after three', async () => {
    let attempts = 0;
    const fail = (times: number) => database.server.run({ role: 'writes' }, async (client) => {
      if (attempts++ < times) await client.query('DO $$ BEGIN RAISE deadlock_detected; END $$');
      return 'done';
    });
    expect(await fail(2)).toBe('done');
    attempts = 0;
    await expect(fail(9)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'throttled' });
    expect(attempts).toBe(3);
  });

  test('a database that is not there is unavailable', async () => {
    const nowhere = openPostgres({ host: '127.0.0.1', port: 1, database: 'x', schema: 'x' });
    await expect(nowhere.run({ role: 'reads' }, (client) => client.query('SELECT 1'))).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable' });
    await nowhere.close();
  });
});
