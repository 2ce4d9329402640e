import { type BedrockAgentRuntimeClient, GenerateQueryCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { retrievalFailure } from './bedrock-retrieval-failure';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { SqlWriter } from '../ports/sql-writer';

/** SQL of a knowledge base of Bedrock that asks a database. The client must not retry: the core does. */
export function bedrockSql(client: BedrockAgentRuntimeClient, { sql }: KnowledgePolicy): SqlWriter {
  return {
    async write(text, abortSignal) {
      try {
        const { queries = [] } = await client.send(new GenerateQueryCommand({
          queryGenerationInput: { type: 'TEXT', text },
          transformationConfiguration: {
            mode: 'TEXT_TO_SQL',
            textToSqlConfiguration: { type: 'KNOWLEDGE_BASE', knowledgeBaseConfiguration: { knowledgeBaseArn: sql?.knowledgeBaseArn } },
          },
        }), { abortSignal });
        return queries.flatMap(({ sql: query }) => query ?? []);
      } catch (error) {
        throw retrievalFailure(error);
      }
    },
  };
}
