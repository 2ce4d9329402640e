import { createHash } from 'node:crypto';
import {
  type BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalConfiguration, type KnowledgeBaseRetrievalResult, type RetrievalResultContent,
  type RetrievalResultLocation, RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { retrievalFilter } from './bedrock-filter';
import { retrievalFailure } from './bedrock-retrieval-failure';
import { findRows } from './bedrock-rows';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { MetadataField } from '../../lib/contract/metadata';
import type { Passage, Passages, Search } from '../ports/passages';

/** As many fields as a model may read a filter of out of a question. */
const MOST_IMPLICIT_FIELDS = 25;

/** What Bedrock itself writes of a passage begins like this. */
const OWN = 'x-amz-bedrock-kb-';

/** A store that slept may take long to find anything. */
const SEARCH_MS = 45_000;
/** What writing a query takes, before it runs. */
const WRITING_MS = 30_000;

/** How long one search may say nothing, in milliseconds. */
export function searchPatience({ sql }: Pick<KnowledgePolicy, 'sql'>): number {
  return sql ? sql.seconds * 1_000 + WRITING_MS : SEARCH_MS;
}

/** Passages of a knowledge base of Bedrock. The client must not retry: the core does, with jitter and within the time that is left. */
export function bedrockPassages(client: BedrockAgentRuntimeClient, policy: KnowledgePolicy): Passages {
  return {
    async search(search, abortSignal) {
      try {
        if (policy.kind === 'sql') return await findRows(client, policy.knowledgeBaseId, search, abortSignal);
        const { retrievalResults = [] } = await client.send(new RetrieveCommand({
          knowledgeBaseId: policy.knowledgeBaseId,
          retrievalQuery: { text: search.question },
          retrievalConfiguration: configuration(search, policy),
          ...(search.user !== undefined && { userContext: { userId: search.user } }),
        }), { abortSignal });
        return retrievalResults.map(passageOf).filter(({ text }) => text.trim() !== '');
      } catch (error) {
        throw retrievalFailure(error);
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
