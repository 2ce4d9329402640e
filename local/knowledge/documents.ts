import type { Bases, RunningBase } from './bases';
import type { DataSource } from './definition';
import { type DocumentIdentifier, type IndexedDocument, keyOf } from './index-store';
import { type Content, forget, indexDocument } from './indexing';
import { type Metadata, readInline, readSidecar, SIDECAR } from './metadata';
import { Unreadable } from './parse';
import { findDocument } from './s3-source';
import { refuse } from '../bedrock/refusal';

/** A document of IngestKnowledgeBaseDocuments. */
export interface SentDocument {
  readonly content?: {
    readonly dataSourceType?: string;
    readonly s3?: { readonly s3Location?: { readonly uri?: string } };
    readonly custom?: {
      readonly customDocumentIdentifier?: { readonly id?: string };
      readonly sourceType?: string;
      readonly s3Location?: { readonly uri?: string };
      readonly inlineContent?: {
        readonly type?: string;
        readonly textContent?: { readonly data: string };
        readonly byteContent?: { readonly mimeType: string; readonly data: string };
      };
    };
  };
  readonly metadata?: {
    readonly type?: string;
    readonly inlineAttributes?: Parameters<typeof readInline>[0];
    readonly s3Location?: { readonly uri?: string };
  };
}

/** Most documents of one call. */
const MOST = 10;

/** What documents are told about, and taken by, in calls of their own instead of a job. */
export class Documents {
  constructor(private readonly bases: Bases) {}

  ingest(id: string, dataSourceId: string, documents: readonly SentDocument[] | undefined): object {
    const { running, source } = this.bases.source(id, dataSourceId);
    const sent = requireSome('documents', documents).map((document) => ({ document, identifier: identifierOf(document, source) }));
    requireDistinct(sent.map(({ identifier }) => identifier));
    return {
      documentDetails: sent.map(({ document, identifier }) => {
        const opened = running.store.open(dataSourceId, identifier);
        const version = ++opened.version;
        Object.assign(opened, { status: 'STARTING', reason: undefined, updatedAt: new Date() });
        this.bases.later(() => this.index(opened, document, source, running, version));
        return detail(id, opened);
      }),
    };
  }

  delete(id: string, dataSourceId: string, identifiers: readonly DocumentIdentifier[] | undefined): object {
    const { running } = this.bases.source(id, dataSourceId);
    return {
      documentDetails: requireSome('documentIdentifiers', identifiers).map((identifier) => {
        const document = running.store.find(dataSourceId, identifier);
        if (!document) return missing(id, dataSourceId, identifier);
        const version = ++document.version;
        Object.assign(document, { status: 'DELETING', updatedAt: new Date() });
        this.bases.later(() => {
          // What was sent again since then stays.
          if (document.version === version) forget(document, running);
        });
        return detail(id, document);
      }),
    };
  }

  get(id: string, dataSourceId: string, identifiers: readonly DocumentIdentifier[] | undefined): object {
    const { running } = this.bases.source(id, dataSourceId);
    return {
      documentDetails: requireSome('documentIdentifiers', identifiers).map((identifier) => {
        const document = running.store.find(dataSourceId, identifier);
        return document ? detail(id, document) : missing(id, dataSourceId, identifier);
      }),
    };
  }

  list(id: string, dataSourceId: string, page: PageRequest): object {
    const { running } = this.bases.source(id, dataSourceId);
    const { items, nextToken } = pageOf(running.store.of(dataSourceId), page);
    return { documentDetails: items.map((document) => detail(id, document)), nextToken };
  }

  private async index(opened: IndexedDocument, document: SentDocument, source: DataSource, running: RunningBase, version: number): Promise<void> {
    if (opened.version !== version) return;
    opened.status = 'IN_PROGRESS';
    await indexDocument(opened, () => contentOf(opened, document, source, running), source, running, { version });
  }
}

