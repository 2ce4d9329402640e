import { fields, type Fields } from './fields';
import { type SearchIndex, searchIndex } from './open-search-access';
import { sqlAccess } from './sql-access';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import type { Authorization } from '../aws/service';

/** A knowledge base as its template describes it. */
export interface KnowledgeBase {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  /** VECTOR, MANAGED, SQL or KENDRA. */
  readonly type: string;
  /** S3_VECTORS, OPENSEARCH_SERVERLESS …; MANAGED has none of its own. */
  readonly store: string;
  /** What the service's role is asked for when it reads and writes the store, by action. */
  readonly storeAccess: readonly (Authorization & { readonly on: 'create' | 'write' | 'delete' | 'read' })[];
  /** Why the service may not use the store although IAM lets its role. */
  readonly storeRefusal?: SearchIndex['refusal'];
  /** Absent where the service chooses the model. */
  readonly embeddingModelArn?: string;
  readonly dimension: number;
  /** Of an S3 vector index; undefined for other stores. */
  readonly nonFilterableKeys?: readonly string[];
  /** As `GetKnowledgeBase` tells it. */
  readonly configuration: Fields;
  readonly storage?: Fields;
  readonly sources: readonly DataSource[];
}

export interface DataSource {
  readonly id: string;
  readonly name: string;
  /** S3, CUSTOM, WEB …: of a managed connector its own type. */
  readonly type: string;
  readonly bucket?: string;
  readonly prefixes: readonly string[];
  /** Whether its documents are found by those alone who may read them. */
  readonly accessControl: boolean;
  readonly chunking: Chunking;
  readonly transformation?: { readonly lambdaArn: string; readonly bucket: string; readonly prefix: string };
  /** The model that reads the files, where one does. */
  readonly parserModelArn?: string;
  readonly deletionPolicy: string;
  readonly configuration: Fields;
  readonly ingestion?: Fields;
}

export interface Chunking {
  readonly strategy: 'NONE' | 'FIXED_SIZE' | 'HIERARCHICAL' | 'SEMANTIC';
  readonly maxTokens: number;
  readonly overlapTokens: number;
  /** Largest parent of a hierarchy. */
  readonly parentTokens: number;
  /** Share of the gaps between sentences that are no border, from 50 to 99. */
  readonly breakpoint: number;
}

const DEFAULT_CHUNKING: Chunking = { strategy: 'FIXED_SIZE', maxTokens: 300, overlapTokens: 60, parentTokens: 0, breakpoint: 95 };

/** The knowledge bases of a deployment, each with its data sources. */
export function readKnowledgeBases(deployment: Deployment): KnowledgeBase[] {
  const sources = deployment.resources('AWS::Bedrock::DataSource').map((resource) => ({
    knowledgeBaseId: String(deployment.property(resource, 'KnowledgeBaseId')), source: readSource(resource, deployment),
  }));
  return deployment.resources('AWS::Bedrock::KnowledgeBase').map((resource) => {
    const id = deployment.id(resource);
    return readBase(resource, deployment, sources.filter(({ knowledgeBaseId }) => knowledgeBaseId === id).map(({ source }) => source));
  });
}

function readBase(resource: Resource, deployment: Deployment, sources: readonly DataSource[]): KnowledgeBase {
  const properties = deployment.properties(resource);
  const configuration = (properties.KnowledgeBaseConfiguration ?? {}) as Fields;
  const vector = fields(configuration.VectorKnowledgeBaseConfiguration);
  const managed = fields(configuration.ManagedKnowledgeBaseConfiguration);
  const storage = properties.StorageConfiguration as Fields | undefined;
  const store = String(storage?.Type ?? configuration.Type);
  const asked = fields(fields(vector.EmbeddingModelConfiguration ?? managed.EmbeddingModelConfiguration).BedrockEmbeddingModelConfiguration).Dimensions;
  const vectors = vectorIndex(fields(storage?.S3VectorsConfiguration), deployment);
  const searched = store === 'OPENSEARCH_SERVERLESS' ? searchIndex(storage ?? {}, String(properties.RoleArn), deployment) : undefined;
  const dimension = vectors?.dimension ?? searched?.dimension;
  if (asked !== undefined && dimension !== undefined && Number(asked) !== dimension) {
    throw new Error(`the knowledge base ${resource.logicalId} embeds in ${Number(asked)} dimensions, its index has ${dimension}`);
  }
  return {
    id: deployment.id(resource),
    arn: deployment.attribute(resource, 'KnowledgeBaseArn'),
    name: String(properties.Name),
    roleArn: String(properties.RoleArn),
    type: String(configuration.Type),
    store,
    storeAccess: configuration.Type === 'SQL' ? sqlAccess(configuration) : storeAccess(store, storage ?? {}),
    storeRefusal: searched?.refusal,
    embeddingModelArn: (vector.EmbeddingModelArn ?? managed.EmbeddingModelArn) as string | undefined,
    dimension: Number(asked ?? dimension ?? 1024),
    nonFilterableKeys: store === 'S3_VECTORS' ? vectors?.nonFilterableKeys ?? [] : undefined,
    configuration,
    storage,
    sources,
  };
}

