import { bedrockRerank } from '../adapters/bedrock-rerank';
import type { Reranker } from '../ports/reranker';

/** A rerank model of Bedrock, for those whose passages it puts into order. */
export function openReranker(modelArn: string): Reranker {
  return bedrockRerank(modelArn);
}
