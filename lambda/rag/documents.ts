import * as v from 'valibot';
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
  const { list, one } = DOCUMENT_ROUTES;
  return {
    [`${list.method} ${list.path}`]: async (call) => json(await page(call, tenantOf(knowledge, call.claims), documents)),
    [`${one.method} ${one.path}`]: async (call) => json(documentBody(await found(call, source, tenantOf(knowledge, call.claims), documents))),
  };
}

/** `GET /v1/documents`: those in one state, or all, state by state in the order in which they come to it. */
async function page({ query }: Call, tenant: Tenant | undefined, documents: ListedDocuments): Promise<object> {
  const asked = stateAsked(query.state);
  const limit = limitAsked(query.limit);
  const start = positionIn(query.cursor);
  const wanted = asked === undefined ? LISTED : [asked];
  if (start && !wanted.includes(start.state)) throw badCursor();
  const states = wanted.slice(start ? wanted.indexOf(start.state) : 0);
  const data: DocumentState[] = [];
  for (const [place, state] of states.entries()) {
    const after = start?.state === state && start.source !== undefined && start.key !== undefined ? { source: start.source, key: start.key } : undefined;
    const { documents: some, more } = await documents.page({ state, tenant: tenant?.value, after, most: limit - data.length });
    data.push(...some);
    const last = some.at(-1);
    if (more && last) return listBody(data, { state, source: last.source, key: last.key });
    if (data.length === limit) return listBody(data, place + 1 < states.length ? { state: states[place + 1] } : undefined);
  }
  return listBody(data);
}

/** `GET /v1/documents/{id}`. Another tenant's is not there. */
async function found({ path: { id = '' } }: Call, source: string, tenant: Tenant | undefined, documents: ListedDocuments): Promise<DocumentState> {
  const named = Buffer.from(id, 'base64url').toString();
  const document = v.is(possibleKey, named) && idOf(named) === id ? await documents.find(source, named) : undefined;
  const own = document && (!tenant || (document.tenants ?? []).includes(tenant.value));
  if (!own) throw new NotFound('id', "There is no document with this 'id': it is the document's key in base64url, as GET /v1/documents gives it.");
  return document;
}

function documentBody({ bucket, key, state, version, title, bytes, chunks, written, reason, notes, scan, updatedAt, indexedAt }: DocumentState): object {
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

function stateAsked(state: string | undefined): DocumentStateName | undefined {
  const known = DOCUMENT_STATES.find((one) => one === state);
  if (state !== undefined && !known) throw new BadRequest('state', `'state' must be one of ${DOCUMENT_STATES.map((one) => `'${one}'`).join(', ')}: leave it out for all.`, 'invalid_value');
  return known;
}

function limitAsked(limit: string | undefined): number {
  if (limit === undefined) return PAGE;
  const count = Number(limit);
  if (!/^\d{1,3}$/.test(limit) || count < 1 || count > LONGEST_PAGE) {
    throw new BadRequest('limit', `'limit' must be a whole number from 1 to ${LONGEST_PAGE}: leave it out for ${PAGE}.`, 'invalid_value');
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
