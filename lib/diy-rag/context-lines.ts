import { ArnPrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type ContextPolicy } from '../contract/diy-rag';
import { fail, requireInteger, requireKnown, requireMade } from '../internal/validation';
import { type IModel, Model, type ModelBinding, ModelUse } from '../model';
import { modelFacts } from '../model/model-facts';

/** How a model writes lines about chunks. */
export interface ContextLinesOptions {
  /**
   * Most tokens of the document that the model reads with each chunk, from 500 to 100000, and no more than half of what it reads at once: all of a short document, of
   * a longer one the stretch around the chunk. This is what lines cost.
   *
   * @default 4000
   */
  readonly documentTokens?: number;

  /**
   * Most tokens of a line, from 20 to 200.
   *
   * @default 80
   */
  readonly lineTokens?: number;

  /**
   * Chunks that are asked about at once, from 1 to 50, in each of up to ten documents: the model's quota has to bear them.
   *
   * @default 8
   */
  readonly concurrency?: number;
}

/**
 * A line for each chunk that says where in its document it stands, with the names and dates that the chunk leaves out. It is searched with the chunk and never cited.
 *
 * @example
 * new DiyRag(this, 'Rag', {
 *   documents: { contextLines: ContextLines.byModel(Model.crossRegion(Geography.US, 'amazon.nova-micro-v1:0')) },
 * });
 */
export abstract class ContextLines {
  /**
   * A model writes them: a cheap one will do, and one that remembers prompts reads a document but once. What was written for a chunk is remembered for 30 days. With
   * another model, or another choice of tokens, everything is read anew.
   *
   * @param model one model, and no router; Model.standard() without it
   */
  public static byModel(model?: IModel, options: ContextLinesOptions = {}): ContextLines {
    return new ByModel(model ?? Model.standard(), options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct): ContextLinesBinding;
}

/** What an index has to know of the lines about its chunks. */
export interface ContextLinesBinding {
  readonly policy: ContextPolicy;
  /** What makes them what they are: with another, documents are read anew. */
  readonly settled: unknown;
  /** What the handler finds beside it. */
  readonly parts: readonly string[];
  letWrite(grantee: IGrantable): void;
}

/** Takes grants and writes them nowhere: what a model is, is asked before there is anybody to call it. */
const NOBODY = new ArnPrincipal('*');

const ANEW = 'because with another choice everything is read anew';

class ByModel extends ContextLines {
  constructor(private readonly model: IModel, private readonly options: ContextLinesOptions) {
    super();
  }

  public _bind(scope: IConstruct): ContextLinesBinding {
    requireMade(scope, 'documents.contextLines.model', this.model, 'bind', 'Model, such as Model.standard()');
    const bind = (caller: IGrantable) => this.model.bind(scope, caller, ModelUse.STREAMED_TEXT);
    const policy = this.policy(scope, bind(NOBODY));
    const { modelId, tokens, documentTokens } = policy;
    return { policy, settled: [modelId, tokens, documentTokens], parts: ['context-lines'], letWrite: (grantee) => void bind(grantee) };
  }

  private policy(scope: IConstruct, binding: ModelBinding): ContextPolicy {
    const { documentTokens = 4_000, lineTokens = 80, concurrency = 8 } = this.options;
    const { routing, capabilities: { contextTokens, cacheMinimum } } = binding;
    if (routing) {
      fail(scope, `'documents.contextLines' must be written by one model, got a router or a split: name the model, such as ${routing.candidates[0].modelName}, or leave it out for the default`);
    }
    requireKnown(scope, 'documents.contextLines.documentTokens', documentTokens, ANEW);
    requireKnown(scope, 'documents.contextLines.lineTokens', lineTokens, ANEW);
    const most = Math.min(100_000, Math.floor(contextTokens / 2));
    requireInteger(scope, 'documents.contextLines.documentTokens', documentTokens, 500, most, ', half of what the model reads at once');
    requireInteger(scope, 'documents.contextLines.lineTokens', lineTokens, 20, 200);
    requireInteger(scope, 'documents.contextLines.concurrency', concurrency, 1, 50);
    return {
      modelId: binding.modelId,
      tokens: lineTokens,
      documentTokens,
      concurrency,
      cache: cacheMinimum !== undefined && cacheMinimum <= documentTokens,
      prices: modelFacts(binding).prices,
    };
  }
}
