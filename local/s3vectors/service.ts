import { type StoredVector, VectorIndex, type VectorIndexDefinition } from './vectors';
import type { Deployment } from '../assembly/deployment';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';
import { refuse } from '../bedrock/refusal';

type Input = Readonly<Record<string, unknown>>;

/** What each operation takes beside the name of the index. */
const OPERATIONS = {
  CreateIndex: ['vectorBucketArn', 'dataType', 'dimension', 'distanceMetric', 'metadataConfiguration'],
  GetIndex: [],
  ListIndexes: ['vectorBucketArn', 'maxResults', 'nextToken'],
  DeleteIndex: [],
  PutVectors: ['vectors'],
  GetVectors: ['keys', 'returnData', 'returnMetadata'],
  DeleteVectors: ['keys'],
  ListVectors: ['maxResults', 'nextToken', 'returnData', 'returnMetadata'],
  QueryVectors: ['topK', 'queryVector', 'filter', 'returnMetadata', 'returnDistance'],
} as const;

type Operation = keyof typeof OPERATIONS;

const NAMES = ['vectorBucketName', 'indexName', 'indexArn'];
const MOST = { put: 500, get: 100, delete: 500, query: 100, list: 1_000, dimension: 4_096 };
const MOST_NON_FILTERABLE = 10;
/** As many as a page holds where nobody says how many. */
const LISTED = 500;

export interface S3Vectors extends AwsService {
  createIndexes(definitions: readonly VectorIndexDefinition[]): void;
  /** Keys of the vectors that an index holds. */
  keys(indexArn: string): string[];
}

/** Indexes of S3 Vectors and what they hold: vectors in memory, every one looked at for each query. */
export function s3Vectors(): S3Vectors {
  const indexes = new Map<string, VectorIndex>();
  const find = (indexArn: string) => indexes.get(indexArn) ?? missing(`The vector index ${indexArn} could not be found`);

  return {
    name: 's3vectors',
    createIndexes: (definitions) => definitions.forEach((definition) => indexes.set(definition.arn, new VectorIndex(definition))),
    keys: (indexArn) => [...find(indexArn).vectors.keys()],

    authorizations(request) {
      const operation = operationOf(request);
      const input = inputOf(request);
      if (operation === 'ListIndexes') return [{ action: 's3vectors:ListIndexes', resource: bucketArnOf(input) }];
      const resource = indexArnOf(input);
      const reads = operation !== 'GetVectors' && (input.returnMetadata || input.returnData || input.filter);
      return [{ action: `s3vectors:${operation}`, resource }, ...reads ? [{ action: 's3vectors:GetVectors', resource }] : []];
    },

    async handle(request) {
      const operation = operationOf(request);
      const input = inputOf(request);
      const odd = Object.keys(input).find((key) => !NAMES.includes(key) && !(OPERATIONS[operation] as readonly string[]).includes(key));
      if (odd) throw new AwsFailure('UnknownOperationException', 404, `the local S3 Vectors does not know ${odd} of ${operation}`);
      if (operation === 'ListIndexes') return reply(listed([...indexes.values()], input));
      const indexArn = indexArnOf(input);
      if (operation === 'CreateIndex') {
        if (indexes.has(indexArn)) throw new AwsFailure('ConflictException', 409, 'An index with the specified name already exists');
        indexes.set(indexArn, new VectorIndex(definitionOf(indexArn, input)));
        return reply({ indexArn });
      }
      const index = find(indexArn);
      if (operation === 'DeleteIndex') indexes.delete(indexArn);
      return reply(answer(operation, index, input));
    },
  };
}

/** The indexes that a deployment makes. */
export function vectorIndexes(deployment: Deployment): VectorIndexDefinition[] {
  return deployment.resources('AWS::S3Vectors::Index').map((resource) => {
    const { Dimension, DistanceMetric, MetadataConfiguration } = deployment.properties(resource);
    const { NonFilterableMetadataKeys: nonFilterableKeys = [] } = (MetadataConfiguration ?? {}) as { readonly NonFilterableMetadataKeys?: readonly string[] };
    return { arn: deployment.attribute(resource, 'IndexArn'), dimension: Number(Dimension), metric: DistanceMetric as 'cosine' | 'euclidean', nonFilterableKeys };
  });
}

/** Indexes of a bucket, page by page. */
function listed(all: readonly VectorIndex[], input: Input): object {
  const { nextToken, maxResults } = input;
  const own = all.map(({ definition }) => definition).filter(({ arn: indexArn }) => indexArn.startsWith(`${bucketArnOf(input)}/index/`));
  const from = Number(nextToken ?? 0);
  const to = from + whole(maxResults ?? LISTED, 'maxResults', LISTED);
  return { indexes: own.slice(from, to).map(describe), ...to < own.length && { nextToken: String(to) } };
}

