import { type Construct } from 'constructs';
import { OwnVectors } from './own-vectors';
import { type IndexBuild, type StoreBinding } from './store-binding';

/**
 * Where `DiyRag` keeps chunks with their vectors, and finds them.
 *
 * @example
 * new DiyRag(this, 'Rag', { store: VectorStore.s3Vectors() });
 */
export abstract class VectorStore {
  /**
   * Amazon S3 Vectors, with an index of words beside it in DynamoDB: found by meaning and by words, and nothing is paid while nobody asks but for what is kept.
   */
  public static s3Vectors(): VectorStore {
    return new S3Vectors();
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: IndexBuild): StoreBinding;
}

class S3Vectors extends VectorStore {
  public _bind(scope: Construct, build: IndexBuild): StoreBinding {
    return new OwnVectors(scope, 'Store', build).binding;
  }
}
