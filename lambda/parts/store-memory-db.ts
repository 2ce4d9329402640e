import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { MEMORY_DB_USERS, type MemoryDbReference, type PassageIndex } from '../../lib/contract/passage-stores';
import { dropIndexWords } from '../adapters/dynamo-index-words';
import { dynamoKeywords } from '../adapters/dynamo-keywords';
import { memoryDbToken } from '../adapters/elasticache-token';
import { redisIndexes } from '../adapters/redis-indexes';
import { redisPassages, redisTold } from '../adapters/redis-passages';
import { openCache, valkey } from '../adapters/valkey-connection';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
const tables = () => DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));

/** A network that a function enters first, or a machine with much else to do, may take some attempts. */
const PATIENCE_MS = 30_000;

const READS = ['FT.SEARCH', 'HMGET'];

/** Chunks in MemoryDB, with their words in a table. */
export function openStore(reference: MemoryDbReference, index: PassageIndex): PassageStore {
  const [reads, writes] = [connect(reference, 'reads'), connect(reference, 'writes')];
  const command = redisTold((name, ...args) => (READS.includes(name) ? reads : writes)((client) => client.call(name, ...args)));
  const { keywordTable: table } = reference;
  return redisPassages(command, index, table === undefined ? 'none' : dynamoKeywords(tables(), { table, index: index.name }));
}

/** The indexes of a cluster, with their words. */
export function openIndexes(reference: MemoryDbReference): PassageIndexes {
  const server = connect(reference, 'writes');
  const { keywordTable: table } = reference;
  return redisIndexes(redisTold((name, ...args) => server((client) => client.call(name, ...args))), {
    words: false,
    nodes: () => server(async (client) => client.nodes('master').map((node) => redisTold((name, ...args) => node.call(name, ...args)))),
    dropWords: async (index, signal, from) => (table === undefined ? { done: true } : dropIndexWords(tables(), { table, index }, signal, from)),
  });
}

function connect({ cluster, host, port }: MemoryDbReference, as: keyof typeof MEMORY_DB_USERS) {
  const user = `${cluster}${MEMORY_DB_USERS[as]}`;
  // A question is tried again by who asks it; whoever writes has minutes, and what it could not begin with comes again late.
  return valkey(() => openCache({ host, port, user, token: memoryDbToken(cluster, user) }), as === 'writes' ? { milliseconds: PATIENCE_MS } : {});
}
