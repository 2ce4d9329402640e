import { Duration } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type GenerationPolicy } from '../contract/chat';
import { fail } from '../internal/validation';

/** Options of `Buffering.sentence`. */
export interface SentenceBufferingOptions {
  /**
   * Longest time that the beginning of a sentence waits for its end, from 100 milliseconds to 30 seconds: then it goes on as it is.
   *
   * @default Duration.seconds(2)
   */
  readonly hold?: Duration;
}

/** In what portions an answer is streamed. */
export abstract class Buffering {
  /** As the model says it, a few letters at a time. */
  public static token(): Buffering {
    return new Tokens();
  }

  /** Sentence by sentence, for voices and for readers who read whole sentences; a line of a list, a table or of code is one. */
  public static sentence(options: SentenceBufferingOptions = {}): Buffering {
    return new WholeSentences(options);
  }

  /** @internal */
  public abstract _render(scope: IConstruct): Pick<GenerationPolicy, 'sentences'>;
}

class Tokens extends Buffering {
  public _render() {
    return {};
  }
}

class WholeSentences extends Buffering {
  constructor(private readonly options: SentenceBufferingOptions) {
    super();
  }

  public _render(scope: IConstruct) {
    const { hold = Duration.seconds(2) } = this.options;
    const holdMs = hold.toMilliseconds();
    if (holdMs < 100 || holdMs > 30_000) fail(scope, `'generation.buffering' must hold a sentence between 100 milliseconds and 30 seconds, got ${hold.toHumanString()}`);
    return { sentences: { holdMs } };
  }
}
