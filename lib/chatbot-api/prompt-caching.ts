import { Duration } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type GenerationPolicy } from '../contract/chat';
import { fail } from '../internal/validation';

/** Options of `PromptCaching.automatic`. */
export interface AutomaticPromptCachingOptions {
  /**
   * How long the model keeps what it has read, each time it is read: 5 minutes, or an hour where people pause for longer than they talk.
   * To write for an hour costs about twice what reading uncached costs, for five minutes a quarter more.
   *
   * @default Duration.minutes(5)
   */
  readonly lifetime?: Duration;
}

/**
 * Whether the model keeps the beginnings of prompts, which every turn of a conversation sends again.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { generation: { promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }) } });
 */
export abstract class PromptCaching {
  /** After the tools, the system prompt and the history, wherever the model's minimum is met; nothing for models that cache nothing. */
  public static automatic(options: AutomaticPromptCachingOptions = {}): PromptCaching {
    return new AutomaticPromptCaching(options);
  }

  /** No cache points are sent. */
  public static off(): PromptCaching {
    return new NoPromptCaching();
  }

  /** @internal */
  public abstract _lifetime(scope: IConstruct): GenerationPolicy['promptCaching'];
}

class AutomaticPromptCaching extends PromptCaching {
  constructor(private readonly options: AutomaticPromptCachingOptions) {
    super();
  }

  public _lifetime(scope: IConstruct): GenerationPolicy['promptCaching'] {
    const lifetime = this.options.lifetime ?? Duration.minutes(5);
    if (lifetime.isUnresolved()) fail(scope, "'generation.promptCaching.lifetime' must be known at synthesis, got a value of the deployment: write Duration.minutes(5) or Duration.hours(1)");
    const seconds = lifetime.toSeconds();
    if (seconds === 300) return '5m';
    if (seconds === 3_600) return '1h';
    return fail(scope, `'generation.promptCaching.lifetime' must be Duration.minutes(5) or Duration.hours(1), which are what Bedrock offers, got ${lifetime.toHumanString()}`);
  }
}

class NoPromptCaching extends PromptCaching {
  public _lifetime(): undefined {
    return undefined;
  }
}
