import { type Construct } from 'constructs';
import { S3VectorsStore, type S3VectorsOptions } from './s3-vectors-store';
import { type StoreBinding, type StoreBuild } from './store-binding';

/** Where a knowledge base keeps what it has read. */
export abstract class KnowledgeStore {
  /**
   * Amazon S3 Vectors: nothing is paid while nobody asks, and billions of passages fit. It is searched by meaning only.
   *
   * @param options an index that you have
   */
  public static s3Vectors(options: S3VectorsOptions = {}): KnowledgeStore {
    return new S3Vectors(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: StoreBuild): StoreBinding;
}

class S3Vectors extends KnowledgeStore {
  constructor(private readonly options: S3VectorsOptions) {
    super();
  }

  public _bind(scope: Construct, build: StoreBuild): StoreBinding {
    return new S3VectorsStore(scope, 'Store', { ...build, ...this.options }).binding;
  }
}
