import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import { type CfnCollection, CfnCollectionIndex, CfnIndex } from 'aws-cdk-lib/aws-opensearchserverless';
import { type Construct } from 'constructs';
import { type Vectors } from './store-binding';
import { type MetadataField } from '../contract/metadata';

/** What the fields of an index are called. */
export interface SearchFields {
  /** Holds the vector of a passage. */
  readonly vectorField: string;

  /** Holds the text of a passage. */
  readonly textField: string;

  /** Holds what Bedrock notes of a passage. */
  readonly metadataField: string;
}

/** As Bedrock calls them. */
export const SEARCH_FIELDS: SearchFields = { vectorField: 'bedrock-knowledge-base-default-vector', textField: 'AMAZON_BEDROCK_TEXT', metadataField: 'AMAZON_BEDROCK_METADATA' };

export interface SearchIndexProps {
  readonly collection: CfnCollection;
  readonly vectors: Vectors;
  /** What documents are described by. */
  readonly fields: readonly MetadataField[];
  /** Whether CloudFormation reaches the collection by its address. */
  readonly reachable: boolean;
  /** Whether the collection chooses by itself what it searches vectors with, and refuses to be told. */
  readonly ownsEngine: boolean;
}

/** The index of one knowledge base. Its name changes with all that cannot be changed of it, so that a change makes another index. */
export function defineSearchIndex(scope: Construct, props: SearchIndexProps) {
  const { collection, vectors, reachable } = props;
  const method = methodOf(props);
  const more = { ...TEXT_FIELDS, ...numbersIn(props) };
  const indexName = `knowledge-${createHash('sha256').update(JSON.stringify([vectors.dimension, vectors.binary, method, more])).digest('hex').slice(0, 12)}`;
  // The typed resource speaks to the collection's own address and knows no vectors of bits; the other one goes through the service's API.
  const index = reachable && !vectors.binary
    ? new CfnIndex(scope, 'Index', { collectionEndpoint: collection.attrCollectionEndpoint, indexName, settings: { index: { knn: true } }, mappings: typedMappings(vectors, method, more) })
    : new CfnCollectionIndex(scope, 'Index', { id: collection.attrId, indexName, indexSchema: Stack.of(scope).toJsonString(schema(vectors, method, more)) });
  index.addResourceDependency(collection);
  return { index, indexName };
}

/** Near means little distance for floats, and few different bits for bits. */
function methodOf({ vectors, ownsEngine }: SearchIndexProps): CfnIndex.MethodProperty {
  const spaceType = vectors.binary ? 'hamming' : 'l2';
  return ownsEngine ? { name: 'hnsw', spaceType } : { name: 'hnsw', spaceType, engine: 'faiss', parameters: { efConstruction: 512, m: 16 } };
}

const TEXT_FIELDS = {
  [SEARCH_FIELDS.textField]: { type: 'text' },
  [SEARCH_FIELDS.metadataField]: { type: 'text', index: false },
};

/**
 * OpenSearch types a field by the first value that it sees, and texts well so, as words and as a whole. A number that comes without a fraction it
 * would take for whole from then on, and would find 9.5 as 9.
 */
function numbersIn({ fields }: SearchIndexProps): Fields {
  return Object.fromEntries(fields.filter(({ type }) => type === 'number').map(({ name }) => [name, { type: 'double' }]).sort());
}

type Fields = Readonly<Record<string, { readonly type: string; readonly index?: boolean }>>;

function typedMappings({ dimension }: Vectors, method: CfnIndex.MethodProperty, more: Fields): CfnIndex.MappingsProperty {
  return { properties: { [SEARCH_FIELDS.vectorField]: { type: 'knn_vector', dimension, method }, ...more } };
}

/** The same, as OpenSearch itself writes it. */
function schema({ dimension, binary }: Vectors, { name, spaceType, engine, parameters }: CfnIndex.MethodProperty, more: Fields) {
  const { efConstruction, m } = parameters as CfnIndex.ParametersProperty | undefined ?? {};
  const method = { name, space_type: spaceType, ...(engine && { engine, parameters: { ef_construction: efConstruction, m } }) };
  const vector = { type: 'knn_vector', dimension, ...(binary && { data_type: 'binary' }), method };
  return { settings: { index: { knn: true } }, mappings: { properties: { [SEARCH_FIELDS.vectorField]: vector, ...more } } };
}
