import { type CfnGuardrail } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { FilterAction, type FilterActions } from './filter-action';
import { refuseAnonymize, renderActions } from './filter-rendering';

/** How sure the service must be before a content filter acts: the higher the strength, the less is let through. */
export enum FilterStrength {
  /** Nothing is filtered. */
  NONE = 'NONE',
  /** Acts on what is harmful with high confidence. */
  LOW = 'LOW',
  /** Acts on what is harmful with medium confidence. */
  MEDIUM = 'MEDIUM',
  /** Acts on what is harmful with low confidence already. */
  HIGH = 'HIGH',
}

/** How a content filter reads prompts. */
export interface PromptFilterOptions {
  /**
   * Strength with which prompts are filtered.
   *
   * @default FilterStrength.HIGH
   */
  readonly inputStrength?: FilterStrength;
  /**
   * What happens when a prompt matches.
   *
   * @default FilterAction.BLOCK
   */
  readonly inputAction?: FilterAction;
  /**
   * Whether pictures are filtered as text is.
   *
   * @default false
   */
  readonly images?: boolean;
}

/** How a content filter reads prompts and answers. */
export interface ContentFilterOptions extends PromptFilterOptions {
  /**
   * Strength with which answers are filtered.
   *
   * @default FilterStrength.HIGH
   */
  readonly outputStrength?: FilterStrength;
  /**
   * What happens when an answer matches.
   *
   * @default FilterAction.BLOCK
   */
  readonly outputAction?: FilterAction;
}

/**
 * A filter against one category of harmful content.
 *
 * @example
 *
 * new Guardrail(this, 'Guardrail', {
 *   contentFilters: [ContentFilter.violence({ inputStrength: FilterStrength.LOW, images: true }), ContentFilter.promptAttack()],
 * });
 */
export class ContentFilter {
  /**
   * Every category, prompt attacks included, in the same way.
   *
   * @param options strengths and actions; prompt attacks take those for prompts
   */
  public static all(options: ContentFilterOptions = {}): ContentFilter[] {
    const { inputStrength, inputAction, images } = options;
    const harmful = [ContentFilter.hate, ContentFilter.insults, ContentFilter.sexual, ContentFilter.violence, ContentFilter.misconduct];
    return [...harmful.map((category) => category(options)), ContentFilter.promptAttack({ inputStrength, inputAction, images })];
  }

  /**
   * What insults or dehumanises a group for what it is.
   *
   * @param options strengths and actions
   */
  public static hate(options: ContentFilterOptions = {}): ContentFilter {
    return new ContentFilter('HATE', options);
  }

  /**
   * What demeans, mocks or bullies.
   *
   * @param options strengths and actions
   */
  public static insults(options: ContentFilterOptions = {}): ContentFilter {
    return new ContentFilter('INSULTS', options);
  }

  /**
   * What shows sexual interest or activity.
   *
   * @param options strengths and actions
   */
  public static sexual(options: ContentFilterOptions = {}): ContentFilter {
    return new ContentFilter('SEXUAL', options);
  }

  /**
   * What glorifies or threatens physical harm.
   *
   * @param options strengths and actions
   */
  public static violence(options: ContentFilterOptions = {}): ContentFilter {
    return new ContentFilter('VIOLENCE', options);
  }

  /**
   * What asks for or helps with crime, fraud or abuse.
   *
   * @param options strengths and actions
   */
  public static misconduct(options: ContentFilterOptions = {}): ContentFilter {
    return new ContentFilter('MISCONDUCT', options);
  }

  /**
   * Attempts to talk the model out of its instructions: jailbreaks and prompt injection. Read in prompts only.
   *
   * @param options strength and action
   */
  public static promptAttack(options: PromptFilterOptions = {}): ContentFilter {
    return new ContentFilter('PROMPT_ATTACK', { ...options, outputStrength: FilterStrength.NONE });
  }

  private constructor(private readonly category: string, private readonly options: ContentFilterOptions) {}

  /** @internal */
  public _render(scope: IConstruct): CfnGuardrail.ContentFilterConfigProperty {
    const { inputStrength = FilterStrength.HIGH, outputStrength = FilterStrength.HIGH, images } = this.options;
    refuseAnonymize(scope, `the content filter ${this.category}`, this.options);
    const modalities = images ? ['TEXT', 'IMAGE'] : ['TEXT'];
    return {
      type: this.category,
      inputStrength,
      outputStrength,
      inputModalities: modalities,
      outputModalities: modalities,
      ...renderActions(this.effectiveActions(inputStrength, outputStrength)),
    };
  }

  private effectiveActions(inputStrength: FilterStrength, outputStrength: FilterStrength): FilterActions {
    return {
      inputAction: inputStrength === FilterStrength.NONE ? FilterAction.SKIP : this.options.inputAction,
      outputAction: outputStrength === FilterStrength.NONE ? FilterAction.SKIP : this.options.outputAction,
    };
  }
}
