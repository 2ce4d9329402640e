import { type Duration } from 'aws-cdk-lib';

/** How much may be taken in a span of time. */
export interface QuotaLimit {
  /**
   * How long a span is, from one minute to 31 days. Spans follow on each other: those of a day begin at midnight, Greenwich.
   */
  readonly window: Duration;

  /**
   * Most requests, at least 1.
   *
   * @default - any number
   */
  readonly requests?: number;

  /**
   * Most tokens, of prompts and answers together, at least 1. A turn needs room for its prompt and its longest answer (`maxTokens`) to begin.
   *
   * @default - any number
   */
  readonly tokens?: number;
}

/** What the members of a group may take. */
export interface QuotaGroup {
  /** The group's name, as the proof of who asks has it. */
  readonly name: string;

  /**
   * What each member may take, in the place of what callers may; of a caller in several groups, the first with such limits counts.
   *
   * @default - what callers may
   */
  readonly member?: QuotaLimit[];

  /**
   * What all members may take together.
   *
   * @default - any amount
   */
  readonly together?: QuotaLimit[];
}

/** How much callers may take before they get 429. */
export interface ChatQuotas {
  /**
   * What each caller may take: each user, each principal of IAM, each API key.
   *
   * @default - any amount
   */
  readonly user?: QuotaLimit[];

  /**
   * What groups of callers may take; not with `ApiAuth.iam()` and `ApiAuth.apiKey()`, which know of none.
   *
   * @default - what callers may, whatever group they are in
   */
  readonly groups?: QuotaGroup[];
}
