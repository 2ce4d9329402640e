import { signedJson } from './signed-json';
import type { Reranker } from '../ports/reranker';

interface Answer {
  readonly results?: readonly { readonly index: number; readonly relevanceScore: number }[];
}

/** Rerank models of Bedrock, by the operation that takes them all alike. One attempt: whoever asks has another order to fall back to. */
export function bedrockRerank(modelArn: string): Reranker {
  const region = process.env.AWS_REGION!;
  const send = signedJson('bedrock', process.env.AWS_ENDPOINT_URL ?? `https://bedrock-agent-runtime.${region}.amazonaws.com`);
  return {
    async rerank(question, texts, most, signal) {
      const { results = [] } = await send<Answer>('POST', '/rerank', {
        queries: [{ type: 'TEXT', textQuery: { text: question } }],
        sources: texts.map((text) => ({ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text } } })),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { numberOfResults: most, modelConfiguration: { modelArn } },
        },
      }, signal);
      return results.map(({ index, relevanceScore: score }) => ({ index, score }));
    },
  };
}
