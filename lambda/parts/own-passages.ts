import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { OwnKnowledge } from '../../lib/contract/own-knowledge';
import type { IndexRecipe } from '../../lib/contract/reindexing';
import { bedrockEmbeddings } from '../adapters/bedrock-embeddings';
import { dynamoIndexPointer } from '../adapters/dynamo-index-registry';
import { openedStore } from '../adapters/opened-store';
import { placeOf } from '../adapters/store-place';
import { ifAllowed } from '../embed/allowed';
import { embeddings } from '../embed/embeddings';
import { latest } from '../embed/latest';
import { answeringIndex } from '../kit/answering-index';
import { systemClock } from '../kit/clock';
import { deferred, once } from '../kit/deferred';
import type { AskedIndex } from '../ports/answers';
import type { Embeddings } from '../ports/embeddings';
import type { Passages } from '../ports/passages';
import type { Reranker } from '../ports/reranker';
import { askedIndex, answeringPassages } from '../search/answering-passages';
import { storePassages } from '../search/store-passages';

/** Opens the indexes of a store of our own, one of which answers. */
export function openOwnPassages(own: OwnKnowledge): Passages {
  return openOwn(own).passages;
}

/** Passages of the index that answers, and what its questions are embedded by. One attempt: whoever looks up tries again, for they know how much time is left. */
export function openOwn({ store, search, pointer: { table, models } }: OwnKnowledge): { readonly passages: Passages; readonly asked: AskedIndex } {
  const patience = new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
  const quick = new NodeHttpHandler({ connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true });
  const bedrock = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: patience });
  const tables = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 2, requestHandler: quick }));
  const { rerank } = search;
  const reranker = rerank && deferred<Reranker>(once(async () => (await import('../parts/rerank.js')).openReranker(rerank.modelArn)));
  const indexes = answeringIndex(dynamoIndexPointer(tables, table), systemClock);
  const embedders = new Map<string, Embeddings>();
  const embedder = ({ embedding }: IndexRecipe) => {
    const id = JSON.stringify(embedding);
    const calls = ifAllowed(bedrockEmbeddings(bedrock, embedding), embedding.modelId, models);
    const made = embedders.get(id) ?? latest(embeddings(embedding, { calls, clock: systemClock, attempts: 1 }));
    embedders.set(id, made);
    return made;
  };
  return {
    asked: askedIndex(indexes, embedder),
    passages: answeringPassages({ search, place: placeOf(store), models }, {
      indexes,
      open: (recipe, within) => storePassages({ store: openedStore(store, recipe.index), embeddings: embedder(recipe), reranker, clock: systemClock }, within),
    }),
  };
}
