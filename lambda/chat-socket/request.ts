import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { SOCKET_LIFE_SECONDS, SOCKET_PARTS } from '../../lib/contract/chat-socket';
import { BadRequest, Unauthorized } from '../kit/http';
import type { Claims, Connection } from '../ports/socket';

/** Where the verified caller stands in the event that opens a connection. */
export type SocketCaller = 'authorizer' | 'iam';

/** What API Gateway adds to the events of a WebSocket API, beyond what the types of its events know. */
export interface SocketContext {
  readonly authorizer?: { readonly principalId?: string; readonly claims?: string; readonly expires?: string };
  readonly identity?: { readonly userArn?: string | null; readonly cognitoIdentityId?: string | null };
}

/** A message of a client, as far as the door reads it. */
export type Message =
  | { readonly type: 'ping'; readonly id: string }
  | { readonly type: 'part'; readonly id: string; readonly part: number; readonly of: number; readonly text: string }
  | { readonly type: 'request'; readonly id: string };

const REQUESTS: readonly unknown[] = ['chat.completions', 'resume', 'stop', 'request'];

/** Who opens a connection, as an authorizer of ours or a signature proved it. */
export function parseConnection({ requestContext }: APIGatewayProxyWebsocketEventV2, caller: SocketCaller, now: number): Connection {
  const { authorizer, identity } = requestContext as SocketContext;
  const owner = caller === 'authorizer' ? authorizer?.principalId : identity?.cognitoIdentityId || identity?.userArn;
  if (!owner) throw new Unauthorized('The connection does not say who opens it.');
  const until = Math.min(now / 1000 + SOCKET_LIFE_SECONDS, Number(authorizer?.expires ?? Infinity)) * 1000;
  return { id: requestContext.connectionId, owner, claims: JSON.parse(authorizer?.claims ?? '{}') as Claims, until };
}

/** The id that a message gives itself, for errors about the rest of it. */
export function idOf(text: string): string | null {
  const { id } = fieldsOf(text) ?? {};
  return typeof id === 'string' && isRequestId(id) ? id : null;
}

export function parseMessage(text: string): Message {
  const fields = fieldsOf(text);
  if (!fields) throw new BadRequest(undefined, 'A message must be a JSON object.', 'invalid_json');
  const { id, type, part, of } = fields;
  if (typeof id !== 'string' || !isRequestId(id)) {
    throw new BadRequest('id', '\'id\' must be 1 to 64 letters, digits, _, . or -, unlike that of any other request of yours within a day; a UUID is.', 'invalid_value');
  }
  if (type === 'ping') return { type, id };
  if (type === 'part') {
    if (!isWhole(of, 2, SOCKET_PARTS)) throw new BadRequest('of', `'of' must be a whole number from 2 to ${SOCKET_PARTS}; upload what is larger, and send its address.`, 'invalid_value');
    if (!isWhole(part, 0, of - 1)) throw new BadRequest('part', `'part' must be a whole number from 0 to ${of - 1}.`, 'invalid_value');
    if (typeof fields.text !== 'string' || fields.text === '') throw new BadRequest('text', '\'text\' must be a piece of the message.', 'invalid_value');
    return { type, id, part, of, text: fields.text };
  }
  if (REQUESTS.includes(type)) return { type: 'request', id };
  throw new BadRequest('type', '\'type\' must be \'chat.completions\', \'resume\', \'stop\', \'request\', \'part\' or \'ping\'.', 'invalid_value');
}

function isRequestId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(id);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function fieldsOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
