import { livesFor, run, type Valkey } from './valkey-connection';
import { conversationOf, places } from './valkey-conversations';
import { feedbackPlace, headKey, placeKey, placesKey, positionOf, recentKey } from './valkey-keys';
import type { ConversationEdits, Feedback, Rating } from '../ports/conversation-edits';

/** As many things as one step deletes: a node does nothing else meanwhile. */
const BATCH = 25;

/** Edits of conversations in Valkey. */
export function valkeyConversationEdits(valkey: Valkey): ConversationEdits {
  return {
    async rename(conversation, title, now) {
      const renamed = await run(valkey, 'rename', [headKey(conversation)], title, Math.floor(now / 1000)) as string[] | null;
      return renamed ? conversationOf(fieldsOf(renamed)) : undefined;
    },

    async hide({ conversation, runId, now, until }) {
      const keys = [headKey(conversation), recentKey(conversation.owner)];
      return await run(valkey, 'hide', keys, runId, now, until, conversation.id) as 'hidden' | 'busy' | 'unknown';
    },

    async erase(conversation) {
      const list = placesKey(conversation);
      const names = await valkey((client) => client.zrange(list, '0', String(BATCH - 1)));
      if (names.length === 0) return { found: 0, deleted: 0 };
      const deleted = await run(valkey, 'erase', [list, ...names.map((name) => placeKey(conversation, name))], ...names);
      return { found: names.length, deleted: Number(deleted) };
    },

    async forget({ conversation, runId }) {
      await run(valkey, 'forget', [headKey(conversation)], runId);
    },

    async pause({ conversation, runId }) {
      await run(valkey, 'release', [headKey(conversation)], runId);
    },

    async rate(conversation, { turn, index, rating, comment, createdAt, expiresAt }) {
      const place = feedbackPlace(turn, index);
      const fields = Object.entries({ rating, comment, createdAt, expiresAt }).filter(([, value]) => value !== undefined) as [string, string | number][];
      const before = await run(valkey, 'rate', [placeKey(conversation, place), placesKey(conversation)], place, livesFor(expiresAt, createdAt), ...fields.flat());
      return (before ?? undefined) as Rating | undefined;
    },

    async withdraw(conversation, { turn, index, createdAt }) {
      const place = feedbackPlace(turn, index);
      await run(valkey, 'withdraw', [placeKey(conversation, place), placesKey(conversation)], place, createdAt);
    },

    async feedback(conversation, from, to) {
      const found: Feedback[] = [];
      const range = [feedbackPlace(from.turn, from.index), feedbackPlace(to.turn, to.index)] as const;
      for await (const [place, { rating, comment, createdAt, expiresAt }] of places(valkey, conversation, range)) {
        found.push({
          ...positionOf(place),
          rating: rating as Rating,
          createdAt: Number(createdAt),
          ...(comment !== undefined && { comment }),
          ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
        });
      }
      return found;
    },
  };
}

/** A script gives a hash as a list of names and values. */
function fieldsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.flatMap((word, position) => position % 2 === 0 ? [[word, words[position + 1]]] : []));
}
