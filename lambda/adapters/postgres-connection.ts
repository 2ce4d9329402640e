import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Pool, type PoolClient } from 'pg';
import { rdsToken } from './rds-token';
import { PGVECTOR_USERS as USERS, type PgvectorReference } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

/** Runs statements in a transaction, as a user who may do no more than it has to, and for one tenant where one is named. */
export interface Postgres {
  run<T>(as: Scope, work: (client: Statements) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

export type PostgresUser = keyof typeof USERS;

export interface Scope {
  readonly role: PostgresUser;
  readonly tenant?: string;
  /** For this transaction, as `hnsw.ef_search`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface Statements {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A database that sleeps takes some 15 seconds to wake, and holds the connection that wakes it; one that slept for a day takes 30 and more. */
const CONNECT_MS = 60_000;
const STATEMENT_MS = 20_000;
/** A search by meaning and one by words go at a time. */
const CONNECTIONS = 2;
const ATTEMPTS = 3;
const PAUSE_MS = 500;

/** Where Lambda keeps the authorities of RDS, which Node.js does not know. */
const LAMBDA_AUTHORITIES = '/var/runtime/ca-cert.pem';

/** Connections as they are needed, of each user their own; whoever connects proves it anew each time by a token of IAM. */
export function openPostgres({ host, port, database, schema }: PgvectorReference): Postgres {
  const ssl = { ca: existsSync(LAMBDA_AUTHORITIES) ? [...rootCertificates, readFileSync(LAMBDA_AUTHORITIES, 'utf8')] : undefined };
  const pools = new Map<PostgresUser, Pool>();
  const open = (role: PostgresUser) => {
    const user = `${schema}${USERS[role]}`;
    const pool = new Pool({
      host,
      port,
      database,
      user,
      password: rdsToken({ host, port, user }),
      ssl,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS + 1_000,
      allowExitOnIdle: true,
    });
    // A connection that breaks while nobody uses it is replaced by the next that is needed.
    pool.on('error', () => undefined);
    pools.set(role, pool);
    return pool;
  };
  return postgres((role) => pools.get(role) ?? open(role), schema, async () => void await Promise.all([...pools.values()].map((pool) => pool.end())));
}

export function postgres(poolOf: (role: PostgresUser) => Pool, schema: string, close: () => Promise<void>): Postgres {
  return {
    close,
    run: async (scope, work, signal) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transaction(poolOf(scope.role), `${schema}${USERS[scope.role]}`, scope, work, signal);
        } catch (error) {
          signal?.throwIfAborted();
          const failure = storeFailure(error);
          if (attempt === ATTEMPTS || failure.kind === 'refused' || !isWorthwhile(error)) throw failure;
          if (isStarting(error)) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
        }
      }
    },
  };
}

async function transaction<T>(pool: Pool, user: string, scope: Scope, work: (client: Statements) => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  // Nobody waits any more: the connection is given up with what runs on it.
  const gone = aborted(signal);
  const client = await connected(pool, gone);
  let broken = true;
  try {
    const done = (async () => {
      await client.query(opening(client, user, scope));
      const result = await work({ query: async <Row>(sql: string, values: readonly unknown[] = []) => (await client.query(sql, [...values])).rows as Row[] });
      await client.query('COMMIT');
      return result;
    })();
    const result = await Promise.race([done, gone.promise]);
    broken = false;
    return result;
  } catch (error) {
    if (!signal?.aborted && isAnswer(error)) broken = await client.query('ROLLBACK').then(() => false, () => true);
    throw error;
  } finally {
    gone.forget();
    client.release(broken);
  }
}

/** What wakes the database goes on to do so though nobody waits for it: whoever asks again finds it awake. */
async function connected(pool: Pool, gone: Aborted): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await Promise.race([connecting, gone.promise]);
  } catch (error) {
    gone.forget();
    void connecting.then((client) => client.release(), () => undefined);
    throw error;
  }
}

/** In one trip: the role, the tenant and the settings hold until the transaction ends, so that no connection carries them to somebody else. */
function opening(client: PoolClient, user: string, { tenant, settings = {} }: Scope): string {
  return [
    'BEGIN',
    `SET LOCAL ROLE ${user}`,
    ...tenant === undefined ? [] : [`SET LOCAL app.tenant = ${client.escapeLiteral(tenant)}`],
    ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`),
  ].join('; ');
}

interface Aborted {
  readonly promise: Promise<never>;
  forget(): void;
}

function aborted(signal?: AbortSignal): Aborted {
  let forget: () => void = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    const stop = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('nobody waits any more'));
    signal?.addEventListener('abort', stop);
    forget = () => signal?.removeEventListener('abort', stop);
  });
  promise.catch(() => undefined);
  return { promise, forget };
}

/** What the server said has a code of five letters; what the network did has another, or none. */
function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | undefined)?.code ?? '');
}

function isAnswer(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(codeOf(error)) && 'severity' in (error as object);
}

/** A transaction that stood in another's way, or a connection that had died unnoticed, such as of being idle: all that is done here may be done twice. */
function isWorthwhile(error: unknown): boolean {
  const code = codeOf(error);
  return /^40/.test(code) || ['ECONNRESET', 'EPIPE', '57P01', '57P05', '25P03'].includes(code) || /terminated/.test(String(error)) || isStarting(error);
}

function isStarting(error: unknown): boolean {
  return codeOf(error) === '57P03';
}

/** Whether a table is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error instanceof StoreFailure ? error.cause : error) === '42P01';
}

/** Whether a statement took longer than it may. */
export function isTimedOut(error: unknown): boolean {
  return codeOf(error) === '57014' && isAnswer(error);
}

function storeFailure(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (/^(?:22|23|54)/.test(code) && isAnswer(error)) return new StoreFailure('refused', `PostgreSQL refuses it: ${message}`, { cause: error });
  if (/^(?:40|53|55)/.test(code) && isAnswer(error)) return new StoreFailure('throttled', `PostgreSQL is busy: ${message}`, { cause: error });
  if (/^(?:28|42501)/.test(code) && isAnswer(error)) return new StoreFailure('forbidden', `PostgreSQL forbids it: ${message}`, { cause: error });
  return new StoreFailure('unavailable', `PostgreSQL cannot be used: ${message}`, { cause: error });
}
