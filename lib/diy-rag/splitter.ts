import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { type ChunkingPolicy } from '../contract/diy-rag';
import { requireInteger, requireKnown, requireMade } from '../internal/validation';
import { type EmbeddingBinding } from '../model';
import { CalledService } from '../posture';

/** How long chunks are. */
export interface SplitOptions {
  /**
   * Most tokens of a chunk, from 20 to four fifths of what the embedding model takes, 8192 at most. Chunks by structure have about half of it on
   * average, others nearly all of it.
   *
   * @default - 300, for pages 1500, for a function all it may have; less where the embedding model takes less
   */
  readonly tokens?: number;
}

/** Options of `Splitter.tokens`. */
export interface TokenSplitOptions extends SplitOptions {
  /**
   * How many tokens of a chunk are repeated in the next, from 0 to half of `tokens`.
   *
   * @default - a fifth of `tokens`
   */
  readonly overlapTokens?: number;
}

/** Options of `Splitter.tables`. */
export interface TableSplitOptions extends SplitOptions {
  /**
   * Most rows of a chunk, from 1 to 1000.
   *
   * @default - as many as fit
   */
  readonly rows?: number;
}

/**
 * How documents are cut into chunks: what is embedded, found and cited. A chunk is always a part of its document's text, so that citations point to it;
 * headings and the heads of tables that stand above it are searched with it. Another cut is another index.
 *
 * @example
 * const splitter = Splitter.structure({ tokens: 400 });
 */
export abstract class Splitter {
  /**
   * By what the document shows of its structure: a chunk is best whole paragraphs, list items, tables and code under one heading. What is too long for
   * that is cut between sentences and rows, where the subject changes, into even parts.
   */
  public static structure(options: SplitOptions = {}): Splitter {
    return new Cut('structure', options);
  }

  /** Whole sentences one after another, whatever they stand under, in even chunks: for transcripts and other text without structure. */
  public static sentences(options: SplitOptions = {}): Splitter {
    return new Cut('sentences', options);
  }

  /** As many tokens each, wherever that ends, some of them repeated in the next. */
  public static tokens(options: TokenSplitOptions = {}): Splitter {
    return new Cut('tokens', options);
  }

  /** A chunk a page, slide or sheet; what is longer is cut by its structure, and so are documents without pages. */
  public static pages(options: SplitOptions = {}): Splitter {
    return new Cut('pages', options, 1_500);
  }

  /** Rows of tables, each chunk searched with the table's head: for spreadsheets and CSV. What is around tables is cut by its structure. */
  public static tables(options: TableSplitOptions = {}): Splitter {
    return new Cut('tables', options);
  }

  /**
   * By a function of yours. It is asked with `{ version: 1, document: { text, title, blocks: [{ kind, start, end, level }], pages: [{ page, start }] } }`
   * and answers with `{ chunks: [{ start, end }] }`, places in `text` as JavaScript counts them. A document of more than 6 MB cannot be asked about and fails.
   *
   * @param handler the function, a version or an alias of one; what indexes documents may call exactly that. With another version everything is read anew;
   * what changes behind a function's name or an alias is for documents that change
   * @param options `tokens` is what chunks are held to: a longer one fails the document
   */
  public static custom(handler: IFunction, options: SplitOptions = {}): Splitter {
    return new ByFunction(handler, options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, embedding: Pick<EmbeddingBinding, 'inputTokens'>): SplitterBinding;
}

/** What an index has to know of how its documents are cut. */
export interface SplitterBinding {
  readonly policy: ChunkingPolicy;
  /** What the handler finds beside it, and what it calls. */
  readonly parts: readonly string[];
  readonly calls: readonly CalledService[];
  letCut(grantee: IGrantable): void;
}

const FEWEST = 20;
const MOST = 8_192;
const DEFAULT = 300;
const MOST_ROWS = 1_000;
/** Headings and a line of context need room too. */
const SHARE = 0.8;
const ANOTHER_INDEX = 'because another cut is another index';

class Cut extends Splitter {
  constructor(private readonly by: ChunkingPolicy['by'], private readonly options: SplitOptions & TokenSplitOptions & TableSplitOptions, private readonly standard = DEFAULT) {
    super();
  }

  public _bind(scope: IConstruct, embedding: Pick<EmbeddingBinding, 'inputTokens'>): SplitterBinding {
    const tokens = requireTokens(scope, this.options.tokens, this.standard, embedding);
    const { overlapTokens, rows } = this.options;
    requireKnown(scope, 'splitter.overlapTokens', overlapTokens, ANOTHER_INDEX);
    requireKnown(scope, 'splitter.rows', rows, ANOTHER_INDEX);
    requireInteger(scope, 'splitter.overlapTokens', overlapTokens, 0, Math.floor(tokens / 2), ", half of 'splitter.tokens'");
    requireInteger(scope, 'splitter.rows', rows, 1, MOST_ROWS);
    const policy = {
      by: this.by,
      tokens,
      ...(this.by === 'tokens' && { overlapTokens: overlapTokens ?? Math.floor(tokens / 5) }),
      ...(rows !== undefined && { rows }),
    };
    return { policy, parts: [], calls: [], letCut: () => undefined };
  }
}

class ByFunction extends Splitter {
  constructor(private readonly handler: IFunction, private readonly options: SplitOptions) {
    super();
  }

  public _bind(scope: IConstruct, embedding: Pick<EmbeddingBinding, 'inputTokens'>): SplitterBinding {
    requireMade(scope, 'splitter.handler', this.handler, 'grantInvoke', "a Lambda function, such as new Function(this, 'Splitter', …)");
    const { functionArn } = this.handler;
    return {
      policy: { by: 'custom', tokens: requireTokens(scope, this.options.tokens, MOST, embedding), functionArn },
      parts: ['chunk-function'],
      calls: [CalledService.LAMBDA],
      // The L2's own grant takes in every version.
      letCut: (grantee) => void Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [functionArn] }),
    };
  }
}

function requireTokens(scope: IConstruct, tokens: number | undefined, standard: number, { inputTokens = MOST }: Pick<EmbeddingBinding, 'inputTokens'>): number {
  requireKnown(scope, 'splitter.tokens', tokens, ANOTHER_INDEX);
  const most = Math.min(MOST, Math.floor(inputTokens * SHARE));
  requireInteger(scope, 'splitter.tokens', tokens, FEWEST, most, ', which leaves room for headings in what the embedding model takes');
  return tokens ?? Math.min(standard, most);
}
