import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LocalPostgres {
  readonly host: string;
  readonly port: number;
  /** Who owns the database; no password is asked for. */
  readonly user: string;
  readonly database: string;
  stop(): Promise<void>;
}

/** A process of its own, for the database computes on the thread that it is called on. */
const SERVER = `
const { PGlite } = require(process.argv[1]);
const { vector } = require(process.argv[2]);
const { PGLiteSocketServer } = require(process.argv[3]);
(async () => {
  const db = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 100 });
  await server.start();
  console.log(server.getServerConn());
  process.stdin.resume().on('end', () => process.exit(0));
})();`;

/**
 * PostgreSQL with pgvector, by PGlite, empty and in memory. It has one session: transactions of different connections run one after the other,
 * and whatever is set outside of one holds for all.
 */
export async function startPostgres(): Promise<LocalPostgres> {
  const modules = ['@electric-sql/pglite', '@electric-sql/pglite-pgvector', '@electric-sql/pglite-socket'].map((name) => require.resolve(name));
  // It ends with whoever started it: with its standard input.
  const server = spawn(process.execPath, ['-e', SERVER, ...modules], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(server, 'exit');
  const line = await Promise.race([once(createInterface(server.stdout), 'line'), exit]);
  const port = /:(\d+)$/.exec(String(line[0]))?.[1];
  if (port === undefined) throw new Error(`PostgreSQL did not start: ${String(line[0])}`);
  return {
    host: '127.0.0.1',
    port: Number(port),
    user: 'postgres',
    database: 'postgres',
    stop: async () => {
      server.stdin.end();
      await exit;
    },
  };
}