interface PageRequest {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

/** Part of a list, and where the next part begins. */
export function pageOf<T>(all: readonly T[], { maxResults = 100, nextToken }: PageRequest): { items: readonly T[]; nextToken?: string } {
  const from = Number(nextToken ?? 0);
  return { items: all.slice(from, from + maxResults), ...from + maxResults < all.length && { nextToken: String(from + maxResults) } };
}

function contentOf(opened: IndexedDocument, { content, metadata }: SentDocument, source: DataSource, running: RunningBase): Content {
  const { buckets, role } = running;
  const inline: Metadata = metadata?.type === 'IN_LINE_ATTRIBUTE' ? readInline(metadata.inlineAttributes ?? []) : {};
  const sidecarUri = metadata?.type === 'S3_LOCATION' ? metadata.s3Location?.uri : undefined;
  const custom = content?.custom;
  const uri = content?.s3?.s3Location?.uri ?? (custom?.sourceType === 'S3_LOCATION' ? custom.s3Location?.uri : undefined);
  if (uri !== undefined) {
    const found = findDocument(uri, buckets, role, sidecarUri ?? (custom ? undefined : `${uri}${SIDECAR}`));
    if (!found) throw new Unreadable(`There is no object ${uri}.`);
    const read = found.read();
    if (source.type === 'S3') opened.fingerprint = found.fingerprint;
    return { ...read, metadata: { ...read.metadata, ...inline } };
  }
  const beside = sidecarUri === undefined ? { metadata: {}, embedded: {} } : readSidecar(findDocument(sidecarUri, buckets, role)?.read().bytes ?? Buffer.from(''));
  const attributes = { ...beside.metadata, ...inline };
  const { textContent, byteContent } = custom?.inlineContent ?? {};
  if (byteContent) return { name: keyOf(opened.identifier), bytes: Buffer.from(byteContent.data, 'base64'), contentType: byteContent.mimeType, metadata: attributes, embedded: beside.embedded };
  return { name: 'inline.txt', bytes: Buffer.from(textContent?.data ?? ''), metadata: attributes, embedded: beside.embedded };
}

function identifierOf({ content }: SentDocument, source: DataSource): DocumentIdentifier {
  const expected = source.type === 'CUSTOM' ? 'CUSTOM' : 'S3';
  if (content?.dataSourceType !== expected) refuse(`'dataSourceType' must be ${expected}, as the data source ${source.id} is, got ${content?.dataSourceType}`);
  if (expected === 'CUSTOM') {
    const id = content.custom?.customDocumentIdentifier?.id;
    if (!id) refuse('a custom document must have an id');
    return { dataSourceType: 'CUSTOM', custom: { id } };
  }
  const uri = content.s3?.s3Location?.uri ?? '';
  if (!uri.startsWith(`s3://${source.bucket}/`)) refuse(`the document must lie in the bucket ${source.bucket} of its data source, got '${uri}'`);
  return { dataSourceType: 'S3', s3: { uri } };
}

function requireSome<T>(name: string, items: readonly T[] | undefined): readonly T[] {
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST) refuse(`'${name}' must have 1 to ${MOST} members, got ${items?.length ?? 'none'}`);
  return items;
}

function requireDistinct(identifiers: readonly DocumentIdentifier[]): void {
  const keys = identifiers.map(keyOf);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) refuse(`the document ${twice} is named twice`);
}

function detail(knowledgeBaseId: string, { dataSourceId, identifier, status, reason, updatedAt }: IndexedDocument): object {
  return { knowledgeBaseId, dataSourceId, status, identifier, statusReason: reason, updatedAt: updatedAt.toISOString() };
}

function missing(knowledgeBaseId: string, dataSourceId: string, identifier: DocumentIdentifier): object {
  return { knowledgeBaseId, dataSourceId, status: 'NOT_FOUND', identifier, statusReason: 'The document is not known.', updatedAt: new Date().toISOString() };
}
