import { type IDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { type Construct } from 'constructs';
import { type AuroraPgvectorOptions, AuroraStore } from './aurora-store';
import { bindKendra } from './kendra-store';
import { ManagedStore } from './managed-store';
import { type NeptuneAnalyticsOptions, NeptuneAnalyticsStore } from './neptune-analytics-store';
import { bindOpenSearchDomain, type OpenSearchDomainOptions } from './open-search-domain-store';
import { OpenSearchServerlessStore, type OpenSearchServerlessOptions } from './open-search-serverless-store';
import { S3VectorsStore, type S3VectorsOptions } from './s3-vectors-store';
import { type StoreBinding, type StoreBuild, type VectorStoreBuild } from './store-binding';
import { bindMongoDbAtlas, bindPinecone, type MongoDbAtlasOptions, type PineconeOptions } from './third-party-stores';
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
   * An OpenSearch domain that you run, with an index that you made: searched by meaning and by words. It must be reachable outside of a VPC, and
   * if it has fine-grained access control, map the knowledge base's role there.
   *
   * @param domain the domain
   * @param options the index
   */
  public static openSearchDomain(domain: IDomain, options: OpenSearchDomainOptions): KnowledgeStore {
    return new HeldVectors((scope, build) => bindOpenSearchDomain(scope, build, domain, options));
  }

  /**
   * A graph of Neptune Analytics (GraphRAG): a model notes what each passage speaks of, and a search follows what passages have in common. For documents
   * in buckets; paid for by the hour, even while nobody asks.
   *
   * @param options who reads, how large the graph is, or one that you have
   */
  public static neptuneAnalytics(options: NeptuneAnalyticsOptions = {}): KnowledgeStore {
    return new HeldVectors((scope, build) => new NeptuneAnalyticsStore(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Pinecone: an index that you have there. It is searched by meaning only.
   *
   * @param options the index, and what opens it
   */
  public static pinecone(options: PineconeOptions): KnowledgeStore {
    return new HeldVectors((scope, build) => bindPinecone(scope, build, options));
  }

  /**
   * MongoDB Atlas: a collection that you have there. With a text index it is searched by words too.
   *
   * @param options the collection, and what opens it
   */
  public static mongoDbAtlas(options: MongoDbAtlasOptions): KnowledgeStore {
    return new HeldVectors((scope, build) => bindMongoDbAtlas(scope, build, options));
  }

  /**
   * Redis Enterprise Cloud: the API of Bedrock still names it, CloudFormation does not, so that a stack cannot have it. It is refused with the way out.
   */
  public static redisEnterpriseCloud(): KnowledgeStore {
    return new HeldVectors((scope) => fail(scope, "'store' must be a store that CloudFormation knows, got KnowledgeStore.redisEnterpriseCloud(), which AWS::Bedrock::KnowledgeBase has no property for: "
      + 'make the knowledge base with the AWS CLI and take it by Knowledge.fromKnowledgeBaseId(), or take another store, such as KnowledgeStore.s3Vectors()'));
  }

  /**
   * A GenAI index of Amazon Kendra, of accounts that had one before Kendra closed to new customers: it has its own sources and makes its own vectors, so that
   * neither `sources` nor `embedding` can be given.
   *
   * @param indexArn ARN of the index
   */
  public static kendra(indexArn: string): KnowledgeStore {
    return new Kendra(indexArn);
  }

  /**
   * Whether passages become vectors by a model of yours: always, only if you name one, or never.
   *
   * @internal
   */
  public abstract readonly _embedding: 'always' | 'ifNamed' | 'never';

  /**
   * Whether it has its documents by itself, and takes no sources.
   *
   * @internal
   */
  public readonly _ownDocuments: boolean = false;

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

class Kendra extends KnowledgeStore {
  public readonly _embedding = 'never';
  public override readonly _ownDocuments = true;

  constructor(private readonly indexArn: string) {
    super();
  }

  public _bind(scope: Construct, build: StoreBuild): StoreBinding {
    return bindKendra(scope, build, this.indexArn);
  }
}
