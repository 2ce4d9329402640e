import { createHash } from 'node:crypto';
import {
  type BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalConfiguration, type KnowledgeBaseRetrievalResult, type RetrievalResultContent,
  type RetrievalResultLocation, RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { retrievalFilter } from './bedrock-filter';
import type { KnowledgePolicy, MetadataField } from '../../lib/contract/knowledge';
import { type Passage, type Passages, PassagesFailure, type Search } from '../ports/passages';

/** As many fields as a model may read a filter of out of a question. */
const MOST_IMPLICIT_FIELDS = 25;

/** What Bedrock itself writes of a passage begins like this. */
const OWN = 'x-amz-bedrock-kb-';

/** Passages of a knowledge base of Bedrock. The client must not retry: the core does, with jitter and within the time that is left. */
export function bedrockPassages(client: BedrockAgentRuntimeClient, policy: KnowledgePolicy): Passages {
  return {
    async search(search, abortSignal) {
      try {
        const { retrievalResults = [] } = await client.send(new RetrieveCommand({
          knowledgeBaseId: policy.knowledgeBaseId,
          retrievalQuery: { text: search.question },
          retrievalConfiguration: configuration(search, policy),
        }), { abortSignal });
        return retrievalResults.map(passageOf).filter(({ text }) => text.trim() !== '');
      } catch (error) {
        throw translated(error);
      }
    },
  };
}

function configuration(search: Search, policy: KnowledgePolicy): KnowledgeBaseRetrievalConfiguration {
  return policy.kind === 'managed' ? { managedSearchConfiguration: managedSearch(search, policy) } : { vectorSearchConfiguration: vectorSearch(search, policy) };
}

function vectorSearch({ filter, most }: Search, policy: KnowledgePolicy): KnowledgeBaseRetrievalConfiguration['vectorSearchConfiguration'] {
  const { search, rerank, implicitFilter, candidates } = policy;
  const model = typeof rerank === 'object' ? rerank : undefined;
  return {
    numberOfResults: model ? Math.max(candidates, most) : most,
    ...(search && { overrideSearchType: search }),
    ...(filter && { filter: retrievalFilter(filter) }),
    ...(model && { rerankingConfiguration: byModel(model, most) }),
    ...(implicitFilter && { implicitFilterConfiguration: { modelArn: implicitFilter.modelArn, metadataAttributes: implicitFields(policy) } }),
  };
}

function managedSearch({ filter, most }: Search, { rerank, candidates }: KnowledgePolicy): KnowledgeBaseRetrievalConfiguration['managedSearchConfiguration'] {
  return {
    numberOfResults: rerank ? Math.max(candidates, most) : most,
    ...(filter && { filter: retrievalFilter(filter) }),
    rerankingModelType: rerank === 'managed' ? 'MANAGED' : rerank ? 'CUSTOM' : 'NONE',
    ...(typeof rerank === 'object' && { rerankingConfiguration: byModel(rerank, most) }),
  };
}

function byModel({ modelArn }: { readonly modelArn: string }, most: number) {
  return { type: 'BEDROCK_RERANKING_MODEL' as const, bedrockRerankingConfiguration: { modelConfiguration: { modelArn }, numberOfRerankedResults: most } };
}

/** The tenant's field is not for a model to fill in. */
function implicitFields({ fields, tenant }: KnowledgePolicy) {
  const types = { string: 'STRING', number: 'NUMBER', boolean: 'BOOLEAN', stringList: 'STRING_LIST' } as const;
  return fields.filter(({ name }) => name !== tenant?.field).slice(0, MOST_IMPLICIT_FIELDS)
    .map(({ name, type, description }: MetadataField) => ({ key: name, type: types[type], description: description ?? name }));
}

function passageOf({ content, location, score = 0, metadata = {}, documentId }: KnowledgeBaseRetrievalResult): Passage {
  const text = wordsOf(content);
  const own = (name: string): unknown => metadata[`${OWN}${name}`];
  const uri = uriOf(location) ?? stringOf(own('source-uri')) ?? documentId ?? '';
  const page = Number(own('document-page-number'));
  return {
    id: stringOf(own('chunk-id')) ?? createHash('sha256').update(`${uri}\n${text}`).digest('base64url').slice(0, 22),
    text,
    score,
    source: { uri, title: stringOf(metadata.title) ?? nameIn(uri), ...(Number.isInteger(page) && page > 0 && { page }) },
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith(OWN))),
  };
}

function wordsOf({ text, row, audio, video }: RetrievalResultContent = {}): string {
  return text ?? row?.map(({ columnName, columnValue }) => `${columnName}: ${columnValue}`).join('\n') ?? audio?.transcription ?? video?.summary ?? '';
}

function uriOf(location: RetrievalResultLocation | undefined): string | undefined {
  if (!location) return undefined;
  const { customDocumentLocation, kendraDocumentLocation, s3Location } = location;
  const pages = [
    location.webLocation, location.confluenceLocation, location.salesforceLocation, location.sharePointLocation,
    location.oneDriveLocation, location.googleDriveLocation,
  ];
  return s3Location?.uri ?? pages.find((page) => page?.url !== undefined)?.url ?? customDocumentLocation?.id ?? kendraDocumentLocation?.uri;
}

/** What a document is called where nothing gives it a title: the end of its address. */
function nameIn(uri: string): string {
  const path = uri.replace(/[?#].*$/, '').replace(/\/+$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (uri.startsWith('s3://')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const THROTTLED = ['ThrottlingException', 'ServiceQuotaExceededException', 'TooManyRequestsException'];
/** Of a store that wakes up, or is busy with something else. */
const UNAVAILABLE = ['InternalServerException', 'BadGatewayException', 'DependencyFailedException', 'ConflictException', 'ServiceUnavailableException'];

/** A database that sleeps while nobody asks says so as if the request were wrong. */
const WAKING = /auto-?paus|resuming/i;

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error;
  const behind = { cause: error };
  if (THROTTLED.includes(error.name)) return new PassagesFailure('throttled', error.message, behind);
  if (UNAVAILABLE.includes(error.name)) return new PassagesFailure('unavailable', error.message, behind);
  if (error.name === 'ValidationException') return new PassagesFailure(WAKING.test(error.message) ? 'unavailable' : 'refused', error.message, behind);
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  // What has no answer from the service at all is the network's failure; what it forbids is the deployment's.
  return status === undefined || status >= 500 ? new PassagesFailure('unavailable', error.message, behind) : error;
}
