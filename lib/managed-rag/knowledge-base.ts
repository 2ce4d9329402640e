import { Aws, Stack } from 'aws-cdk-lib';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type DataSource } from './data-source';
import { type KnowledgeStore } from './knowledge-store';
import { type SourceBinding } from './source-binding';
import { type StoreBinding } from './store-binding';
import { type MetadataField } from '../contract/knowledge';
import { ServiceRole } from '../internal/handler-role';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { type EmbeddingBinding, type IEmbeddingModel } from '../model';
import { type Build } from '../posture/build';

export interface KnowledgeBaseProps extends Build {
  readonly store: KnowledgeStore;
  readonly sources: DataSource[];
  readonly embedding: IEmbeddingModel;
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
    const embedding = props.embedding.bind(this, this.role);
    this.store = this.bindStore(props, embedding);
    const bound = this.bindSources(props);
    this.base = this.defineBase(embedding, bound);
    this.sources = bound.map((source, place) => ({ ...source, dataSource: this.defineSource(source, place, props) }));
  }

  public get kind() {
    return this.store.kind ? 'managed' as const : 'vector' as const;
  }

  /** The buckets in which its documents lie. */
  public get documents(): { bucket: IBucket; prefixes?: string[] }[] {
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

  private bindStore({ store, fields, posture, logRetention, encryptionKey }: KnowledgeBaseProps, vectors: EmbeddingBinding) {
    return store._bind(this, { posture, logRetention, encryptionKey, role: this.role, vectors, fields });
  }

  private bindSources({ sources, posture, logRetention, encryptionKey }: KnowledgeBaseProps) {
    return sources.map((source, place) => {
      const build = { posture, logRetention, encryptionKey, role: this.role, managed: this.kind === 'managed' };
      return source._bind(new Construct(this, `Source${place + 1}`), build);
    });
  }

  private defineBase(embedding: EmbeddingBinding, sources: SourceBinding[]) {
    const { storageConfiguration, kind, settled, dependencies } = this.store;
    const knowledgeBaseConfiguration = kind ?? { type: 'VECTOR', vectorKnowledgeBaseConfiguration: vectorConfiguration(embedding, sources) };
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

  private defineSource({ configuration, ingestion, deletion = 'DELETE' }: SourceBinding, place: number, { encryptionKey }: KnowledgeBaseProps) {
    const scope = this.node.findChild(`Source${place + 1}`) as Construct;
    const source = new CfnDataSource(scope, 'Source', {
      knowledgeBaseId: this.base.attrKnowledgeBaseId,
      name: this.nameOf(scope, { type: configuration.type, ingestion }),
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

function vectorConfiguration({ modelArn, dimension, dimensions, binary }: EmbeddingBinding, sources: SourceBinding[]): CfnKnowledgeBase.VectorKnowledgeBaseConfigurationProperty {
  const chosen = { ...(dimensions.length > 1 && { dimensions: dimension }), ...(binary && { embeddingDataType: 'BINARY' }) };
  const supplements = [...new Set(sources.flatMap(({ supplementalBucket }) => supplementalBucket ?? []))];
  return {
    embeddingModelArn: modelArn,
    // Models that have no choice take none.
    ...(Object.keys(chosen).length > 0 && { embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: chosen } }),
    ...(supplements.length > 0 && {
      supplementalDataStorageConfiguration: {
        supplementalDataStorageLocations: supplements.map((bucket) => ({ supplementalDataStorageLocationType: 'S3', s3Location: { uri: bucket.s3UrlForObject() } })),
      },
    }),
  };
}
