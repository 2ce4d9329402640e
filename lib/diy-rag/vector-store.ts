import { type Construct } from 'constructs';
import { type AuroraVectorStoreOptions, OwnAurora } from './own-aurora';
import { type CollectionStoreOptions, OwnCollection } from './own-collection';
import { type MemoryDbStoreOptions, OwnMemoryDb } from './own-memory-db';
import { OwnPinecone, type PineconeStoreOptions } from './own-pinecone';
import { OwnRedis, type RedisStoreOptions } from './own-redis';
import { OwnVectors } from './own-vectors';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { LONGEST_VECTOR } from '../contract/passage-stores';
import { fail } from '../internal/validation';

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
    return new Held('s3Vectors', (scope, build) => new OwnVectors(scope, 'Store', build).binding);
  }

  /**
   * Aurora PostgreSQL with pgvector, serverless: found by meaning and by words, texts that describe documents looked into, tenants kept apart by the database
   * itself. It sleeps when nobody asks; the first question then waits 15 seconds or more.
   */
  public static auroraPgvector(options: AuroraVectorStoreOptions = {}): VectorStore {
    return new Held('pgvector', (scope, build) => new OwnAurora(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Amazon OpenSearch Serverless: found by meaning and by words, texts that describe documents looked into. A collection sleeps when nobody asks; the first
   * question then waits up to half a minute. What is written is found within a minute.
   *
   * @param options its capacity, or a collection that you have
   */
  public static openSearchServerless(options: CollectionStoreOptions = {}): VectorStore {
    return new Held('openSearch', (scope, build) => new OwnCollection(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Pinecone: an index that you have there, with an index of words beside it in DynamoDB. Each tenant has a namespace.
   *
   * @param options the index, and what opens it
   */
  public static pinecone(options: PineconeStoreOptions): VectorStore {
    return new Held('pinecone', (scope, build) => new OwnPinecone(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Redis 8, or Redis Stack 7.4: a server that you have, with its query engine, which is no cluster. Found by meaning and by words within milliseconds.
   *
   * @param options the server, and what opens it
   */
  public static redis(options: RedisStoreOptions): VectorStore {
    return new Held('redis', (scope, build) => new OwnRedis(scope, 'Store', { ...build, ...options }).binding);
  }

  /**
   * Amazon MemoryDB: a cluster in a VPC, with an index of words beside it in DynamoDB. Found within a millisecond or two; paid for by the hour, nodes that hold
   * everything in memory.
   *
   * @param options its nodes and network
   */
  public static memoryDb(options: MemoryDbStoreOptions = {}): VectorStore {
    return new Held('memoryDb', (scope, build) => new OwnMemoryDb(scope, 'Store', { ...build, ...options }).binding);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: IndexBuild): StoreBinding;
}

/** What each kind of store is asked for by. */
const FACTORIES: Readonly<Record<keyof typeof LONGEST_VECTOR, keyof typeof VectorStore>> = {
  s3Vectors: 's3Vectors', pgvector: 'auroraPgvector', openSearch: 'openSearchServerless', memoryDb: 'memoryDb', redis: 'redis', pinecone: 'pinecone',
};

/** A store that a construct of its own makes, or finds. */
class Held extends VectorStore {
  constructor(private readonly kind: keyof typeof LONGEST_VECTOR, private readonly hold: (scope: Construct, build: IndexBuild) => StoreBinding) {
    super();
  }

  public _bind(scope: Construct, build: IndexBuild): StoreBinding {
    this.requireFit(scope, build.index);
    return this.hold(scope, build);
  }

  private requireFit(scope: Construct, { dimension }: IndexBuild['index']) {
    const most = LONGEST_VECTOR[this.kind];
    if (dimension <= most) return;
    const able = Object.entries(FACTORIES).filter(([kind]) => LONGEST_VECTOR[kind as keyof typeof FACTORIES] >= dimension).map(([, factory]) => `VectorStore.${factory}()`);
    fail(scope, `'embedding' must make vectors of at most ${most} places with VectorStore.${FACTORIES[this.kind]}(), which indexes no longer ones, got ${dimension}: `
      + `name a shorter 'dimension' that the model offers${able.length > 0 ? `, or take ${able.join(' or ')}` : ''}`);
  }
}
