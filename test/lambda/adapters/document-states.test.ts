import { type ChatTable, startTable } from './chat-table';
import { dynamoDocumentStates, dynamoListedDocuments } from '../../../lambda/adapters/dynamo-document-states';
import type { DocumentState } from '../../../lambda/ports/document-states';
import type { Indexes } from '../../../lib/contract/reindexing';
import { listedIn, MemoryDocumentStates } from '../fakes/document-index';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('documents', ['pk', 'sk', 'listed']);
}, 20_000);
afterAll(() => table.stop());

let places = 0;
const source = () => `source${++places}`;
const memory = new MemoryDocumentStates();

const INDEXES = { answering: 'passages_one', known: { passages_one: { recipe: { index: { name: 'passages_one' } }, place: 'here' } } } as unknown as Indexes;

function document(of: string, key: string, more: Partial<DocumentState> = {}): DocumentState {
  return { source: of, bucket: 'papers', key, state: 'indexed', tries: 0, held: [{ version: 'v', chunks: 2, cut: 'c' }], heard: { content: '0A' }, since: 1, updatedAt: 2, ...more };
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

describe.each([['DynamoDB', () => dynamoDocumentStates(table.client, table.name, 'index')], ['memory', () => memory]])('states of documents in %s', (_, open) => {
  test('are found as they were saved, under revisions that go up', async () => {
    const [states, id] = [open(), source()];
    expect(await states.find(id, 'a')).toBeUndefined();
    const state = document(id, 'a', { tenants: ['acme'], notes: ['2 pages without text'] });
    expect(await states.save(state, undefined)).toBe(1);
    expect(await states.find(id, 'a')).toEqual({ state, revision: 1 });
    expect(await states.save({ ...state, tenants: undefined, state: 'deleted' }, 1, 60)).toBe(2);
    const { tenants: _tenants, ...rest } = state;
    expect(await states.find(id, 'a')).toEqual({ state: { ...rest, state: 'deleted' }, revision: 2 });
  });

  test('are not saved over what another has written', async () => {
    const [states, id] = [open(), source()];
    await states.save(document(id, 'a'), undefined);
    expect(await states.save(document(id, 'a', { state: 'failed' }), undefined)).toBeUndefined();
    expect(await states.save(document(id, 'a', { state: 'failed' }), 7)).toBeUndefined();
    expect((await states.find(id, 'a'))?.state.state).toBe('indexed');
    expect(await states.save(document(id, 'b'), 1)).toBeUndefined();
  });

  test('are forgotten', async () => {
    const [states, id] = [open(), source()];
    await states.save(document(id, 'a'), undefined);
    await states.remove(id, 'a');
    await states.remove(id, 'a');
    expect(await states.find(id, 'a')).toBeUndefined();
  });

  test('are gone through in the order of their keys\' bytes, behind a key', async () => {
    const [states, id] = [open(), source()];
    for (const key of ['b/\u{1F600}', 'a', 'b/\uFF5E', 'B', 'b']) await states.save(document(id, key), undefined);
    await states.save(document(source(), 'a'), undefined);
    expect((await collect(states.all(id))).map(({ key }) => key)).toEqual(['B', 'a', 'b', 'b/\uFF5E', 'b/\u{1F600}']);
    expect((await collect(states.all(id, 'b'))).map(({ key }) => key)).toEqual(['b/\uFF5E', 'b/\u{1F600}']);
  });
});

const listings = [
  ['DynamoDB', () => ({ states: dynamoDocumentStates(table.client, table.name, 'passages_one.here'), listed: dynamoListedDocuments(table.client, table.name, async () => INDEXES) })],
  ['memory', () => ({ states: memory, listed: listedIn(memory) })],
] as const;

test.each(listings)('documents in %s are listed by their state page by page, each tenant\'s apart', async (name, open) => {
  const { states, listed } = open();
  const [id, acme, other] = [source(), `acme ${name}`, `other ${name}`];
  for (let at = 0; at < 5; at++) await states.save(document(id, `a${at}`, { state: 'parsed', tenants: [acme] }), undefined);
  await states.save(document(id, 'b', { state: 'parsed', tenants: [other] }), undefined);
  await states.save(document(id, 'c', { state: 'failed', tenants: [acme], reason: 'It is broken.' }), undefined);
  await states.save(document(id, 'd', { state: 'chunked' }), undefined);

  const first = await listed.page({ state: 'parsed', tenant: acme, most: 3 });
  expect([first.documents.map(({ key }) => key), first.more]).toEqual([['a0', 'a1', 'a2'], true]);
  const second = await listed.page({ state: 'parsed', tenant: acme, most: 3, after: { source: id, key: 'a2' } });
  expect([second.documents.map(({ key }) => key), second.more]).toEqual([['a3', 'a4'], false]);
  expect((await listed.page({ state: 'failed', tenant: acme, most: 3 })).documents).toMatchObject([{ key: 'c', reason: 'It is broken.' }]);
  expect((await listed.page({ state: 'failed', tenant: other, most: 3 })).documents).toEqual([]);
  expect((await listed.page({ state: 'chunked', most: 3 })).documents.map(({ key }) => key)).toEqual(['d']);
  expect((await listed.find(id, 'c'))?.reason).toBe('It is broken.');
});
