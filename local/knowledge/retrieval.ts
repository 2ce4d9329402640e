import type { RunningBase } from './bases';
import { type Filter, requireFilter } from './filter';
import type { IndexedDocument } from './index-store';
import { mayUseStore } from './indexing';
import type { Metadata } from './metadata';
import { byScore, type Hit, relevance, search } from './search';
import { refuse } from '../bedrock/refusal';

/** `retrievalConfiguration` of Retrieve and RetrieveAndGenerate. */
export interface RetrievalConfiguration {
  readonly vectorSearchConfiguration?: VectorSearch;
  readonly managedSearchConfiguration?: {
    readonly numberOfResults?: number;
    readonly filter?: Filter;
    readonly rerankingModelType?: 'CUSTOM' | 'MANAGED' | 'NONE';
    readonly rerankingConfiguration?: Reranking;
  };
}

interface VectorSearch {
  readonly numberOfResults?: number;
  readonly overrideSearchType?: string;
  readonly filter?: Filter;
  readonly rerankingConfiguration?: Reranking;
  readonly implicitFilterConfiguration?: { readonly metadataAttributes?: readonly { readonly key: string }[]; readonly modelArn?: string };
}

interface Reranking {
  readonly type?: string;
  readonly bedrockRerankingConfiguration?: { readonly modelConfiguration?: { readonly modelArn?: string }; readonly numberOfRerankedResults?: number };
}

/** Stores that also search by words. */
const HYBRID = ['OPENSEARCH_SERVERLESS', 'OPENSEARCH_MANAGED_CLUSTER', 'RDS', 'MONGO_DB_ATLAS', 'MANAGED'];
const MOST_RESULTS = 100;
const MOST_IMPLICIT = 25;

/** The passages that answer a question, found in the name of the knowledge base's role. */
export function retrieve(running: RunningBase, text: string, configuration: RetrievalConfiguration = {}, { rerankAs = 'service', user }: { readonly rerankAs?: 'service' | 'caller'; readonly user?: string } = {}): Hit[] {
  const { base, store, role } = running;
  if (base.type !== 'VECTOR' && base.type !== 'MANAGED') refuse(`the local cloud has no knowledge base of type ${base.type}: it has VECTOR and MANAGED`);
  const asked = readConfiguration(running, configuration);
  const filter = joined(asked.filter, implicitFilter(running, text, asked.implicit));
  if (base.embeddingModelArn) role.require({ action: 'bedrock:InvokeModel', resource: base.embeddingModelArn });
  mayUseStore(running, 'read');
  const hits = search(store, base.dimension, { text, hybrid: asked.hybrid, filter, user, most: asked.most });
  if (!asked.reranking) return hits;
  if (asked.reranking.modelArn !== undefined && rerankAs === 'service') {
    role.require({ action: 'bedrock:Rerank', resource: '*' });
    role.require({ action: 'bedrock:InvokeModel', resource: asked.reranking.modelArn });
  }
  return hits.map((hit) => ({ ...hit, score: relevance(text, hit.text) })).sort(byScore).slice(0, asked.reranking.most ?? asked.most);
}

/** A passage as the API gives it. */
export function resultOf({ document, text, score, metadata }: Hit): object {
  return { content: { type: 'TEXT', text }, location: locationOf(document), score, metadata };
}

/** The same without its score, as citations have it. */
export function referenceOf(hit: Hit): object {
  return { content: { type: 'TEXT', text: hit.text }, location: locationOf(hit.document), metadata: hit.metadata };
}

/** The ARN of the model that reranks, where one is asked for. */
export function rerankerOf({ vectorSearchConfiguration: vector, managedSearchConfiguration: managed }: RetrievalConfiguration = {}): string | undefined {
  return (vector?.rerankingConfiguration ?? managed?.rerankingConfiguration)?.bedrockRerankingConfiguration?.modelConfiguration?.modelArn;
}

function locationOf({ identifier: { s3, custom } }: IndexedDocument): object {
  return s3 ? { type: 'S3', s3Location: { uri: s3.uri } } : { type: 'CUSTOM', customDocumentLocation: { id: custom?.id } };
}

interface Asked {
  readonly most: number;
  readonly hybrid: boolean;
  readonly filter?: Filter;
  readonly implicit?: VectorSearch['implicitFilterConfiguration'];
  readonly reranking?: { readonly modelArn?: string; readonly most?: number };
}