function readSource(resource: Resource, deployment: Deployment): DataSource {
  const properties = deployment.properties(resource);
  const configuration = properties.DataSourceConfiguration as Fields;
  const ingestion = properties.VectorIngestionConfiguration as Fields | undefined;
  const connector = fields(fields(configuration.ManagedKnowledgeBaseConnectorConfiguration).ConnectorParameters);
  const s3 = fields(configuration.S3Configuration);
  const filter = fields(connector.filterConfiguration);
  const bucketArn = s3.BucketArn as string | undefined;
  const transformation = ingestion && transformationOf(fields(ingestion.CustomTransformationConfiguration));
  const parsing = fields(ingestion?.ParsingConfiguration);
  return {
    id: deployment.id(resource),
    name: String(properties.Name),
    type: String(connector.type ?? configuration.Type),
    bucket: bucketArn?.split(':::')[1] ?? fields(connector.connectionConfiguration).bucketName as string | undefined,
    prefixes: (s3.InclusionPrefixes ?? filter.inclusionPrefixes ?? []) as string[],
    accessControl: connector.aclEnabled === true || connector.aclEnabled === 'true',
    chunking: chunkingOf(fields(ingestion?.ChunkingConfiguration)),
    transformation,
    parserModelArn: fields(parsing.BedrockFoundationModelConfiguration).ModelArn as string | undefined,
    deletionPolicy: String(properties.DataDeletionPolicy ?? 'DELETE'),
    configuration,
    ingestion,
  };
}

function chunkingOf(configuration: Fields): Chunking {
  const fixed = fields(configuration.FixedSizeChunkingConfiguration);
  const hierarchy = fields(configuration.HierarchicalChunkingConfiguration);
  const semantic = fields(configuration.SemanticChunkingConfiguration);
  const [parents, children] = ((hierarchy.LevelConfigurations ?? []) as { MaxTokens: number }[]).map(({ MaxTokens }) => Number(MaxTokens));
  switch (configuration.ChunkingStrategy) {
    case 'NONE': return { ...DEFAULT_CHUNKING, strategy: 'NONE' };
    case 'FIXED_SIZE': {
      const maxTokens = Number(fixed.MaxTokens ?? 300);
      return { ...DEFAULT_CHUNKING, maxTokens, overlapTokens: Math.floor(maxTokens * Number(fixed.OverlapPercentage ?? 20) / 100) };
    }
    case 'HIERARCHICAL':
      return { ...DEFAULT_CHUNKING, strategy: 'HIERARCHICAL', parentTokens: parents ?? 1500, maxTokens: children ?? 300, overlapTokens: Number(hierarchy.OverlapTokens ?? 60) };
    case 'SEMANTIC':
      return { ...DEFAULT_CHUNKING, strategy: 'SEMANTIC', maxTokens: Number(semantic.MaxTokens ?? 300), overlapTokens: 0, breakpoint: Number(semantic.BreakpointPercentileThreshold ?? 95) };
    default: return DEFAULT_CHUNKING;
  }
}

function transformationOf(configuration: Fields): DataSource['transformation'] {
  const [first] = (configuration.Transformations ?? []) as Fields[];
  if (!first) return undefined;
  const { LambdaArn } = fields(fields(first.TransformationFunction).TransformationLambdaConfiguration);
  const uri = String(fields(fields(configuration.IntermediateStorage).S3Location).URI);
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  return { lambdaArn: String(LambdaArn), bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

/** The index that a knowledge base keeps its vectors in, where the template defines it. */
function vectorIndex(configuration: Fields, deployment: Deployment): { dimension: number; nonFilterableKeys: readonly string[] } | undefined {
  const found = deployment.resources('AWS::S3Vectors::Index').find((index) => [deployment.ref(index), deployment.id(index)].includes(String(configuration.IndexArn ?? configuration.IndexName)));
  if (!found) return undefined;
  const { Dimension, MetadataConfiguration } = deployment.properties(found);
  return { dimension: Number(Dimension), nonFilterableKeys: (fields(MetadataConfiguration).NonFilterableMetadataKeys ?? []) as string[] };
}

/** What the documentation asks of a service role for each store. */
function storeAccess(store: string, storage: Fields): KnowledgeBase['storeAccess'] {
  const access = (resource: unknown, actions: Partial<Record<KnowledgeBase['storeAccess'][number]['on'], readonly string[]>>) =>
    Object.entries(actions).flatMap(([on, names]) => names.map((action) => ({ on: on as 'read', action, resource: String(resource) })));
  const secret = (configuration: Fields) => access(configuration.CredentialsSecretArn, { create: ['secretsmanager:GetSecretValue'] });
  switch (store) {
    case 'S3_VECTORS': {
      const { IndexArn, IndexName, VectorBucketArn } = fields(storage.S3VectorsConfiguration);
      return access(IndexArn ?? `${String(VectorBucketArn)}/index/${String(IndexName)}`, {
        create: ['s3vectors:GetIndex'], write: ['s3vectors:PutVectors'], delete: ['s3vectors:ListVectors', 's3vectors:DeleteVectors'], read: ['s3vectors:QueryVectors', 's3vectors:GetVectors'],
      });
    }
    case 'OPENSEARCH_SERVERLESS': {
      const { CollectionArn } = fields(storage.OpensearchServerlessConfiguration);
      return access(CollectionArn, { create: ['aoss:APIAccessAll'] });
    }
    case 'RDS': {
      const rds = fields(storage.RdsConfiguration);
      return [
        ...access(rds.ResourceArn, { create: ['rds:DescribeDBClusters', 'rds-data:ExecuteStatement'], write: ['rds-data:BatchExecuteStatement'], read: ['rds-data:ExecuteStatement'] }),
        ...secret(rds),
      ];
    }
    case 'NEPTUNE_ANALYTICS':
      return access(fields(storage.NeptuneAnalyticsConfiguration).GraphArn, {
        create: ['neptune-graph:GetGraph'], write: ['neptune-graph:WriteDataViaQuery'], delete: ['neptune-graph:DeleteDataViaQuery'], read: ['neptune-graph:ReadDataViaQuery'],
      });
    case 'PINECONE': return secret(fields(storage.PineconeConfiguration));
    case 'MONGO_DB_ATLAS': return secret(fields(storage.MongoDbAtlasConfiguration));
    default: return [];
  }
}
