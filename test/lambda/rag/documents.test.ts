import type { DocumentState } from '../../../lambda/ports/document-states';
import { listedIn, MemoryDocumentStates } from '../fakes/document-index';
import { RagApi, type RagOptions } from '../fakes/rag-api';

const idOf = (key: string) => Buffer.from(key).toString('base64url');

async function api(documents: readonly (Partial<DocumentState> & { readonly key: string })[], knowledge: RagOptions['knowledge'] = {}) {
  const states = new MemoryDocumentStates();
  for (const each of documents) {
    const known = { source: 'documents', bucket: 'papers', state: 'indexed', tries: 0, held: [], heard: {}, since: 1_000, updatedAt: 2_000, ...each } as const;
    await states.save(known, undefined);
  }
  return new RagApi({ listed: listedIn(states), documents: { table: 't', source: 'documents' }, knowledge });
}

test('tells how a document is, by its key in base64url', async () => {
  const rag = await api([{
    key: 'hr/Ümlaut & more.pdf', state: 'chunked', version: { id: 'v1', tag: 't', pipeline: 'p' }, title: 'Leave', bytes: 9, chunks: 200, written: 96, notes: ['2 pages without text'],
  }]);
  const { status, json } = await rag.document(idOf('hr/Ümlaut & more.pdf'));
  expect(status).toBe(200);
  expect(json()).toEqual({
    id: idOf('hr/Ümlaut & more.pdf'),
    object: 'document',
    key: 'hr/Ümlaut & more.pdf',
    uri: 's3://papers/hr/Ümlaut & more.pdf',
    state: 'chunked',
    version: 'v1',
    title: 'Leave',
    bytes: 9,
    chunks: 200,
    chunks_written: 96,
    notes: ['2 pages without text'],
    updated_at: 2,
    indexed_at: null,
  });
});

test('lists documents page by page, state by state, without those that are deleted', async () => {
  const rag = await api([
    ...Array.from({ length: 5 }, (_, at) => ({ key: `a${at}`, indexedAt: 3_000 })), { key: 'f', state: 'failed' as const, reason: 'It is broken.', failedBefore: 'parsed' as const }, { key: 'q', state: 'queued' as const }, { key: 'd', state: 'deleted' as const },
  ]);
  const keys: string[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const body = (await rag.documents({ limit: '3', ...(cursor && { cursor }) })).json() as { data: { key: string }[]; has_more: boolean; next_cursor: string | null };
    keys.push(body.data.map(({ key }) => key));
    expect(body.has_more).toBe(body.next_cursor !== null);
    cursor = body.next_cursor;
  }
  expect(keys).toEqual([['q', 'a0', 'a1'], ['a2', 'a3', 'a4'], ['f']]);
  expect((await rag.documents({ state: 'failed' })).json()).toMatchObject({ object: 'list', data: [{ key: 'f', reason: 'It is broken.', failed_before: 'parsed' }], has_more: false, next_cursor: null });
  expect((await rag.documents({ state: 'deleted' })).json().data).toMatchObject([{ key: 'd' }]);
});

test('shows a tenant their own documents, and nobody\'s else', async () => {
  const rag = await api(
    [{ key: 'a', tenants: ['acme'] }, { key: 'b', tenants: ['other'] }, { key: 'c', state: 'failed', reason: 'secret' }],
    { tenant: { field: 'department', claim: 'team' } },
  );
  expect((await rag.documents({}, { team: 'acme' })).json().data).toMatchObject([{ key: 'a' }]);
  expect((await rag.document(idOf('a'), { team: 'acme' })).status).toBe(200);
  for (const key of ['b', 'c']) {
    const { status, text } = await rag.document(idOf(key), { team: 'acme' });
    expect([status, text]).toEqual([404, expect.not.stringContaining('secret')]);
  }
  expect([(await rag.documents()).status, (await rag.document(idOf('a'))).status]).toEqual([403, 403]);
});

test.each([
  [{ state: 'lost' }, 'state'], [{ limit: '0' }, 'limit'], [{ limit: '201' }, 'limit'], [{ limit: '1e1' }, 'limit'], [{ cursor: 'x' }, 'cursor'],
  [{ state: 'failed', cursor: Buffer.from('{"v":1,"state":"indexed"}').toString('base64url') }, 'cursor'],
  [{ cursor: idOf('{"v":1,"state":"indexed","source":"documents","key":""}') }, 'cursor'],
  [{ cursor: idOf(JSON.stringify({ v: 1, state: 'indexed', source: 'documents', key: 'x'.repeat(1_025) })) }, 'cursor'],
])('refuses %.80j', async (query, param) => {
  const { status, json } = await (await api([])).documents(query as unknown as Record<string, string>);
  expect([status, json().error.param]).toEqual([400, param]);
});

test.each(['', 'not base64!', idOf('never'), 'x'.repeat(5_000)])('finds nothing under %.20s', async (id) => {
  expect((await (await api([])).document(id)).status).toBe(404);
});

test('asks the table for no key that is longer than it takes', async () => {
  const find = jest.fn().mockRejectedValue(new Error('ValidationException'));
  const rag = new RagApi({ listed: { ...listedIn(new MemoryDocumentStates()), find }, documents: { table: 't', source: 'documents' } });
  expect([(await rag.document(idOf('k'.repeat(1_025)))).status, find.mock.calls.length]).toEqual([404, 0]);
  expect((await rag.document(idOf('k'.repeat(1_024)))).status).toBe(500);
});

test('is not there where nobody keeps how documents are', async () => {
  expect((await new RagApi().documents()).status).toBe(404);
});
