/** The connections of a WebSocket API and the requests that came over them, as the door sees them. */
export interface Connections {
  open(connection: Connection, now: number): Promise<void>;
  find(connectionId: string): Promise<Connection | undefined>;
  close(connectionId: string): Promise<void>;
  /** Keeps a request until somebody takes it on; false where one of its id has been taken on. */
  keep(request: KeptRequest, now: number): Promise<boolean>;
  /** Keeps one part of a request, and says whether it is whole now. */
  keepPart(part: RequestPart, now: number): Promise<'incomplete' | 'whole' | 'taken'>;
  /** Lets go of a request that nobody has taken on. */
  drop(key: RequestKey): Promise<void>;
}

/** Hands requests on to whoever answers them. */
export interface Answerers {
  call(key: RequestKey): Promise<void>;
}

/** Requests as the one who answers sees them. */
export interface SocketRequests {
  /** Takes a request on for this run alone; undefined where another has, or nobody asked. */
  take(key: RequestKey, run: string): Promise<{ readonly connectionId: string; readonly claims: Claims; readonly text: string } | undefined>;
  /** Forgets what a request said, and keeps that it was taken on. */
  forget(key: RequestKey): Promise<void>;
}

/** The way back to clients. */
export interface Wire {
  /** Sends one message; `Gone` where nobody is there any more. */
  post(connectionId: string, text: string): Promise<void>;
}

export class Gone extends Error {
  override readonly name = 'Gone';
}

export type Claims = Readonly<Record<string, unknown>>;

export interface Connection {
  readonly id: string;
  /** Who was verified when it was opened; every request on it is theirs. */
  readonly owner: string;
  readonly claims: Claims;
  /** When what was verified ends, in milliseconds since 1970. */
  readonly until: number;
}

export interface RequestKey {
  readonly owner: string;
  readonly id: string;
}

export interface KeptRequest extends RequestKey {
  readonly connectionId: string;
  readonly claims: Claims;
  readonly text: string;
}

export interface RequestPart extends Omit<KeptRequest, 'text'> {
  /** From 0. */
  readonly part: number;
  readonly of: number;
  readonly text: string;
}
