import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type Script, SCRIPTS } from './valkey-scripts';

/** Does some work on a living connection. Work that a connection took along is done again, so that it must bear to be repeated. */
export type Connected<Client> = <T>(work: (client: Client) => Promise<T>) => Promise<T>;
export type Valkey = Connected<Cluster>;

export interface ValkeyEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** What proves the user; asked for with every new connection. */
  token(): Promise<string>;
}

/** How a server that cannot be reached is waited for. */
export interface Patience {
  /** So long it is tried again, with pauses that grow; a few times at once in any case. @default 0 */
  readonly milliseconds?: number;
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
const CONNECT_MS = 3_000;
const ANSWER_MS = 4_000;

/** Serverless caches speak TLS only. */
export async function openCache({ host, port, user, token }: ValkeyEndpoint): Promise<Cluster> {
  return openCluster(host, port, { username: user, password: await token(), tls: {} });
}

/** A client that connects once; what it has lost it does not look for again. */
export function openCluster(host: string, port: number, options: RedisOptions): Cluster {
  const client = new Cluster([{ host, port }], {
    // By its name, for that is what its certificate speaks of.
    dnsLookup: (address, done) => done(null, address),
    slotsRefreshTimeout: CONNECT_MS,
    clusterRetryStrategy: () => null,
    scripts: Object.fromEntries(Object.entries<Script>(SCRIPTS).map(([name, { keys, lua }]) => [commandOf(name), { lua, numberOfKeys: keys }])),
    redisOptions: { ...options, protocol: 2, connectTimeout: CONNECT_MS, commandTimeout: ANSWER_MS, disableClientInfo: true },
  });
  client.on('error', ({ lastNodeError }: Error & { readonly lastNodeError?: Error }) => {
    if (lastNodeError && !NOWHERE.test(lastNodeError.message)) REASONS.set(client, lastNodeError);
  });
  return client;
}

/** Why a cluster cannot be reached: its client says so by the way, and to whoever waits for an answer no more than that there is none. */
const REASONS = new WeakMap<object, Error>();
const NOWHERE = /None of startup nodes|Connection is closed/;

/** A client of one server that connects once; what it has lost it does not look for again. */
export function openServer(host: string, port: number, options: RedisOptions): Redis {
  const once: RedisOptions = { protocol: 2, connectTimeout: CONNECT_MS, commandTimeout: ANSWER_MS, disableClientInfo: true, retryStrategy: () => null };
  const client = new Redis({ host, port, ...options, ...once });
  // Whoever waits for an answer hears of it; nobody else has to.
  client.on('error', () => undefined);
  return client;
}

/** A client that fails is given up for a new one, and so for a fresh proof of who connects. */
export function valkey<Client extends Cluster | Redis>(open: () => Promise<Client>, patience: Patience = {}): Connected<Client> {
  const { milliseconds = 0, now = Date.now, pause = (time) => new Promise((resolve) => setTimeout(resolve, time)) } = patience;
  let current: Promise<Client> | undefined;
  return async (work) => {
    const end = now() + milliseconds;
    for (let attempt = 1; ; attempt++) {
      const used = current ??= open();
      try {
        return await work(await used);
      } catch (error) {
        // What the server answered it would answer again.
        if (isAnswer(error)) throw error;
        if (current === used) current = undefined;
        const reason = await used.then((client) => {
          client.disconnect();
          return REASONS.get(client);
        }, () => undefined);
        if (attempt >= ATTEMPTS && now() >= end) throw (NOWHERE.test(String(error)) && reason) || error;
        if (milliseconds > 0) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
      }
    }
  };
}

/** Runs one of the scripts; all keys lie on one node. */
export function run(server: Valkey, name: keyof typeof SCRIPTS, keys: readonly string[], ...args: readonly (string | number)[]): Promise<unknown> {
  const { keys: count }: Script = SCRIPTS[name];
  return server((client) => {
    const command = (client as unknown as Record<string, (...words: (string | number)[]) => Promise<unknown>>)[commandOf(name)].bind(client);
    return command(...count === undefined ? [keys.length] : [], ...keys, ...args);
  });
}

/** Hashes by their keys, all on one node, or some fields of them; those that are gone are empty. */
export async function hashes(server: Valkey, keys: readonly string[], fields?: readonly string[]): Promise<Record<string, string>[]> {
  if (keys.length === 0) return [];
  return server(async (client) => {
    const pipeline = client.pipeline();
    keys.forEach((key) => fields ? pipeline.hmget(key, ...fields) : pipeline.hgetall(key));
    const answers = await pipeline.exec() ?? [];
    return answers.map(([error, found]) => {
      if (error) throw error;
      return fields ? named(fields, found as (string | null)[]) : found as Record<string, string>;
    });
  });
}

function named(fields: readonly string[], values: readonly (string | null)[]): Record<string, string> {
  return Object.fromEntries(fields.flatMap((field, position) => values[position] === null ? [] : [[field, values[position]]]));
}

/** How long something lives that expires at a time, as scripts take it. */
export function livesFor(expiresAt: number | undefined, now: number): number | '' {
  return expiresAt === undefined ? '' : Math.max(1, Math.ceil(expiresAt * 1000 - now));
}

function commandOf(script: string): string {
  return `chat${script[0].toUpperCase()}${script.slice(1)}`;
}

function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
