import type { Cluster } from 'ioredis';
import { openCluster, valkey, type Valkey } from '../../../lambda/adapters/valkey-connection';
import { findRedis, startRedis } from '../../../local/elasticache/redis';

export interface ChatCache {
  readonly valkey: Valkey;
  readonly client: Cluster;
  stop(): Promise<void>;
}

/** The Redis or Valkey of this machine; without one the tests say so, and leave the cache out. */
export const REDIS = findRedis();

if (!REDIS) process.stderr.write('There is no redis-server or valkey-server on this machine: conversations in Valkey are not tested.\n');

/** A cache of its own, a cluster of one node. */
export async function startCache(): Promise<ChatCache> {
  const redis = await startRedis(REDIS!);
  const client = openCluster('127.0.0.1', redis.port, {});
  return {
    client,
    valkey: valkey(async () => client),
    stop: async () => {
      client.disconnect();
      await redis.stop();
    },
  };
}
