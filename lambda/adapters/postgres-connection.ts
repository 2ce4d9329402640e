import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Pool, type PoolClient } from 'pg';
import { rdsToken } from './rds-token';
import { secretValue } from './secret-value';
import { PGVECTOR_ROLES as ROLES, type PgvectorReference } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';

/** Runs statements in a transaction, in a role that may do no more than it has to, and for one tenant where one is named. */
export interface Postgres {
  run<T>(as: Scope, work: (client: Statements) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

export interface Scope {
  readonly role: keyof typeof ROLES;
  readonly tenant?: string;
  /** For this transaction, as `hnsw.ef_search`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface Statements {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

const CONNECT_MS = 5_000;
const STATEMENT_MS = 20_000;
/** A search by meaning and one by words go at a time. */
const CONNECTIONS = 2;
const ATTEMPTS = 3;

/** Where Lambda keeps the authorities of RDS, which Node.js does not know. */
const LAMBDA_AUTHORITIES = '/var/runtime/ca-cert.pem';

/** Connections as they are needed; whoever connects proves it anew each time, so that tokens and passwords may change. */
export function openPostgres({ host, port, database, user, secretArn, tls = true }: PgvectorReference): Postgres {
  const token = rdsToken({ host, port, user });
  const pool = new Pool({
    host,
    port,
    database,
    user,
    password: async () => (secretArn === undefined ? token() : (JSON.parse(await secretValue(secretArn)) as { readonly password: string }).password),
    ssl: tls && { ca: existsSync(LAMBDA_AUTHORITIES) ? [...rootCertificates, readFileSync(LAMBDA_AUTHORITIES, 'utf8')] : undefined },
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 1_000,
    allowExitOnIdle: true,
  });
  // A connection that breaks while nobody uses it is replaced by the next that is needed.
  pool.on('error', () => undefined);
  return postgres(pool);
}

export function postgres(pool: Pool): Postgres {
  return {
    close: () => pool.end(),
    run: async (scope, work, signal) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transaction(pool, scope, work, signal);
        } catch (error) {
          signal?.throwIfAborted();
          const failure = storeFailure(error);
          if (attempt === ATTEMPTS || failure.kind === 'refused' || !isWorthwhile(error)) throw failure;
        }
      }
    },
  };
}

async function transaction<T>(pool: Pool, scope: Scope, work: (client: Statements) => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  let broken = true;
  // Nobody waits any more: the connection is given up with what runs on it.
  const gone = aborted(signal);
  try {
    const done = (async () => {
      await client.query(opening(client, scope));
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

/** In one trip: the role, the tenant and the settings hold until the transaction ends, so that no connection carries them to somebody else. */
function opening(client: PoolClient, { role, tenant, settings = {} }: Scope): string {
  return [
    'BEGIN',
    `SET LOCAL ROLE ${ROLES[role]}`,
    ...tenant === undefined ? [] : [`SET LOCAL app.tenant = ${client.escapeLiteral(tenant)}`],
    ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`),
  ].join('; ');
}

function aborted(signal?: AbortSignal): { promise: Promise<never>; forget(): void } {
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

/** A transaction that stood in another's way, or a connection that had died unnoticed: all that is done here may be done twice. */
function isWorthwhile(error: unknown): boolean {
  const code = codeOf(error);
  return /^40/.test(code) || ['ECONNRESET', 'EPIPE', '57P01'].includes(code) || /terminated/.test(String(error));
}

function storeFailure(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (/^(?:22|23|54)/.test(code) && isAnswer(error)) return new StoreFailure('refused', `PostgreSQL refuses it: ${message}`, { cause: error });
  if (/^(?:40|53|55)/.test(code) && isAnswer(error)) return new StoreFailure('throttled', `PostgreSQL is busy: ${message}`, { cause: error });
  return new StoreFailure('unavailable', `PostgreSQL cannot be used: ${message}`, { cause: error });
}
