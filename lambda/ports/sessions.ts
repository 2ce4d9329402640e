/** What sessions are kept in. Times are milliseconds since 1970; `expiresAt` is in seconds, as a time to live is. */
export interface Sessions {
  /** Undefined where there is none, or its time is over. */
  find(key: SessionKey, now: number): Promise<KeptSession | undefined>;
  /** Writes a session in place of the one that was read, or where there was none. False where another write came first, or a deletion. */
  keep(key: SessionKey, session: Omit<KeptSession, 'version'>, before: KeptSession | undefined, now: number): Promise<boolean>;
  /** False where there was none, or its time was over. */
  forget(key: SessionKey, now: number): Promise<boolean>;
}

/** Whose a session is: of a caller, and of the tenant for whom they asked. */
export interface SessionKey {
  readonly owner: string;
  readonly tenant?: string;
  readonly id: string;
}

export interface KeptSession {
  /** In the order they were asked. */
  readonly exchanges: readonly SessionExchange[];
  /** Grows with each write. */
  readonly version: number;
  readonly expiresAt: number;
}

export interface SessionExchange {
  readonly question: string;
  readonly answer: string;
  /** Of the run that wrote it: tells a repeated write from another's. */
  readonly run: string;
  /** What the client calls the question, so that it is kept once however often it is asked. */
  readonly key?: SessionExchangeKey;
}

export interface SessionExchangeKey {
  readonly name: string;
  /** Of what was asked: the same name never stands for two questions. */
  readonly hash: string;
}