function answer(operation: Operation, index: VectorIndex, input: Input): object {
  const shown = ({ key, data, metadata }: StoredVector) => ({
    key, ...input.returnData === true && { data: { float32: [...data] } }, ...input.returnMetadata === true && { metadata },
  });
  switch (operation) {
    case 'CreateIndex':
    case 'ListIndexes':
    case 'DeleteIndex':
      return {};
    case 'GetIndex':
      return { index: describe(index.definition) };
    case 'PutVectors':
      index.put(list(input.vectors, 'vectors', MOST.put) as object[]);
      return {};
    case 'GetVectors':
      return { vectors: list(input.keys, 'keys', MOST.get).flatMap((key) => index.vectors.get(String(key)) ?? []).map(shown) };
    case 'DeleteVectors':
      list(input.keys, 'keys', MOST.delete).forEach((key) => index.vectors.delete(String(key)));
      return {};
    case 'ListVectors': {
      const from = input.nextToken === undefined ? 0 : Number(input.nextToken);
      const to = from + whole(input.maxResults ?? LISTED, 'maxResults', MOST.list);
      const all = [...index.vectors.values()];
      return { vectors: all.slice(from, to).map(shown), ...to < all.length && { nextToken: String(to) } };
    }
    case 'QueryVectors': {
      const found = index.nearest(input.queryVector, input.filter, whole(input.topK, 'topK', MOST.query));
      const vectors = found.map(({ vector, distance }) => ({ ...shown(vector), ...input.returnDistance === true && { distance } }));
      return { distanceMetric: index.definition.metric, vectors };
    }
  }
}

/** An index as somebody asks for it. */
function definitionOf(indexArn: string, { dataType, dimension, distanceMetric, metadataConfiguration }: Input): VectorIndexDefinition {
  const name = indexArn.slice(indexArn.lastIndexOf('/') + 1);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) refuse(`'indexName' must have 3 to 63 small letters, digits, dots and hyphens, and begin and end with a letter or digit, got ${name}`);
  if (dataType !== 'float32') refuse(`'dataType' must be float32, got ${String(dataType)}`);
  if (distanceMetric !== 'cosine' && distanceMetric !== 'euclidean') refuse(`'distanceMetric' must be cosine or euclidean, got ${String(distanceMetric)}`);
  const { nonFilterableMetadataKeys = [] } = (metadataConfiguration ?? {}) as { readonly nonFilterableMetadataKeys?: readonly string[] };
  if (nonFilterableMetadataKeys.length > MOST_NON_FILTERABLE) refuse(`'nonFilterableMetadataKeys' must have at most ${MOST_NON_FILTERABLE} members, got ${nonFilterableMetadataKeys.length}`);
  return { arn: indexArn, dimension: whole(dimension, 'dimension', MOST.dimension), metric: distanceMetric, nonFilterableKeys: nonFilterableMetadataKeys };
}

function describe({ arn: indexArn, dimension, metric, nonFilterableKeys }: VectorIndexDefinition): object {
  const [, vectorBucketName, indexName] = /bucket\/([^/]+)\/index\/(.+)$/.exec(indexArn) ?? [];
  return {
    vectorBucketName,
    indexName,
    indexArn,
    creationTime: 0,
    dataType: 'float32',
    dimension,
    distanceMetric: metric,
    ...nonFilterableKeys.length > 0 && { metadataConfiguration: { nonFilterableMetadataKeys: nonFilterableKeys } },
  };
}

function operationOf({ method, path }: AwsRequest): Operation {
  const name = path.split('?')[0].slice(1);
  if (method === 'POST' && Object.hasOwn(OPERATIONS, name)) return name as Operation;
  throw new AwsFailure('UnknownOperationException', 404, `the local S3 Vectors has indexes and vectors only, asked for ${method} ${path}`);
}

function inputOf({ body }: AwsRequest): Input {
  return JSON.parse(body.toString() || '{}') as Input;
}

function bucketArnOf({ vectorBucketArn, vectorBucketName }: Input): string {
  if (vectorBucketArn !== undefined && vectorBucketName === undefined) return String(vectorBucketArn);
  if (vectorBucketArn === undefined && vectorBucketName !== undefined) return arn('s3vectors', `bucket/${String(vectorBucketName)}`);
  return refuse('Must specify either vectorBucketArn or vectorBucketName');
}

function indexArnOf({ indexArn, vectorBucketName, indexName, vectorBucketArn }: Input): string {
  if (indexArn === undefined && vectorBucketArn !== undefined && vectorBucketName === undefined) return `${String(vectorBucketArn)}/index/${String(indexName)}`;
  if (indexArn !== undefined && vectorBucketName === undefined && indexName === undefined) return String(indexArn);
  if (indexArn === undefined && vectorBucketName !== undefined && indexName !== undefined) return arn('s3vectors', `bucket/${String(vectorBucketName)}/index/${String(indexName)}`);
  return refuse('Must specify either indexArn or both vectorBucketName and indexName');
}

function list(value: unknown, name: string, most: number): unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) refuse(`'${name}' must have 1 to ${most} members, got ${Array.isArray(value) ? value.length : typeof value}`);
  return value;
}

function whole(value: unknown, name: string, most: number): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > most) refuse(`'${name}' must be a whole number from 1 to ${most}, got ${String(value)}`);
  return value as number;
}

function missing(message: string): never {
  throw new AwsFailure('NotFoundException', 404, message);
}

function reply(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
