import { livesFor, run, type Valkey } from './valkey-connection';
import { headKey, logPlace, placeKey, placesKey } from './valkey-keys';
import { ENTRY, LAST, WISH } from './valkey-scripts';
import { TURN_LOG_SECONDS } from '../../lib/contract/conversations';
import type { ConversationKey } from '../ports/conversations';
import type { LogEntry, TurnLog } from '../ports/turn-log';

/** As many entries as one question asks for. */
const PAGE = 100;

/** The logs of turns beside the messages of their conversations, one hash a log. */
export function valkeyTurnLog(valkey: Valkey): TurnLog {
  return {
    async running(conversation, now) {
      const [lockedBy, lockedUntil, deletedAt] = await valkey((client) => client.hmget(headKey(conversation), 'lockedBy', 'lockedUntil', 'deletedAt'));
      // What deletes a conversation locks it too, and is no turn.
      return lockedBy !== null && deletedAt === null && Number(lockedUntil) >= now ? lockedBy : undefined;
    },

    async append({ conversation, turnId, expiresAt = Infinity }, { place, at, text, last }) {
      const entry = `${last ? LAST : ENTRY}${at} ${text}`;
      const expiry = Math.min(expiresAt, expiryOf(at));
      return await run(valkey, 'append', keysOf(conversation, turnId), logPlace(turnId), place, entry, livesFor(expiry, at)) === 1;
    },

    async* read(conversation, turnId, from, now) {
      const [log] = keysOf(conversation, turnId);
      const end = Number(await valkey((client) => client.hget(log, 'next')));
      for (let start = from; start < end; start += PAGE) {
        const asked = Array.from({ length: Math.min(PAGE, end - start) }, (_, position) => start + position);
        const entries = await valkey((client) => client.hmget(log, ...asked.map(String)));
        for (const [position, entry] of entries.entries()) {
          if (entry === null) continue;
          const read = entryOf(asked[position], entry);
          if (expiryOf(read.at) * 1000 > now) yield read;
        }
      }
    },

    async stop(conversation, turnId, now) {
      return await run(valkey, 'stop', keysOf(conversation, turnId), logPlace(turnId), `${WISH}${now} `, livesFor(expiryOf(now), now)) === 1;
    },
  };
}

function keysOf(conversation: ConversationKey, turnId: string): [log: string, list: string] {
  return [placeKey(conversation, logPlace(turnId)), placesKey(conversation)];
}

function entryOf(place: number, entry: string): LogEntry {
  const space = entry.indexOf(' ');
  return { place, at: Number(entry.slice(1, space)), text: entry.slice(space + 1), last: entry.startsWith(LAST) };
}

function expiryOf(at: number): number {
  return Math.floor(at / 1000) + TURN_LOG_SECONDS;
}
