/**
 * The table of quotas: one item for each bucket, by who it is for and which span of time it is of.
 *
 * pk `user#<caller>` or `group#<group>`, the name URI-encoded, then `#<seconds of a window>#<when this one began, in seconds since 1970>`
 *
 * `requests` and `tokens` count what was taken and what running turns have reserved. Each running turn has an attribute `turn#<its id>` with what it
 * reserved, set and removed by the same writes, so that a repeated write counts nothing twice. What a process that died had reserved lapses with the window.
 */
export const QUOTAS = {
  partitionKey: 'pk',
  ttl: 'expiresAt',
} as const;

/** What a builder decided of quotas; travels as JSON in the environment. */
export interface QuotasPolicy {
  /** What each caller may take, unless a group of theirs says otherwise. */
  readonly user: readonly QuotaLimit[];
  /** In the order in which they are looked at. */
  readonly groups: readonly GroupQuota[];
}

export interface GroupQuota {
  readonly name: string;
  /** What each of its members may take, in the place of what callers may; absent leaves it at that. */
  readonly member?: readonly QuotaLimit[];
  /** What all its members may take together. */
  readonly together: readonly QuotaLimit[];
}

export interface QuotaLimit {
  readonly windowSeconds: number;
  readonly requests?: number;
  readonly tokens?: number;
}

/** Metrics of quotas, beside those of turns. */
export const QUOTA_METRICS = {
  quotaRefusals: 'QuotaRefusals',
} as const;
