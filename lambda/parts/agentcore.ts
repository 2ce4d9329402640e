import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { agentCoreConversations, agentCoreEdits } from '../adapters/agentcore-conversations';
import { agentCoreEvents } from '../adapters/agentcore-events';
import type { ConversationEdits, ReferringEdits } from '../ports/conversation-edits';
import type { Conversations } from '../ports/conversations';

export interface Kept {
  readonly conversations: Conversations;
  readonly edits: ConversationEdits;
}

/** Conversations whose messages lie in an AgentCore memory, and everything else in the table. */
export function openMemory(memoryId: string, table: Kept & { readonly edits: ReferringEdits }): Kept {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });
  const events = agentCoreEvents(new BedrockAgentCoreClient({ requestHandler }), memoryId);
  return { conversations: agentCoreConversations(table.conversations, events), edits: agentCoreEdits(table.edits, events) };
}
