import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { type DoorPorts, takeMessage } from './door';
import { idOf, parseConnection, type SocketCaller } from './request';
import { SOCKET_PROTOCOL } from '../../lib/contract/chat-socket';
import { ApiError, Unexpected } from '../kit/http';
import { describeCause, describeError, type Log } from '../kit/log';

type Handler = (event: APIGatewayProxyWebsocketEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The door of a WebSocket API: connections come and go, messages are taken in. What goes back at once goes back as the route's answer. */
export function socketDoor(ports: DoorPorts, caller: SocketCaller, log: Log): Handler {
  return async (event) => {
    const { connectionId, eventType, requestId } = event.requestContext;
    const notes: Record<string, string | undefined> = { requestId, connectionId, eventType };
    try {
      switch (eventType) {
        case 'CONNECT': {
          const connection = parseConnection(event, caller, ports.clock.now());
          notes.caller = connection.owner;
          await ports.connections.open(connection, ports.clock.now());
          return { statusCode: 200, headers: protocolFor(event) };
        }
        case 'DISCONNECT':
          await ports.connections.close(connectionId);
          return { statusCode: 200 };
        case 'MESSAGE': {
          const reply = await takeMessage(connectionId, event.body ?? '', ports);
          return { statusCode: 200, ...(reply && { body: JSON.stringify(reply) }) };
        }
      }
    } catch (error) {
      const known = error instanceof ApiError ? error : new Unexpected(requestId);
      if (known !== error) log.error('unexpected error', { requestId, ...describeError(error) });
      notes.errorCode = known.code ?? known.type;
      notes.cause = describeCause(known);
      // A message that is refused has been dealt with: only a failure of ours is one of the route.
      const dealtWith = eventType === 'MESSAGE' && known.status < 500;
      return { statusCode: dealtWith ? 200 : known.status, body: refusal(event, known) };
    } finally {
      log.info('event', notes);
    }
  };
}

/** A client that names protocols wants one of them back. */
function protocolFor(event: APIGatewayProxyWebsocketEventV2): Record<string, string> {
  const { headers = {} } = event as { readonly headers?: Readonly<Record<string, string>> };
  const offered = Object.entries(headers).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1].split(',').map((name) => name.trim());
  return offered?.includes(SOCKET_PROTOCOL) ? { 'Sec-WebSocket-Protocol': SOCKET_PROTOCOL } : {};
}

/** What the client is told of a message that was not taken in. */
function refusal({ body }: APIGatewayProxyWebsocketEventV2, { status, message, type, param, code, headers }: ApiError): string {
  return JSON.stringify({ id: idOf(body ?? ''), type: 'error', status, headers, error: { message, type, param, code } });
}
