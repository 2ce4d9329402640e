import { Aws, Stack } from 'aws-cdk-lib';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type DataSource } from './data-source';
import { embeddingConfiguration } from './embedding-configuration';
import { KnowledgeLogs } from './knowledge-logs';
import { type KnowledgeStore } from './knowledge-store';
import { type SourceBinding } from './source-binding';
import { type StoreBinding } from './store-binding';
import { type MetadataField } from '../contract/metadata';
import { ServiceRole } from '../internal/handler-role';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail } from '../internal/validation';
import { type EmbeddingBinding, EmbeddingModel, type IEmbeddingModel } from '../model';
import { type Build } from '../posture/build';
import { type SourceDocuments } from '../rag/source-documents';

export interface KnowledgeBaseProps extends Build {
  readonly store: KnowledgeStore;
  readonly sources: DataSource[];
  /** The model that was named. */
  readonly embedding?: IEmbeddingModel;
  readonly fields: readonly MetadataField[];
}

/** A source as it was deployed. */
export interface DeployedSource extends SourceBinding {
  readonly dataSource: CfnDataSource;
}

/** A knowledge base of Bedrock with its role, its store and its sources, in the order in which they can be made and deleted. */
export class KnowledgeBase extends Construct {
  public readonly role: ServiceRole;
  public readonly store: StoreBinding;
  public readonly base: CfnKnowledgeBase;
  public readonly sources: DeployedSource[];

  constructor(scope: Construct, id: string, props: KnowledgeBaseProps) {
    super(scope, id);
    this.role = this.defineRole(props);
    const vectors = this.bindEmbedding(props);
    this.store = this.bindStore(props, vectors);
    const bound = this.bindSources(props, vectors);
    this.base = this.defineBase(vectors, bound);
    new KnowledgeLogs(this, 'Logs', this.base, props);
    this.sources = bound.map((source, place) => ({ ...source, dataSource: this.defineSource(source, place, props) }));
  }

  public get kind() {
    return this.store.kind?.type === 'MANAGED' ? 'managed' as const : 'vector' as const;
  }

  /** The buckets in which its documents lie. */
  public get documents(): SourceDocuments[] {
    return this.sources.flatMap(({ documents }) => documents ?? []);
  }

  /** Bedrock takes the role for knowledge bases of this account and for nothing else. */
  private defineRole({ encryptionKey }: KnowledgeBaseProps) {
    const role = new ServiceRole(this, 'Role', 'bedrock.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:knowledge-base/*` },
    });
    // What is read lies for a while where Bedrock works on it.
    if (encryptionKey) role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [encryptionKey.keyArn] }));
    return role;
  }

  /** A store that embeds by itself is asked for no model that nobody named. */
  private bindEmbedding({ store, embedding }: KnowledgeBaseProps): EmbeddingBinding | undefined {
    if (store._embedding === 'never' && embedding) fail(this, "'embedding' must be left out with this store, which makes no vectors by a model of yours, got one: leave it out, or take KnowledgeStore.s3Vectors()");
    const model = store._embedding === 'always' ? embedding ?? EmbeddingModel.standard() : embedding;
    return model?.bind(this, this.role);
  }

  private bindStore({ store, fields, posture, logRetention, encryptionKey }: KnowledgeBaseProps, vectors?: EmbeddingBinding) {
    const bind = () => store._bind(this, { posture, logRetention, encryptionKey, role: this.role, vectors, fields });
    return this.role.grantUntilReplaced('Store', bind, ({ kind, storageConfiguration, settled }) => [kind, storageConfiguration, settled]);
  }

  private bindSources({ store, sources, posture, logRetention, encryptionKey }: KnowledgeBaseProps, vectors?: EmbeddingBinding) {
    if (store._ownDocuments && sources.length > 0) fail(this, "'sources' must be left out with this store, which has documents of its own, got some: leave them out, or take KnowledgeStore.s3Vectors()");
    return sources.map((source, place) => {
      const build = { posture, logRetention, encryptionKey, role: this.role, store: this.store, vectors };
      return source._bind(new Construct(this, `Source${place + 1}`), build);
    });
  }

  private defineBase(vectors: EmbeddingBinding | undefined, sources: SourceBinding[]) {
    const { storageConfiguration, kind, settled, dependencies } = this.store;
    const knowledgeBaseConfiguration = kind ?? { type: 'VECTOR', vectorKnowledgeBaseConfiguration: vectorConfiguration(vectors!, sources) };
    const base = new CfnKnowledgeBase(this, 'Base', {
      name: this.nameOf(this, { knowledgeBaseConfiguration, storageConfiguration, settled }),
      description: `Knowledge of ${this.node.path}`.slice(0, 200),
      roleArn: this.role.roleArn,
      knowledgeBaseConfiguration,
      storageConfiguration,
    });
    base.node.addDependency(this.role, ...dependencies);
    return base;
  }

  private defineSource({ configuration, ingestion, deletion = 'DELETE', accessControl }: SourceBinding, place: number, { encryptionKey }: KnowledgeBaseProps) {
    const scope = this.node.findChild(`Source${place + 1}`) as Construct;
    // Whether it has access control lists can never be changed: another answer is another source.
    const source = new CfnDataSource(scope, accessControl ? 'GuardedSource' : 'Source', {
      knowledgeBaseId: this.base.attrKnowledgeBaseId,
      name: this.nameOf(scope, { type: configuration.type, ingestion, accessControl: accessControl || undefined }),
      dataSourceConfiguration: configuration,
      vectorIngestionConfiguration: ingestion,
      dataDeletionPolicy: deletion,
      serverSideEncryptionConfiguration: encryptionKey && this.kind === 'vector' ? { kmsKeyArn: encryptionKey.keyArn } : undefined,
    });
    // It reads under the role until it is gone, and deletes its passages then.
    source.node.addDependency(this.role);
    return source;
  }

  /** CloudFormation makes what replaces a resource before it deletes the old one: the two must not have one name. */
  private nameOf(scope: Construct, settled: unknown) {
    return nameUnlikeAnyOther(scope, Stack.of(this).resolve(settled), { separator: '-', maxLength: 100 });
  }
}

function vectorConfiguration(vectors: EmbeddingBinding, sources: SourceBinding[]): CfnKnowledgeBase.VectorKnowledgeBaseConfigurationProperty {
  const supplements = [...new Set(sources.flatMap(({ supplementalBucket }) => supplementalBucket ?? []))];
  return {
    embeddingModelArn: vectors.modelArn,
    embeddingModelConfiguration: embeddingConfiguration(vectors),
    ...(supplements.length > 0 && {
      supplementalDataStorageConfiguration: {
        supplementalDataStorageLocations: supplements.map((bucket) => ({ supplementalDataStorageLocationType: 'S3', s3Location: { uri: bucket.s3UrlForObject() } })),
      },
    }),
  };
}
