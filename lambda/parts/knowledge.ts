import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { bedrockPassages, searchPatience } from '../adapters/bedrock-passages';
import type { Passages } from '../ports/passages';

/** Opens a knowledge base. One attempt: whoever looks up tries again, for they know how much time is left. */
export function openPassages(policy: KnowledgePolicy): Passages {
  const patience = new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: searchPatience(policy), throwOnRequestTimeout: true });
  return bedrockPassages(new BedrockAgentRuntimeClient({ maxAttempts: 1, requestHandler: patience }), policy);
}
