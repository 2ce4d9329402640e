import * as v from 'valibot';
import { indexesBody } from './indexes';
import { DOCUMENT_STATES, type DocumentStateName } from '../../lib/contract/document-index';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { DOCUMENT_ROUTES } from '../../lib/contract/rag';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { BadRequest, NotFound } from '../kit/http';
import { type Tenant, tenantOf } from '../knowledge/isolation';
import type { DocumentState, ListedDocuments } from '../ports/document-states';

const PAGE = 50;
const LONGEST_PAGE = 200;
/** Longer keys S3 takes none, nor does the table. */
const LONGEST_KEY_BYTES = 1_024;

/** As long as nobody asks for them by name, deleted ones are not documents. */
const LISTED: readonly DocumentStateName[] = DOCUMENT_STATES.filter((state) => state !== 'deleted');

const possibleKey = v.pipe(v.string(), v.minBytes(1), v.maxBytes(LONGEST_KEY_BYTES));
const position = v.strictObject({ v: v.literal(1), state: v.picklist(DOCUMENT_STATES), source: v.optional(possibleKey), key: v.optional(possibleKey) });

/** How documents are: of a caller's tenant alone, where documents belong to tenants. */
export function documentRoutes(knowledge: Pick<KnowledgePolicy, 'tenant' | 'fields'>, source: string, documents: ListedDocuments): Readonly<Record<string, Route>> {
  const { list, one, indexes } = DOCUMENT_ROUTES;
  return {
    [`${list.method} ${list.path}`]: async (call) => json(await page(call, tenantOf(knowledge, call.claims), documents)),
    [`${indexes.method} ${indexes.path}`]: async (call) => json(indexesBody(await documents.indexes(), tenantOf(knowledge, call.claims) === undefined)),
    [`${one.method} ${one.path}`]: async (call) => json(documentBody(await found(call, source, tenantOf(knowledge, call.claims), documents))),
  };
}

/** `GET /v1/documents`: those in one state, or all, state by state in the order in which they come to it. */
async function page({ query }: Call, tenant: Tenant | undefined, documents: ListedDocuments): Promise<object> {
  const asked = stateAsked(query.state);
  const index = await indexAsked(query.index, documents);
  const limit = limitAsked(query.limit);
  const start = positionIn(query.cursor);
  const wanted = asked === undefined ? LISTED : [asked];
  if (start && !wanted.includes(start.state)) throw badCursor();
  const states = wanted.slice(start ? wanted.indexOf(start.state) : 0);
  const data: DocumentState[] = [];
  for (const [place, state] of states.entries()) {
    const after = start?.state === state && start.source !== undefined && start.key !== undefined ? { source: start.source, key: start.key } : undefined;
    const of = { ...(index !== undefined && { index }), state, tenant: tenant?.value, after };
    const { documents: some, more } = await documents.page({ ...of, most: limit - data.length });
    data.push(...some);
    const last = some.at(-1);
    if (more && last) return listBody(data, { state, source: last.source, key: last.key });
    if (data.length === limit) return listBody(data, place + 1 < states.length ? { state: states[place + 1] } : undefined);
  }
  return listBody(data);
}

/** `GET /v1/documents/{id}`. Another tenant's is not there. */
async function found({ path: { id = '' }, query }: Call, source: string, tenant: Tenant | undefined, documents: ListedDocuments): Promise<DocumentState> {
  const named = Buffer.from(id, 'base64url').toString();
  const document = v.is(possibleKey, named) && idOf(named) === id ? await documents.find(source, named, await indexAsked(query.index, documents)) : undefined;
  const own = document && (!tenant || (document.tenants ?? []).includes(tenant.value));
  if (!own) throw new NotFound('id', "There is no document with this 'id': it is the document's key in base64url, as GET /v1/documents gives it.");
  return document;
}

function documentBody(document: DocumentState): object {
  const { bucket, key, state, version, title, bytes, chunks, written, reason, failedBefore, notes, scan, updatedAt, indexedAt } = document;
  return {
    id: idOf(key),
    object: 'document',
    key,
    uri: `s3://${bucket}/${key}`,
    state,
    ...(version && { version: version.id }),
    ...(title !== undefined && { title }),
    ...(bytes !== undefined && { bytes }),
    ...(chunks !== undefined && { chunks, chunks_written: written ?? 0 }),
    ...(state === 'scanning' && scan && { scanning_since: Math.floor(scan.begunAt / 1000) }),
    ...(scan?.pages !== undefined && { pages_scanned: scan.pages }),
    ...(reason !== undefined && { reason }),
    ...(state === 'failed' && failedBefore !== undefined && { failed_before: failedBefore }),
    ...(notes !== undefined && notes.length > 0 && { notes }),
    updated_at: Math.floor(updatedAt / 1000),
    indexed_at: indexedAt === undefined ? null : Math.floor(indexedAt / 1000),
  };
}

function listBody(data: readonly DocumentState[], next?: Omit<v.InferOutput<typeof position>, 'v'>): object {
  return { object: 'list', data: data.map(documentBody), has_more: next !== undefined, next_cursor: next ? idOf(JSON.stringify({ v: 1, ...next })) : null };
}

function idOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** Another than the one that answers, such as one that is being built. */
async function indexAsked(index: string | undefined, documents: ListedDocuments): Promise<string | undefined> {
  if (index === undefined) return undefined;
  const { known } = await documents.indexes();
  if (!Object.hasOwn(known, index)) throw new BadRequest('index', "'index' must be the 'id' of an index as GET /v1/indexes gives it: leave it out for the one that answers.", 'invalid_value');
  return index;
}

function stateAsked(state: string | undefined): DocumentStateName | undefined {
  const known = DOCUMENT_STATES.find((one) => one === state);
  if (state !== undefined && !known) throw new BadRequest('state', `'state' must be one of ${DOCUMENT_STATES.map((one) => `'${one}'`).join(', ')}, got '${state.slice(0, 40)}': leave it out for all.`, 'invalid_value');
  return known;
}

function limitAsked(limit: string | undefined): number {
  if (limit === undefined) return PAGE;
  const count = Number(limit);
  if (!/^\d{1,3}$/.test(limit) || count < 1 || count > LONGEST_PAGE) {
    throw new BadRequest('limit', `'limit' must be a whole number from 1 to ${LONGEST_PAGE}, got '${limit.slice(0, 40)}': leave it out for ${PAGE}.`, 'invalid_value');
  }
  return count;
}

function positionIn(cursor: string | undefined): v.InferOutput<typeof position> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return v.parse(position, JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw badCursor();
  }
}

function badCursor(): BadRequest {
  return new BadRequest('cursor', "'cursor' must be the 'next_cursor' of an earlier answer to the same 'state'.", 'invalid_value');
}
