/** Everything that the door of a WebSocket API reads from its environment: it takes messages in and answers none. */
export const CHAT_SOCKET_ENV = [
  /** Name of the table of connections. */
  'CONNECTIONS_TABLE',
  /** Name of the function that answers. */
  'CHAT_FUNCTION',
  /** Where API Gateway puts the verified caller when a connection is opened: `authorizer` or `iam`. */
  'CALLER',
  /** The construct's own name, for the log. */
  'SERVICE',
] as const;

export type ChatSocketEnv = Record<(typeof CHAT_SOCKET_ENV)[number], string>;

/** How the function that answers reaches those who asked; `SOCKET` in its environment, as JSON. */
export interface SocketReference {
  /** Name of the table of connections. */
  readonly table: string;
  /** Under which API Gateway takes messages to clients. */
  readonly endpoint: string;
}

/**
 * The table of connections.
 *
 * connection  pk `connection#<id>`  sk `connection`               owner, claims, until, expiresAt
 * request     pk `owner#<owner>`    sk `request#<id>`              connection, text or of and parts, run, expiresAt
 * part        pk `owner#<owner>`    sk `part#<id>#<4 digits>`      text, expiresAt
 *
 * The owner inside a key is URI-encoded. A request is kept until its id may be used again; what it says goes as soon as somebody has read it.
 */
export const CONNECTIONS = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

/** The event by which the door hands a request on: what is asked stays in the table, so no queue of Lambda's ever holds a word of it. */
export interface SocketCall {
  readonly owner: string;
  readonly id: string;
}

/** The sub-protocol of the connections, which a client names first. */
export const SOCKET_PROTOCOL = 'chat.v1';
/** The other sub-protocol that a client names is this and its token: browsers can set no header, and addresses are logged. */
export const SOCKET_TOKEN_PREFIX = 'bearer.';

/** API Gateway closes a connection that carries more in a frame. */
export const SOCKET_FRAME_BYTES = 32 * 1024;
/** Most parts that a request may come in. */
export const SOCKET_PARTS = 200;
/** How long an id stays taken. */
export const SOCKET_REQUEST_SECONDS = 86_400;
/** How long parts wait for those that are missing. */
export const SOCKET_PART_SECONDS = 900;
/** API Gateway ends a connection after two hours. */
export const SOCKET_LIFE_SECONDS = 7_200;
