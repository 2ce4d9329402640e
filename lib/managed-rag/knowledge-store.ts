import { type Construct } from 'constructs';
import { type AuroraPgvectorOptions, AuroraStore } from './aurora-store';
import { ManagedStore } from './managed-store';
import { OpenSearchServerlessStore, type OpenSearchServerlessOptions } from './open-search-serverless-store';
import { S3VectorsStore, type S3VectorsOptions } from './s3-vectors-store';
import { type StoreBinding, type StoreBuild, type VectorStoreBuild } from './store-binding';
import { fail } from '../internal/validation';

/**
 * Where a knowledge base keeps what it has read.
 *
 * @example
 * new ManagedRag(this, 'Rag', { store: KnowledgeStore.openSearchServerless() });
 */
export abstract class KnowledgeStore {
  /**
   * Amazon S3 Vectors: nothing is paid while nobody asks, and billions of passages fit. It is searched by meaning only.
   *
   * @param options an index that you have
   */
  public static s3Vectors(options: S3VectorsOptions = {}): KnowledgeStore {
    return new HeldVectors((scope, build) => new S3VectorsStore(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * No store at all: Bedrock reads, cuts, embeds, keeps and searches by itself. Paid for by the gigabyte and the question, in the Regions that have it.
   */
  public static managed(): KnowledgeStore {
    return new Managed();
  }

  /**
   * Amazon OpenSearch Serverless: searched by meaning and by words. It sleeps while nobody asks, and then takes up to half a minute for the first answer.
   *
   * @param options its capacity, who reaches it, or an index that you have
   */
  public static openSearchServerless(options: OpenSearchServerlessOptions = {}): KnowledgeStore {
    return new HeldVectors((scope, build) => new OpenSearchServerlessStore(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Aurora PostgreSQL with pgvector: searched by meaning and by words, beside what else you keep in a database. It sleeps while nobody asks, and then takes
   * about fifteen seconds for the first answer. Its table is made by a custom resource, for CloudFormation knows no tables.
   *
   * @param options its capacity and network, or a cluster that you have
   */
  public static auroraPgvector(options: AuroraPgvectorOptions = {}): KnowledgeStore {
    return new HeldVectors((scope, build) => new AuroraStore(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Whether passages become vectors by a model of yours: always, only if you name one, or never.
   *
   * @internal
   */
  public abstract readonly _embedding: 'always' | 'ifNamed' | 'never';

  /** @internal */
  public abstract _bind(scope: Construct, build: StoreBuild): StoreBinding;
}

/** A store of vectors that an embedding model makes. */
class HeldVectors extends KnowledgeStore {
  public readonly _embedding = 'always';

  constructor(private readonly hold: (scope: Construct, build: VectorStoreBuild) => StoreBinding) {
    super();
  }

  public _bind(scope: Construct, build: StoreBuild): StoreBinding {
    const { vectors } = build;
    if (!vectors) fail(scope, "'embedding' must be a model with a store of vectors, got none: leave it out for EmbeddingModel.standard()");
    return this.hold(scope, { ...build, vectors });
  }
}

class Managed extends KnowledgeStore {
  public readonly _embedding = 'ifNamed';

  public _bind(scope: Construct, build: StoreBuild): StoreBinding {
    return new ManagedStore(scope, 'Store', build).binding;
  }
}
