import { signedJson } from './signed-json';
import type { Judged, Reranker } from '../ports/reranker';

interface Answer {
  readonly results?: readonly { readonly index: number; readonly relevanceScore: number }[];
  /** What the rest of a long order is asked for by. */
  readonly nextToken?: string;
}

/** Rerank models of Bedrock, by the operation that takes them all alike. One attempt: whoever asks has another order to fall back to. */
export function bedrockRerank(modelArn: string): Reranker {
  const region = process.env.AWS_REGION!;
  const send = signedJson('bedrock', process.env.AWS_ENDPOINT_URL ?? `https://bedrock-agent-runtime.${region}.amazonaws.com`);
  return {
    async rerank(question, texts, most, signal) {
      const asked = {
        queries: [{ type: 'TEXT', textQuery: { text: question } }],
        sources: texts.map((text) => ({ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text } } })),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { numberOfResults: most, modelConfiguration: { modelArn } },
        },
      };
      const judged: Judged[] = [];
      let nextToken: string | undefined;
      do {
        const { results = [], nextToken: further }: Answer = await send<Answer>('POST', '/rerank', { ...asked, ...nextToken !== undefined && { nextToken } }, signal);
        judged.push(...results.map(({ index, relevanceScore: score }) => ({ index, score })));
        nextToken = further;
      } while (nextToken !== undefined && judged.length < most);
      return judged;
    },
  };
}
