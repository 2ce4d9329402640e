import { parseMessage } from './request';
import { ApiError, Unauthorized } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { Answerers, Connections, RequestKey } from '../ports/socket';

export interface DoorPorts {
  readonly connections: Connections;
  readonly answerers: Answerers;
  readonly clock: Pick<Clock, 'now'>;
}

/** What goes back to the client at once; nothing for a part that others have to follow. */
export type Reply = { readonly id: string; readonly type: 'pong' | 'accepted' } | undefined;

/**
 * Takes one message in. Whose it is says the connection, as it was verified when it was opened. A request is kept in the table and handed on;
 * from `accepted` on it is answered once, whatever becomes of the connection.
 */
export async function takeMessage(connectionId: string, text: string, { connections, answerers, clock }: DoorPorts): Promise<Reply> {
  const message = parseMessage(text);
  if (message.type === 'ping') return { id: message.id, type: 'pong' };

  const now = clock.now();
  const connection = await connections.find(connectionId);
  if (!connection) throw new Unauthorized('The connection is not known any more; open another.', { code: 'unknown_connection' });
  if (connection.until <= now) throw new Unauthorized('The token that opened the connection has expired; open another with a new one.', { code: 'expired_token' });

  const { owner, claims } = connection;
  const key: RequestKey = { owner, id: message.id };
  if (message.type === 'part') {
    const kept = await connections.keepPart({ ...message, owner, claims, connectionId }, now);
    if (kept === 'taken') throw repeated(message.id);
    if (kept === 'incomplete') return undefined;
  } else if (!await connections.keep({ ...key, claims, connectionId, text }, now)) {
    throw repeated(message.id);
  }
  await handOn(key, connections, answerers);
  return { id: message.id, type: 'accepted' };
}

async function handOn(key: RequestKey, connections: Connections, answerers: Answerers): Promise<void> {
  try {
    await answerers.call(key);
  } catch (error) {
    // Best effort: what was not handed on may be asked again under its id in any case.
    await connections.drop(key).catch(() => undefined);
    throw Object.assign(new ApiError(503, 'server_error', 'The request could not be taken; send it again.', { code: 'unavailable', headers: { 'retry-after': '1' } }), { cause: error });
  }
}

function repeated(id: string): ApiError {
  return new ApiError(409, 'conflict_error', `A request '${id}' has been taken already; resume or read its conversation, or give a new request an id of its own.`, { code: 'repeated_request' });
}
