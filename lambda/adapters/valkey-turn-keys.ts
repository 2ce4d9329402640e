import { livesFor, run, type Valkey } from './valkey-connection';
import { placeKey, placesKey } from './valkey-keys';
import { TURN_LOG_SECONDS } from '../../lib/contract/conversations';
import type { TurnKeys } from '../ports/turn-keys';

/** The keys of turns beside the messages of their conversations, kept as long as the log that tells the turn again. */
export function valkeyTurnKeys(valkey: Valkey): TurnKeys {
  return {
    async find(conversation, name, now) {
      const [turnId, number, hash, expiresAt] = await valkey((client) => client.hmget(placeKey(conversation, placeOf(name)), 'turnId', 'number', 'hash', 'expiresAt'));
      return turnId !== null && Number(expiresAt) * 1000 > now ? { turnId, number: Number(number), hash: hash ?? '' } : undefined;
    },

    async claim({ conversation, turnId, number, now, expiresAt = Infinity }, { name, hash }, before) {
      const expiry = Math.min(expiresAt, Math.floor(now / 1000) + TURN_LOG_SECONDS);
      const keys = [placeKey(conversation, placeOf(name)), placesKey(conversation)];
      const item = ['turnId', turnId, 'number', number, 'hash', hash, 'expiresAt', expiry];
      return await run(valkey, 'claim', keys, placeOf(name), livesFor(expiry, now), before?.turnId ?? '', turnId, now, ...item) === 1;
    },
  };
}

function placeOf(name: string): string {
  return `key#${name}`;
}
