import type * as kms from 'aws-cdk-lib/aws-kms';
import { type Geography } from '../model';
import { type AutomatedReasoning, type ContextualGrounding } from './answer-checks';
import { type ContentFilter } from './content-filter';
import { type DeniedTopic } from './denied-topic';
import { type SensitiveInformation } from './sensitive-information';
import { type WordFilter } from './word-filter';

/** How well content filters and denied topics understand. */
export enum GuardrailTier {
  /** English, French and Spanish. */
  CLASSIC = 'CLASSIC',
  /** Many more languages, and attacks that the classic tier misses. Needs `crossRegion`. */
  STANDARD = 'STANDARD',
}

/** What a guardrail looks for. */
export interface GuardrailProps {
  /**
   * Filters against harmful content and prompt attacks.
   *
   * @default - every category at high strength where no other policy is named, none otherwise
   */
  readonly contentFilters?: ContentFilter[];
  /**
   * Subjects that the conversation must not turn to, at most 30.
   *
   * @default - none
   */
  readonly deniedTopics?: DeniedTopic[];
  /**
   * Words that must not occur.
   *
   * @default - none
   */
  readonly wordFilters?: WordFilter[];
  /**
   * Personal information and patterns of your own, to anonymise or to block.
   *
   * @default - none
   */
  readonly sensitiveInformation?: SensitiveInformation[];
  /**
   * Thresholds under which an answer counts as not borne out by its sources, or as beside the question.
   *
   * @default - not checked
   */
  readonly contextualGrounding?: ContextualGrounding;
  /**
   * Rules that answers are checked against.
   *
   * @default - none
   */
  readonly automatedReasoning?: AutomatedReasoning;
  /**
   * How well content filters and denied topics understand.
   *
   * @default - GuardrailTier.STANDARD with `crossRegion`, GuardrailTier.CLASSIC without
   */
  readonly tier?: GuardrailTier;
  /**
   * Where the guardrail may be worked out when the stack's own Region is busy: any geography that AWS offers guardrails in, never `GLOBAL`.
   *
   * @default - in the stack's own Region only
   */
  readonly crossRegion?: Geography;
  /**
   * Answer to a prompt that is blocked, 1 to 500 characters.
   *
   * @default 'Sorry, I cannot help with that.'
   */
  readonly blockedInputMessage?: string;
  /**
   * Answer instead of one that is blocked, 1 to 500 characters.
   *
   * @default 'Sorry, I cannot answer that.'
   */
  readonly blockedOutputMessage?: string;
  /**
   * Key that encrypts the guardrail's policies.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * What the guardrail is for, 1 to 200 characters.
   *
   * @default - none
   */
  readonly description?: string;
}
