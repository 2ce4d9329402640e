import type { QuotaLimit } from '../../lib/contract/chat-quotas';

/** Counters of what was taken. Times are milliseconds since 1970. */
export interface Quotas {
  /** Takes a request and so many tokens out of a bucket, all or nothing, once for each turn. */
  reserve(bucket: Bucket, turn: string, tokens: number): Promise<Reserved>;
  /** Puts what a turn really took in the place of what it had reserved; nothing where that has been done, or has lapsed. */
  settle(bucket: Bucket, turn: string, change: Taken): Promise<void>;
}

/** What one caller, or one group, may take in one span of time. */
export interface Bucket {
  readonly kind: 'user' | 'group';
  readonly name: string;
  readonly limit: QuotaLimit;
  /** When the span began, and when it ends. */
  readonly from: number;
  readonly until: number;
}

export interface Taken {
  readonly requests: number;
  readonly tokens: number;
}

/** What of a bucket is taken, this turn's share included where it was given one. */
export interface Reserved {
  readonly granted: boolean;
  readonly taken: Taken;
}
