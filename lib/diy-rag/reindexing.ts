import { Duration } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type ReindexPolicy } from '../contract/reindexing';
import { requireBetween, requireDuration, requireInteger, requireMade } from '../internal/validation';
import { type IEmbeddingModel } from '../model';

/** How a new index takes the place of the old one. */
export interface BlueGreenOptions {
  /**
   * How long the old index is kept, and kept in step, after the new one has begun to answer: from a minute to 90 days.
   *
   * @default Duration.days(7)
   */
  readonly keep?: Duration;

  /**
   * How many documents are looked for in both indexes by a sentence of theirs before the new one answers, from 0 to 100.
   *
   * @default 50
   */
  readonly samples?: number;

  /**
   * The share of them that the new index may miss though the old one finds them, from 0 to 1. With more it does not answer.
   *
   * @default 0.05
   */
  readonly tolerance?: number;

  /**
   * The model that embedded the index which answers still, where `embedding` is another now: it is asked until the new one answers, and for as long as the old one is kept.
   *
   * @default - the model of `embedding`, and of an index by another model is found by words alone until the new one answers
   */
  readonly previousEmbedding?: IEmbeddingModel;
}

/** What an index has to know of how it gives way to another. */
export interface ReindexBinding {
  readonly policy: Omit<ReindexPolicy, 'models'>;
  readonly previous?: IEmbeddingModel;
}

/**
 * What happens to the index of a `DiyRag` when documents are to be read, cut, embedded or described in another way than they were.
 *
 * @example
 * new DiyRag(this, 'Rag', { documents: { reindexing: Reindexing.blueGreen({ keep: Duration.days(1) }) } });
 */
export abstract class Reindexing {
  /**
   * Builds a new index beside the old one, which goes on answering and following its documents; compares both, and answers from the new one where it finds as much.
   * The old one is kept for a while, and answers again within seconds where somebody sends `{"rollback":true}` to `syncRequests`.
   */
  public static blueGreen(options: BlueGreenOptions = {}): Reindexing {
    return new BlueGreen(options);
  }

  /**
   * Answers from the new index at once, and drops the old one: nothing is kept twice, and a document that is not read anew yet is not found. A new cut alone takes the
   * place of the old one document by document.
   */
  public static inPlace(): Reindexing {
    return new InPlace();
  }

  /** @internal */
  public abstract _bind(scope: IConstruct): ReindexBinding;
}

class BlueGreen extends Reindexing {
  constructor(private readonly options: BlueGreenOptions) {
    super();
  }

  public _bind(scope: IConstruct): ReindexBinding {
    const { keep = Duration.days(7), samples = 50, tolerance = 0.05, previousEmbedding } = this.options;
    requireDuration(scope, 'documents.reindexing.keep', keep, Duration.minutes(1), Duration.days(90));
    requireInteger(scope, 'documents.reindexing.samples', samples, 0, 100);
    requireBetween(scope, 'documents.reindexing.tolerance', tolerance, 0, 1);
    requireMade(scope, 'documents.reindexing.previousEmbedding', previousEmbedding, 'bind', 'EmbeddingModel, such as EmbeddingModel.standard()');
    return { policy: { by: 'beside', keepSeconds: keep.toSeconds(), samples, tolerance }, previous: previousEmbedding };
  }
}

class InPlace extends Reindexing {
  public _bind(): ReindexBinding {
    return { policy: { by: 'inPlace', keepSeconds: 0, samples: 0, tolerance: 0 } };
  }
}
