import { parseSchemaChange } from '../../../lambda/pgvector-schema/request';
import { applySchema } from '../../../lambda/pgvector-schema/schema';
import { type Sql, SqlGone, SqlWaking } from '../../../lambda/ports/sql';

/** A database that fails as it is told, then runs all. */
function database(...failures: Error[]) {
  const ran: string[] = [];
  const sql: Sql = {
    run: async (statement) => {
      const failure = failures.shift();
      if (failure) throw failure;
      ran.push(statement);
    },
  };
  return { ran, sql };
}

/** Time that passes while somebody waits. */
function clock() {
  let now = 0;
  return { now: () => now, pause: async (milliseconds: number) => void (now += milliseconds) };
}

const asked = (RequestType: string, properties: object = { Table: 'passages_1024_ab12', Dimension: '1024' }) => parseSchemaChange({ RequestType, ResourceProperties: properties });

test('makes a table with the columns and indexes that a knowledge base asks for, each only if it is not there', async () => {
  const { ran, sql } = database();
  await applySchema(asked('Create'), sql, clock());
  expect(ran.every((statement) => statement.includes('IF NOT EXISTS'))).toBe(true);
  expect(ran.map((statement) => statement.slice(0, 40))).toEqual([
    'CREATE EXTENSION IF NOT EXISTS vector',
    'CREATE SCHEMA IF NOT EXISTS knowledge',
    'CREATE TABLE IF NOT EXISTS knowledge.pas',
    'CREATE INDEX IF NOT EXISTS passages_1024',
    'CREATE INDEX IF NOT EXISTS passages_1024',
    'CREATE INDEX IF NOT EXISTS passages_1024',
  ]);
  expect(ran[2]).toContain('embedding vector(1024)');
  expect(ran[3]).toContain('USING hnsw (embedding vector_cosine_ops)');
  expect(ran[4]).toContain("USING gin (to_tsvector('simple', chunks))");
});

test('changes nothing when it is asked again', async () => {
  const { ran, sql } = database();
  await applySchema(asked('Create'), sql, clock());
  await applySchema(asked('Update'), sql, clock());
  expect(ran.slice(6)).toEqual(ran.slice(0, 6));
});

test('drops the table of a resource that is deleted', async () => {
  const { ran, sql } = database();
  await applySchema(asked('Delete'), sql, clock());
  expect(ran).toEqual(['DROP TABLE IF EXISTS knowledge.passages_1024_ab12']);
});

test('waits for a database that wakes', async () => {
  const { ran, sql } = database(new SqlWaking('asleep'), new SqlWaking('asleep'));
  await applySchema(asked('Create'), sql, clock());
  expect(ran).toHaveLength(6);
});

test('gives up on a database that never wakes', async () => {
  const { sql } = database(...Array.from({ length: 1_000 }, () => new SqlWaking('asleep')));
  await expect(applySchema(asked('Create'), sql, clock())).rejects.toThrow(SqlWaking);
});

test('takes a table for dropped whose database is gone, and not for made', async () => {
  await expect(applySchema(asked('Delete'), database(new SqlGone('gone')).sql, clock())).resolves.toBeUndefined();
  await expect(applySchema(asked('Create'), database(new SqlGone('gone')).sql, clock())).rejects.toThrow('gone');
});

test('tells what the database refused', async () => {
  await expect(applySchema(asked('Create'), database(new Error('permission denied')).sql, clock())).rejects.toThrow('permission denied');
});

test.each<[string, object, string]>([
  ['a name that would be a statement', { Table: 'a; DROP TABLE b', Dimension: '8' }, "'Table' must be 1 to 40 small letters"],
  ['no name', { Dimension: '8' }, "'Table' must be 1 to 40 small letters"],
  ['vectors that are too long', { Table: 'a', Dimension: '3072' }, "'Dimension' must be a whole number between 1 and 2000, got '3072'"],
  ['vectors of no length', { Table: 'a', Dimension: '1); DROP TABLE b' }, "'Dimension' must be a whole number"],
])('refuses %s', (_, properties, message) => {
  expect(() => asked('Create', properties)).toThrow(message);
});

describe('a store of passages', () => {
  const STORE = { Schema: 'passages_ab12' };

  test('has a user for each of what is done to it, who log in by IAM and hold no connection that nobody uses', async () => {
    const { ran, sql } = database();
    await applySchema(asked('Create', STORE), sql, clock());
    for (const user of ['passages_ab12_reads', 'passages_ab12_writes', 'passages_ab12_owns']) {
      expect(ran).toContainEqual(expect.stringContaining(`GRANT rds_iam TO ${user}`));
      expect(ran).toContain(`ALTER ROLE ${user} SET idle_session_timeout = '60s'`);
    }
    expect(ran).toContain('CREATE SCHEMA IF NOT EXISTS passages_ab12 AUTHORIZATION passages_ab12_owns');
  });

  test('goes with its tables and users', async () => {
    const { ran, sql } = database();
    await applySchema(asked('Delete', STORE), sql, clock());
    expect(ran).toEqual(['DROP SCHEMA IF EXISTS passages_ab12 CASCADE', ...['reads', 'writes', 'owns'].map((user) => `DROP ROLE IF EXISTS passages_ab12_${user}`)]);
  });

  test('refuses a name that would be a statement', () => {
    expect(() => asked('Create', { Schema: 'a; DROP SCHEMA b' })).toThrow("'Schema' must be 1 to 40 small letters, digits and '_', a letter first, got 'a; DROP SCHEMA b'");
  });
});
