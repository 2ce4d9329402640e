import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Construct } from 'constructs';
import { ChunkTransform } from './chunk-transform';
import { isManaged, type SourceBuild } from './source-binding';
import { fail, requireInteger, requireMade } from '../internal/validation';

/** Options of `Chunking.fixedSize`. */
export interface FixedSizeChunkingOptions {
  /**
   * Most tokens of a passage, from 1 to what the embedding model takes.
   *
   * @default 300
   */
  readonly maxTokens?: number;

  /**
   * How much of a passage is repeated in the next, in percent, from 1 to 99.
   *
   * @default 20
   */
  readonly overlapPercentage?: number;
}

/** Options of `Chunking.hierarchical`. */
export interface HierarchicalChunkingOptions {
  /**
   * Most tokens of what an answer is given from, from 1 to 8192.
   *
   * @default 1500
   */
  readonly parentTokens?: number;

  /**
   * Most tokens of what is searched, from 1 to `parentTokens`.
   *
   * @default 300
   */
  readonly childTokens?: number;

  /**
   * Tokens that neighbours share, from 1 to `childTokens`.
   *
   * @default 60
   */
  readonly overlapTokens?: number;
}

/** Options of `Chunking.semantic`. */
export interface SemanticChunkingOptions {
  /**
   * Most tokens of a passage, from 1 to what the embedding model takes.
   *
   * @default 300
   */
  readonly maxTokens?: number;

  /**
   * Sentences on either side that are looked at together with each, 0 or 1.
   *
   * @default 0
   */
  readonly bufferSize?: number;

  /**
   * How unlike its neighbour a sentence must be to begin a passage, as a percentile of the document, from 50 to 99: the higher, the fewer and longer passages.
   *
   * @default 95
   */
  readonly breakpointPercentile?: number;
}

/** Options of `Chunking.lambda`. */
export interface LambdaChunkingOptions {
  /**
   * How documents are cut before the function sees them.
   *
   * @default Chunking.none()
   */
  readonly before?: Chunking;
}

/**
 * How documents are cut into passages. Another cut is another data source, whose documents are read anew.
 *
 * @example
 * const source = DataSource.s3(undefined, { chunking: Chunking.semantic({ maxTokens: 500 }) });
 */
export abstract class Chunking {
  /** Not at all: a document is one passage, for documents that were cut before. Citations then name no page. */
  public static none(): Chunking {
    return new Cut(() => ({ chunkingStrategy: 'NONE' }), true);
  }

  /** Into pieces of about the same length. */
  public static fixedSize(options: FixedSizeChunkingOptions = {}): Chunking {
    return new Cut((scope, { vectors }) => {
      const { maxTokens = 300, overlapPercentage = 20 } = options;
      requireTokens(scope, 'chunking.maxTokens', maxTokens, vectors);
      requireInteger(scope, 'chunking.overlapPercentage', overlapPercentage, 1, 99);
      return { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens, overlapPercentage } };
    }, true);
  }

  /**
   * Into small pieces that are searched, within large ones that answers are given from. A search finds fewer passages than it was asked for, because
   * pieces of one parent count as one. S3 Vectors holds little beside a vector: keep parents under 8000 tokens there.
   */
  public static hierarchical(options: HierarchicalChunkingOptions = {}): Chunking {
    return new Cut((scope, { vectors }) => {
      const { parentTokens = 1_500, childTokens = 300, overlapTokens = 60 } = options;
      requireInteger(scope, 'chunking.parentTokens', parentTokens, 1, MOST_TOKENS);
      requireInteger(scope, 'chunking.childTokens', childTokens, 1, parentTokens, ", at most 'chunking.parentTokens'");
      requireTokens(scope, 'chunking.childTokens', childTokens, vectors);
      requireInteger(scope, 'chunking.overlapTokens', overlapTokens, 1, childTokens, ", at most 'chunking.childTokens'");
      const levelConfigurations = [{ maxTokens: parentTokens }, { maxTokens: childTokens }];
      return { chunkingStrategy: 'HIERARCHICAL', hierarchicalChunkingConfiguration: { levelConfigurations, overlapTokens } };
    });
  }

  /** Where the meaning changes from a sentence to the next; an embedding model is paid for reading every sentence. */
  public static semantic(options: SemanticChunkingOptions = {}): Chunking {
    return new Cut((scope, { vectors }) => {
      const { maxTokens = 300, bufferSize = 0, breakpointPercentile = 95 } = options;
      requireTokens(scope, 'chunking.maxTokens', maxTokens, vectors);
      requireInteger(scope, 'chunking.bufferSize', bufferSize, 0, 1);
      requireInteger(scope, 'chunking.breakpointPercentile', breakpointPercentile, 50, 99);
      return { chunkingStrategy: 'SEMANTIC', semanticChunkingConfiguration: { maxTokens, bufferSize, breakpointPercentileThreshold: breakpointPercentile } };
    });
  }

  /**
   * By a function of yours. It is asked with `{ bucketName, inputFiles: [{ originalFileLocation, fileMetadata, contentBatches: [{ key }] }] }` and answers
   * with `{ outputFiles: […] }` of the same shape; each batch is an object of that bucket, `{ fileContents: [{ contentBody, contentType, contentMetadata }] }`.
   * The function may read and write the bucket, which is made for this and forgets after a day.
   *
   * @param handler the function
   * @param options what is done before
   */
  public static lambda(handler: IFunction, options: LambdaChunkingOptions = {}): Chunking {
    return new ByFunction(handler, options.before ?? Chunking.none());
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: SourceBuild): ChunkingBinding;
}

