import type { CacheReference } from '../../lib/contract/conversations';
import { elastiCacheToken } from '../adapters/elasticache-token';
import { openCache, valkey } from '../adapters/valkey-connection';
import { valkeyConversationEdits } from '../adapters/valkey-conversation-edits';
import { valkeyConversations } from '../adapters/valkey-conversations';
import { valkeyTurnLog } from '../adapters/valkey-turn-log';
import type { ConversationEdits } from '../ports/conversation-edits';
import type { Conversations } from '../ports/conversations';
import type { TurnLog } from '../ports/turn-log';

/** Conversations in a serverless cache. */
export function openStores({ name, user, endpoint }: CacheReference): { conversations: Conversations; log: TurnLog; edits: ConversationEdits } {
  const [host, port] = endpoint.split(':');
  const server = valkey(() => openCache({ host, port: Number(port), user, token: elastiCacheToken(name, user) }));
  return { conversations: valkeyConversations(server), log: valkeyTurnLog(server), edits: valkeyConversationEdits(server) };
}
