import type { ChatEnv } from '../../lib/contract/chat';
import type { CacheReference } from '../../lib/contract/conversations';
import { deferred, once } from '../kit/deferred';
import type { ConversationEdits, ReferringEdits } from '../ports/conversation-edits';
import type { Conversations } from '../ports/conversations';
import type { Summaries } from '../ports/summaries';
import type { TurnKeys } from '../ports/turn-keys';
import type { TurnLog } from '../ports/turn-log';

/** All that a chat keeps conversations in. */
export interface Stores {
  readonly conversations: Conversations;
  readonly log: TurnLog;
  readonly keys: TurnKeys;
  readonly edits: ConversationEdits;
  /** Absent where nothing is summed up. */
  readonly summaries?: Summaries;
}

export interface TableStores extends Stores {
  readonly edits: ReferringEdits;
}

/** How each kind is opened; what only some chats have is loaded with the first request that needs it. */
export interface StoreOpeners {
  table(): TableStores;
  cache(reference: CacheReference): Promise<Stores>;
  memory(id: string, table: TableStores): Promise<Pick<Stores, 'conversations' | 'edits'>>;
}

/** Where this chat keeps conversations; undefined where it keeps none. */
export function storesOf(
  { CACHE, AGENT_MEMORY, TABLE_NAME }: Pick<ChatEnv, 'CACHE' | 'AGENT_MEMORY' | 'TABLE_NAME'>, { table, cache, memory }: StoreOpeners,
): Stores | undefined {
  if (CACHE) {
    const opened = once(() => cache(JSON.parse(CACHE) as CacheReference));
    return {
      conversations: deferred(async () => (await opened()).conversations),
      log: deferred(async () => (await opened()).log),
      keys: deferred(async () => (await opened()).keys),
      edits: deferred(async () => (await opened()).edits),
    };
  }
  if (AGENT_MEMORY) {
    const inner = table();
    const opened = once(() => memory(AGENT_MEMORY, inner));
    return { ...inner, conversations: deferred(async () => (await opened()).conversations), edits: deferred(async () => (await opened()).edits) };
  }
  return TABLE_NAME ? table() : undefined;
}
