import { type IConstruct } from 'constructs';
import { type MemoryBinding } from './memory-binding';
import { type SummaryPolicy } from '../contract/summary';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireInteger, requireMade } from '../internal/validation';
import { type IModel, Model, ModelUse } from '../model';
import { modelFacts } from '../model/model-facts';

/** Options of `ConversationSummary.rolling`. */
export interface RollingSummaryOptions {
  /**
   * The model that sums up; one that is cheaper than the one that answers will do.
   *
   * @default - the library's default model, Amazon Nova 2 Lite through its global cross-region profile
   */
  readonly model?: IModel;

  /**
   * Most tokens of a summary, from 100 to a quarter of `historyTokens`.
   *
   * @default - 500, or a quarter of `historyTokens` where that is less
   */
  readonly maxTokens?: number;
}

/** What a summary must know of its chat. */
interface SummedChat {
  readonly role: ServiceRole;
  readonly historyTokens: number;
  readonly memory: MemoryBinding;
}

/**
 * What becomes of the older part of a conversation that is longer than its history may be.
 *
 * @example
 * new ChatbotApi(this, 'Chat', {
 *   model: Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5'),
 *   conversations: { summary: ConversationSummary.rolling({ model: Model.standard() }) },
 * });
 */
export abstract class ConversationSummary {
  /** It is left out: the model is told the newest part only. */
  public static none(): ConversationSummary {
    return new NoSummary();
  }

  /** A model sums it up after the turn that nearly fills the history, behind the answer, and goes on from its own last summary. */
  public static rolling(options: RollingSummaryOptions = {}): ConversationSummary {
    return new RollingSummary(options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, chat: SummedChat): SummaryPolicy | undefined;
}

class NoSummary extends ConversationSummary {
  public _bind(): undefined {
    return undefined;
  }
}

const SUMMARY_TOKENS = 500;

class RollingSummary extends ConversationSummary {
  constructor(private readonly options: RollingSummaryOptions) {
    super();
  }

  public _bind(scope: IConstruct, { role, historyTokens, memory }: SummedChat): SummaryPolicy {
    if (!memory.keepsSummaries) {
      fail(scope, "'conversations.summary' must be left out with this 'conversations.memory', which keeps no summaries: take ConversationMemory.dynamoDb()");
    }
    const { model = Model.standard(), maxTokens } = this.options;
    const most = Math.floor(historyTokens / 4);
    requireMade(scope, 'conversations.summary.model', model, 'bind', 'Model, such as Model.standard()');
    if (most < 100) fail(scope, `'conversations.historyTokens' must be at least 400 where conversations are summed up, got ${historyTokens}: give it more, or leave 'conversations.summary' out`);
    requireInteger(scope, 'conversations.summary.maxTokens', maxTokens, 100, most, ', a quarter of conversations.historyTokens');
    const binding = model.bind(scope, role, ModelUse.STREAMED_TEXT);
    if (binding.routing) {
      fail(scope, `'conversations.summary.model' must be one model, got a router or a split: name the model that sums up, such as ${binding.routing.candidates[0].modelName}, or leave it out for the default`);
    }
    return { facts: modelFacts(binding), maxTokens: maxTokens ?? Math.min(SUMMARY_TOKENS, most) };
  }
}
