import { Duration } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type LoadedIndex } from './loaded-index';
import { fail, requireDuration, requireInteger } from '../../internal/validation';

/** Options of `BulkEmbedding.batch`. */
export interface BatchEmbeddingOptions {
  /**
   * Jobs at a time, from 1 to 100: Bedrock counts them by account, Region and model, those of others too.
   *
   * @default 10
   */
  readonly jobs?: number;

  /**
   * Most records of a job, from 100 to what the account's quota is.
   *
   * @default 50000
   */
  readonly recordsPerJob?: number;

  /**
   * How long a job may wait and work, in whole hours from a day to a week.
   *
   * @default - 3 days
   */
  readonly timeout?: Duration;
}

/** What the machine does for vectors; without jobs nothing. */
export interface BatchEmbeddingPlan {
  readonly jobs: number;
  readonly fewestRecords: number;
  readonly recordsPerJob: number;
  readonly hours: number;
}

/**
 * How a bulk load turns chunks into vectors.
 *
 * @example
 * rag.addBulkLoad({ embedding: BulkEmbedding.batch() });
 */
export abstract class BulkEmbedding {
  /** Each chunk as it is indexed, as with any change: at once, at the price of single calls. */
  public static onDemand(): BulkEmbedding {
    return new OnDemand();
  }

  /**
   * Batch jobs of Bedrock make the vectors of all chunks before any is indexed, at about half the price and within hours; what they leave out, and sets of fewer
   * than 100 chunks, are embedded on demand. Titan Text Embeddings v2 and Nova Multimodal Embeddings take such jobs.
   */
  public static batch(options: BatchEmbeddingOptions = {}): BulkEmbedding {
    return new Batch(options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, index: LoadedIndex): BatchEmbeddingPlan | undefined;
}

class OnDemand extends BulkEmbedding {
  public _bind(): undefined {}
}

/** What Bedrock's quotas are for the embedding models that take jobs. */
const FEWEST_RECORDS = 100;
const RECORDS_PER_JOB = 50_000;
const JOBS = 10;
const HOURS = 72;

class Batch extends BulkEmbedding {
  constructor(private readonly options: BatchEmbeddingOptions) {
    super();
  }

  public _bind(scope: IConstruct, { model }: LoadedIndex): BatchEmbeddingPlan {
    const { jobs = JOBS, recordsPerJob = RECORDS_PER_JOB, timeout = Duration.hours(HOURS) } = this.options;
    requireInteger(scope, 'embedding.jobs', jobs, 1, 100, '', `leave it out for ${JOBS}, and the others wait for their turn`);
    requireInteger(scope, 'embedding.recordsPerJob', recordsPerJob, FEWEST_RECORDS, 1_000_000, '', `leave it out for ${RECORDS_PER_JOB}, which is Bedrock's quota`);
    requireDuration(scope, 'embedding.timeout', timeout, Duration.hours(24), Duration.hours(168));
    if (!model.batch) {
      fail(scope, `'embedding' must be left to BulkEmbedding.onDemand() with the model '${model.baseModelId ?? model.modelId}', which takes no batch jobs as far as is known: `
        + 'or give the index amazon.titan-embed-text-v2:0 or amazon.nova-2-multimodal-embeddings-v1:0');
    }
    if (model.modelId !== model.baseModelId) {
      fail(scope, `'embedding' must be left to BulkEmbedding.onDemand() with '${model.modelId}', because jobs are made for the model itself: `
        + `or give the index EmbeddingModel.foundation('${model.baseModelId}')`);
    }
    return { jobs, recordsPerJob, fewestRecords: FEWEST_RECORDS, hours: Math.floor(timeout.toHours()) };
  }
}
