import { isConversationId } from './request';
import { json, type Route } from '../kit/endpoint';
import { NotFound } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { TurnLog } from '../ports/turn-log';

/** `POST /v1/conversations/{id}/stop`: the running turn ends with what it has said. Where nothing runs, or nothing of the caller's, there is nothing to stop. */
export function stopTurn(log: TurnLog, clock: Clock): Route {
  return async (call) => {
    const key = { owner: call.caller, id: call.path.id ?? '' };
    const now = clock.now();
    const turnId = isConversationId(key.id) ? await log.running(key, now) : undefined;
    if (turnId === undefined || !await log.stop(key, turnId, now)) throw new NotFound('id', 'No turn of such a conversation is running.', 'turn_not_found');
    return json({ id: key.id, object: 'conversation.stop', turn: turnId, stopped: true });
  };
}
