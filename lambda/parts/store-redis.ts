import type { Redis } from 'ioredis';
import type { PassageIndex, RedisReference } from '../../lib/contract/passage-stores';
import { redisIndexes } from '../adapters/redis-indexes';
import { type RedisCommand, redisPassages, redisTold } from '../adapters/redis-passages';
import { secretValue } from '../adapters/secret-value';
import { openServer, valkey } from '../adapters/valkey-connection';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

/** Chunks in Redis with its query engine. */
export function openStore(reference: RedisReference, index: PassageIndex): PassageStore {
  return redisPassages(commandOf(reference), index);
}

/** The indexes of a server. */
export function openIndexes(reference: RedisReference): PassageIndexes {
  const command = commandOf(reference);
  return redisIndexes(command, { words: true, nodes: async () => [command], dropWords: async () => ({ done: true }) });
}

function commandOf({ host, port, secretArn, tls = true }: RedisReference): RedisCommand {
  const server = valkey<Redis>(async () => {
    const login = secretArn === undefined ? {} : loginIn(await secretValue(secretArn));
    return openServer(host, port, { ...login, ...tls && { tls: { servername: host } } });
  });
  return redisTold((name, ...args) => server((client) => client.call(name, ...args)));
}

/** A secret is the password, or has it beside the name of the user. */
function loginIn(secret: string): { readonly username?: string; readonly password: string } {
  const text = secret.trim();
  if (!text.startsWith('{')) return { password: text };
  const { username, password } = JSON.parse(text) as { readonly username?: string; readonly password: string };
  return { ...username !== undefined && { username }, password };
}