function readConfiguration({ base }: RunningBase, { vectorSearchConfiguration: vector, managedSearchConfiguration: managed }: RetrievalConfiguration): Asked {
  if (base.type === 'MANAGED' && vector) refuse('a managed knowledge base takes managedSearchConfiguration, not vectorSearchConfiguration');
  if (base.type !== 'MANAGED' && managed) refuse('managedSearchConfiguration is for managed knowledge bases only');
  const { numberOfResults = 5, filter } = vector ?? managed ?? {};
  requireCount('numberOfResults', numberOfResults);
  if (filter) requireFilter(filter, base.store, base.nonFilterableKeys);
  const type = vector?.overrideSearchType;
  if (type !== undefined && type !== 'HYBRID' && type !== 'SEMANTIC') refuse(`'overrideSearchType' must be HYBRID or SEMANTIC, got ${type}`);
  if (type === 'HYBRID' && !HYBRID.includes(base.store)) refuse(`HYBRID SearchType is not supported for knowledge base ${base.id}: its vector store ${base.store} searches by meaning only`);
  return {
    most: numberOfResults,
    // The service searches by both where it can.
    hybrid: type === undefined ? HYBRID.includes(base.store) : type === 'HYBRID',
    filter,
    implicit: vector?.implicitFilterConfiguration,
    reranking: vector ? rerankingOf(vector.rerankingConfiguration) : managedReranking(managed),
  };
}

function rerankingOf(configuration: Reranking | undefined): Asked['reranking'] {
  if (!configuration) return undefined;
  const { modelConfiguration, numberOfRerankedResults: most } = configuration.bedrockRerankingConfiguration ?? {};
  if (configuration.type !== 'BEDROCK_RERANKING_MODEL' || !modelConfiguration?.modelArn) refuse('\'rerankingConfiguration\' must have the type BEDROCK_RERANKING_MODEL and the ARN of a model');
  if (most !== undefined) requireCount('numberOfRerankedResults', most);
  return { modelArn: modelConfiguration.modelArn, most };
}

function managedReranking({ rerankingModelType = 'MANAGED', rerankingConfiguration }: NonNullable<RetrievalConfiguration['managedSearchConfiguration']> = {}): Asked['reranking'] {
  if (rerankingModelType === 'NONE') return undefined;
  if (rerankingModelType === 'CUSTOM' && !rerankingConfiguration) refuse('\'rerankingModelType\' CUSTOM must come with a rerankingConfiguration');
  return rerankingModelType === 'CUSTOM' ? rerankingOf(rerankingConfiguration) : {};
}

function requireCount(name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MOST_RESULTS) refuse(`'${name}' must be a whole number from 1 to ${MOST_RESULTS}, got ${JSON.stringify(count)}`);
}

/** A filter from the question itself: an attribute whose value the question names, as a model would see it. */
function implicitFilter({ store, role }: RunningBase, question: string, configuration: Asked['implicit']): Filter | undefined {
  if (!configuration) return undefined;
  const { metadataAttributes = [], modelArn } = configuration;
  if (!modelArn || metadataAttributes.length < 1 || metadataAttributes.length > MOST_IMPLICIT) refuse(`'implicitFilterConfiguration' must have the ARN of a model and 1 to ${MOST_IMPLICIT} metadataAttributes`);
  role.require({ action: 'bedrock:InvokeModel', resource: modelArn });
  const chunks = store.all().flatMap((document) => document.chunks);
  const found = metadataAttributes.flatMap(({ key }) => {
    const values = new Set(chunks.flatMap(({ metadata }: { metadata: Metadata }) => [metadata[key] ?? []].flat()));
    const named = [...values].find((value) => new RegExp(`(?<![\\p{L}\\p{N}])${String(value).replace(/[^\p{L}\p{N}\s]/gu, '\\$&')}(?![\\p{L}\\p{N}])`, 'iu').test(question));
    return named === undefined ? [] : [{ equals: { key, value: named } }];
  });
  return found.reduce<Filter | undefined>(joined, undefined);
}

function joined(one: Filter | undefined, other: Filter | undefined): Filter | undefined {
  return one && other ? { andAll: [one, other] } : one ?? other;
}
