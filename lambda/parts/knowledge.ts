import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { bedrockPassages, searchPatience } from '../adapters/bedrock-passages';
import { once } from '../kit/deferred';
import type { Passages } from '../ports/passages';

/** Opens a knowledge base, or an index of our own. One attempt: whoever looks up tries again, for they know how much time is left. */
export function openPassages(policy: KnowledgePolicy): Passages {
  const { own } = policy;
  if (own) {
    const open = once(async () => (await import('../parts/own-passages.js')).openOwnPassages(own));
    return { search: async (...given) => (await open()).search(...given) };
  }
  const patience = new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: searchPatience(policy), throwOnRequestTimeout: true });
  return bedrockPassages(new BedrockAgentRuntimeClient({ maxAttempts: 1, requestHandler: patience }), policy);
}
