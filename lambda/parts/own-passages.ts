import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { OwnKnowledge } from '../../lib/contract/own-knowledge';
import { bedrockEmbeddings } from '../adapters/bedrock-embeddings';
import { openedStore } from '../adapters/opened-store';
import { embeddings } from '../embed/embeddings';
import { systemClock } from '../kit/clock';
import { deferred, once } from '../kit/deferred';
import type { Passages } from '../ports/passages';
import type { Reranker } from '../ports/reranker';
import { storePassages } from '../search/store-passages';

/** Opens an index of our own. One attempt: whoever looks up tries again, for they know how much time is left. */
export function openOwnPassages({ store, index, embedding, search }: OwnKnowledge): Passages {
  const patience = new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
  const calls = bedrockEmbeddings(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: patience }), embedding);
  const { rerank } = search;
  return storePassages({
    store: openedStore(store, index),
    embeddings: embeddings(embedding, { calls, clock: systemClock, attempts: 1 }),
    reranker: rerank && deferred<Reranker>(once(async () => (await import('../parts/rerank.js')).openReranker(rerank.modelArn))),
    clock: systemClock,
  }, search);
}
