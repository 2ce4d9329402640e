import { type Construct } from 'constructs';
import { type AuroraVectorStoreOptions, OwnAurora } from './own-aurora';
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

  /**
   * Aurora PostgreSQL with pgvector, serverless: found by meaning and by words, texts that describe documents looked into, tenants kept apart by the database
   * itself. It sleeps when nobody asks; the first question then waits 15 seconds or more.
   */
  public static auroraPgvector(options: AuroraVectorStoreOptions = {}): VectorStore {
    return new AuroraPgvector(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: IndexBuild): StoreBinding;
}

class S3Vectors extends VectorStore {
  public _bind(scope: Construct, build: IndexBuild): StoreBinding {
    return new OwnVectors(scope, 'Store', build).binding;
  }
}

class AuroraPgvector extends VectorStore {
  constructor(private readonly options: AuroraVectorStoreOptions) {
    super();
  }

  public _bind(scope: Construct, build: IndexBuild): StoreBinding {
    return new OwnAurora(scope, 'Store', { ...build, ...this.options }).binding;
  }
}