export interface ChunkingBinding {
  readonly chunkingConfiguration: CfnDataSource.ChunkingConfigurationProperty;
  readonly customTransformationConfiguration?: CfnDataSource.CustomTransformationConfigurationProperty;
}

/** No piece is longer, whatever the model takes. */
const MOST_TOKENS = 8_192;

type Configure = (scope: Construct, build: SourceBuild) => CfnDataSource.ChunkingConfigurationProperty;

class Cut extends Chunking {
  constructor(private readonly configure: Configure, private readonly ofManaged = false) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): ChunkingBinding {
    const chunkingConfiguration = this.configure(scope, build);
    if (isManaged(build)) {
      if (!this.ofManaged) refuseManaged(scope, chunkingConfiguration.chunkingStrategy);
      if (!build.vectors) {
        fail(scope, "'chunking' must be left out with KnowledgeStore.managed() as long as it embeds by a model of its own, which takes passages as it cuts them itself, "
          + `got ${chunkingConfiguration.chunkingStrategy}: leave it out, or name the model by 'embedding'`);
      }
    }
    return { chunkingConfiguration };
  }
}

class ByFunction extends Chunking {
  constructor(private readonly handler: IFunction, private readonly before: Chunking) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): ChunkingBinding {
    requireMade(scope, 'chunking.handler', this.handler, 'grantInvoke', "a Lambda function, such as new Function(this, 'Chunker', …)");
    if (this.before instanceof ByFunction) fail(scope, "'chunking.before' must be a way to cut without a function, such as Chunking.fixedSize(), got Chunking.lambda(): Bedrock calls one function");
    if (isManaged(build)) refuseManaged(scope, 'LAMBDA');
    const { chunkingConfiguration } = this.before._bind(scope, build);
    const { configuration } = new ChunkTransform(scope, 'ChunkTransform', { ...build, handler: this.handler });
    return { chunkingConfiguration, customTransformationConfiguration: configuration };
  }
}

function refuseManaged(scope: Construct, strategy: string): never {
  return fail(scope, `'chunking' must be Chunking.none() or Chunking.fixedSize() with KnowledgeStore.managed(), which cuts by no other way, got ${strategy}: take one of these, or KnowledgeStore.s3Vectors()`);
}

function requireTokens(scope: Construct, prop: string, tokens: number, vectors: SourceBuild['vectors']) {
  const most = Math.min(MOST_TOKENS, vectors?.inputTokens ?? MOST_TOKENS);
  requireInteger(scope, prop, tokens, 1, most, most < MOST_TOKENS ? ', which is what the embedding model takes' : '');
}
