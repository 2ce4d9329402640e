/** How soon Bedrock answers, and at which price. A model that has no such tier answers in its default one, and the log says so once. */
export enum ServiceTier {
  /** On demand, at the usual price. */
  DEFAULT = 'default',
  /** About half the price, slower when others are served first. */
  FLEX = 'flex',
  /** Served before others, at a higher price. */
  PRIORITY = 'priority',
  /** Capacity that your account has reserved. */
  RESERVED = 'reserved',
}
