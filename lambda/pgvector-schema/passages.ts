import { PGVECTOR_USERS as USERS } from '../../lib/contract/passage-stores';

/** A connection that nobody uses any more, of a worker that was frozen or killed, would keep the database awake, and locks held. */
const IDLE_SECONDS = 60;

/** Statements that make a store of passages without an index: its users, and the schema that one of them owns. Run again they change nothing. */
export function makeStore(schema: string): string[] {
  const users = usersOf(schema);
  return [
    'CREATE EXTENSION IF NOT EXISTS vector',
    ...users.flatMap((user) => [
      `DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${user}') THEN CREATE ROLE ${user} LOGIN; END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN GRANT rds_iam TO ${user}; END IF; END $$`,
      `ALTER ROLE ${user} SET idle_session_timeout = '${IDLE_SECONDS}s'`,
      `ALTER ROLE ${user} SET idle_in_transaction_session_timeout = '${IDLE_SECONDS}s'`,
    ]),
    `GRANT ${schema}${USERS.owns} TO CURRENT_USER`,
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${schema}${USERS.owns}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${schema}${USERS.reads}, ${schema}${USERS.writes}`,
  ];
}

/** Statements that take a store away with all its indexes; those of one that is not there do no harm. */
export function dropStore(schema: string): string[] {
  return [
    `DROP SCHEMA IF EXISTS ${schema} CASCADE`,
    ...usersOf(schema).map((user) => `DROP ROLE IF EXISTS ${user}`),
  ];
}

function usersOf(schema: string): string[] {
  return Object.values(USERS).map((user) => `${schema}${user}`);
}
