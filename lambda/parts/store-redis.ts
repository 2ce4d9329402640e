import type { Redis } from 'ioredis';
import type { PassageIndex, RedisReference } from '../../lib/contract/passage-stores';
import { redisIndexes } from '../adapters/redis-indexes';
import { type RedisCommand, redisPassages, redisTold } from '../adapters/redis-passages';
import { secretFields, secretValue } from '../adapters/secret-value';
import { openServer, type Patience, valkey } from '../adapters/valkey-connection';
import { type PassageIndexes, type PassageStore, StoreFailure } from '../ports/passage-store';

/** Who makes and drops indexes has minutes, and comes again late where it could not. */
const PATIENCE_MS = 30_000;

/** Chunks in Redis with its query engine. */
export function openStore(reference: RedisReference, index: PassageIndex): PassageStore {
  return redisPassages(commandOf(reference), index);
}

/** The indexes of a server. */
export function openIndexes(reference: RedisReference): PassageIndexes {
  const command = commandOf(reference, { milliseconds: PATIENCE_MS });
  return redisIndexes(command, { words: true, nodes: async () => [command], dropWords: async () => ({ done: true }) });
}

function commandOf({ host, port, secretArn, tls = true }: RedisReference, patience?: Patience): RedisCommand {
  const server = valkey<Redis>(async () => {
    const login = secretArn === undefined ? {} : loginIn(await secretValue(secretArn));
    return openServer(host, port, { ...login, ...tls && { tls: { servername: host } } });
  }, patience);
  return redisTold((name, ...args) => server((client) => client.call(name, ...args)));
}

/** A secret is the password, or has it beside the name of the user. */
function loginIn(secret: string): { readonly username?: string; readonly password: string } {
  const { username, password } = secretFields(secret) ?? { password: secret.trim() };
  if (typeof password !== 'string') throw new StoreFailure('forbidden', "the secret is an object without 'password'");
  return { ...typeof username === 'string' && { username }, password };
}
