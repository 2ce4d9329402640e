import type { CacheReference } from '../../lib/contract/conversations';
import { elastiCacheToken } from '../adapters/elasticache-token';
import { openCache, valkey } from '../adapters/valkey-connection';
import { valkeyConversationEdits } from '../adapters/valkey-conversation-edits';
import { valkeyConversations } from '../adapters/valkey-conversations';
import { valkeyTurnKeys } from '../adapters/valkey-turn-keys';
import { valkeyTurnLog } from '../adapters/valkey-turn-log';
import type { ConversationEdits } from '../ports/conversation-edits';
import type { Conversations } from '../ports/conversations';
import type { TurnKeys } from '../ports/turn-keys';
import type { TurnLog } from '../ports/turn-log';

interface Stores {
  readonly conversations: Conversations;
  readonly log: TurnLog;
  readonly keys: TurnKeys;
  readonly edits: ConversationEdits;
}

/** Conversations in a serverless cache. */
export function openStores({ name, user, endpoint }: CacheReference): Stores {
  const [host, port] = endpoint.split(':');
  const server = valkey(() => openCache({ host, port: Number(port), user, token: elastiCacheToken(name, user) }));
  return { conversations: valkeyConversations(server), log: valkeyTurnLog(server), keys: valkeyTurnKeys(server), edits: valkeyConversationEdits(server) };
}
