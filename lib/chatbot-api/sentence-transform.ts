import { Duration, Token } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { askedHook, HookFailureMode, requireFunction } from './hook-function';
import { type HooksPolicy } from '../contract/chat-hooks';
import { fail, requireDuration, requireLength, requireSome } from '../internal/validation';

/** How long text is held back. */
export interface SentenceOptions {
  /**
   * Longest time that the beginning of a sentence waits for its end, from 100 milliseconds to 30 seconds: then it goes on as it is, so that what would be found
   * across the cut is not.
   *
   * @default Duration.seconds(5)
   */
  readonly hold?: Duration;
}

/** Options of `SentenceTransform.lambda`. */
export interface LambdaTransformOptions extends SentenceOptions {
  /**
   * How long the answer waits for each batch of sentences, from 1 to 30 seconds.
   *
   * @default Duration.seconds(3)
   */
  readonly timeout?: Duration;

  /**
   * What becomes of the answer when the function fails, is late, or answers what makes no sense: it ends with an error, or goes on unchanged.
   *
   * @default HookFailureMode.REFUSE
   */
  readonly failure?: HookFailureMode;
}

/** A text in answers, and what stands in its place. */
export interface Replacement {
  /** Regular expression of JavaScript, 1 to 500 characters; it reads Unicode, and looks for all that matches within a sentence. */
  readonly pattern: string;

  /**
   * What stands in the place of each match, at most 500 characters; `$1` is the first group. Empty leaves the match out.
   *
   * @default '***'
   */
  readonly replacement?: string;

  /**
   * Whether capitals count as small letters.
   *
   * @default false
   */
  readonly ignoreCase?: boolean;
}

type Rendered = NonNullable<HooksPolicy['sentences']>;

/**
 * What becomes of the sentences of answers before anybody reads, keeps or logs them. Order, usage and calls of tools stay as they are.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { hooks: { sentences: SentenceTransform.replace([{ pattern: 'C-[0-9]{8}', replacement: '(customer)' }]) } });
 */
export abstract class SentenceTransform {
  /** Replaces what matches patterns: nothing is called, and nothing is waited for but the end of the sentence. */
  public static replace(replacements: Replacement[], options: SentenceOptions = {}): SentenceTransform {
    return new Replacing(replacements, options);
  }

  /** Asks a function of yours, for all sentences at a time that are complete. */
  public static lambda(handler: IFunction, options: LambdaTransformOptions = {}): SentenceTransform {
    return new Asking(handler, options);
  }

  /**
   * Whether a function is called.
   *
   * @internal
   */
  public abstract readonly _callsFunction: boolean;

  /** @internal */
  public abstract _bind(scope: IConstruct, caller: IGrantable): Rendered;
}

const HOLD = Duration.seconds(5);
const MOST_REPLACEMENTS = 20;

function holdOf(scope: IConstruct, { hold = HOLD }: SentenceOptions): number {
  const milliseconds = hold.toMilliseconds();
  if (milliseconds < 100 || milliseconds > 30_000) fail(scope, `'hooks.sentences.hold' must be between 100 milliseconds and 30 seconds, got ${hold.toHumanString()}`);
  return milliseconds;
}

class Replacing extends SentenceTransform {
  public readonly _callsFunction = false;

  constructor(private readonly replacements: Replacement[], private readonly options: SentenceOptions) {
    super();
  }

  public _bind(scope: IConstruct): Rendered {
    requireSome(scope, 'hooks.sentences', this.replacements, "{ pattern: 'C-[0-9]{8}' }");
    if (this.replacements.length > MOST_REPLACEMENTS) {
      fail(scope, `'hooks.sentences' must have at most ${MOST_REPLACEMENTS} replacements, got ${this.replacements.length}: join patterns with |, or use SentenceTransform.lambda`);
    }
    const replacements = this.replacements.map(({ pattern, replacement = '***', ignoreCase = false }) => {
      requireLength(scope, 'hooks.sentences.pattern', pattern, 1, 500);
      requireLength(scope, 'hooks.sentences.replacement', replacement, 0, 500);
      requireExpression(scope, pattern);
      return { pattern, replacement, ignoreCase };
    });
    return { replacements, holdMs: holdOf(scope, this.options) };
  }
}

class Asking extends SentenceTransform {
  public readonly _callsFunction = true;

  constructor(private readonly handler: IFunction, private readonly options: LambdaTransformOptions) {
    super();
  }

  public _bind(scope: IConstruct, caller: IGrantable): Rendered {
    const { timeout = Duration.seconds(3), failure } = this.options;
    requireFunction(scope, 'hooks.sentences', this.handler);
    requireDuration(scope, 'hooks.sentences.timeout', timeout, Duration.seconds(1), Duration.seconds(30));
    return { ...askedHook({ handler: this.handler, timeout, failure }, caller), holdMs: holdOf(scope, this.options) };
  }
}

function requireExpression(scope: IConstruct, pattern: string): void {
  if (Token.isUnresolved(pattern)) return;
  try {
    if (new RegExp(pattern, 'u').test('')) fail(scope, `'hooks.sentences.pattern' must match at least one character, got '${pattern}', which matches an empty text`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    fail(scope, `'hooks.sentences.pattern' must be a regular expression, got '${pattern}': ${error.message.replace(/^.*: /s, '')}`);
  }
}
