import { documentChanges } from '../../../lambda/document-changes/events';
import type { SentChange } from '../../../lambda/ports/sync-queues';

const SOURCES = [
  { dataSourceId: 'PAPERS', bucket: 'papers', prefixes: ['hr/', 'it/'] },
  { dataSourceId: 'EVERYTHING', bucket: 'papers' },
  { dataSourceId: 'WEB' },
  { dataSourceId: 'MANAGED', bucket: 'films', byJob: true },
];

function intake() {
  const sent: SentChange[] = [];
  const lines: object[] = [];
  const log = { info: (_: string, fields: object) => void lines.push(fields), error: (_: string, fields: object) => void lines.push(fields) };
  const state = { broken: false };
  const handler = documentChanges(SOURCES, {
    async send(changes) {
      if (state.broken) throw new Error('no queue today');
      sent.push(...changes);
    },
  }, log);
  return { handler, sent, lines, state };
}

const event = (key: string, more: object = {}) => ({
  'id': 'e1', 'detail-type': 'Object Created', 'time': '2026-01-01T00:00:00Z', 'detail': { bucket: { name: 'papers' }, object: { key, sequencer: '0A' } }, ...more,
});

test('puts a change in line for every source that reads the document', async () => {
  const { handler, sent } = intake();
  await handler(event('hr/leave & more.txt'));
  const change = { bucket: 'papers', key: 'hr/leave & more.txt', change: '0A', since: Date.UTC(2026, 0, 1) };
  expect(sent.map((one) => one.change)).toEqual([{ ...change, dataSourceId: 'PAPERS' }, { ...change, dataSourceId: 'EVERYTHING' }]);
  await handler(event('sales/plan.txt'));
  expect(sent.slice(2).map((one) => one.change.dataSourceId)).toEqual(['EVERYTHING']);
});

test('a change of what describes a document is a change of it, and another than its own', async () => {
  const { handler, sent } = intake();
  await handler(event('it/a.txt'));
  await handler(event('it/a.txt.metadata.json', { 'detail-type': 'Object Deleted' }));
  expect(new Set(sent.map(({ change }) => change.key))).toEqual(new Set(['it/a.txt']));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(4);
});

test('the same change has the same id, however often and in which event it is told', async () => {
  const { handler, sent } = intake();
  await handler(event('it/a.txt'));
  await handler(event('it/a.txt', { id: 'e2', time: '2026-01-01T00:00:01Z' }));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
  await handler(event('it/a.txt', { detail: { bucket: { name: 'papers' }, object: { key: 'it/a.txt', sequencer: '0B' } } }));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(4);
});

test('changes of a document stand in one line, for what is sent of it is not to be overtaken; where jobs read, none waits for another', async () => {
  const { handler, sent } = intake();
  const changed = (bucket: string, sequencer: string) => ({ detail: { bucket: { name: bucket }, object: { key: 'a.txt', sequencer } } });
  for (const sequencer of ['0A', '0B']) await handler(event('a.txt', changed('papers', sequencer)));
  expect(new Set(sent.map(({ line }) => line)).size).toBe(1);
  await handler(event('b.txt', { detail: { bucket: { name: 'papers' }, object: { key: 'b.txt', sequencer: '0C' } } }));
  expect(new Set(sent.map(({ line }) => line)).size).toBe(2);
  for (const sequencer of ['0A', '0B']) await handler(event('a.txt', changed('films', sequencer)));
  expect(new Set(sent.map(({ line }) => line)).size).toBe(4);
  expect(sent.every(({ line }) => /^[0-9a-f]{64}$/.test(line))).toBe(true);
});

test('folders, other buckets and metadata of nothing are no documents', async () => {
  const { handler, sent } = intake();
  for (const key of ['it/', '.metadata.json', 'it/.metadata.json']) await handler(event(key));
  await handler(event('it/a.txt', { detail: { bucket: { name: 'others' }, object: { key: 'it/a.txt', sequencer: '0A' } } }));
  expect(sent).toEqual([]);
});

test.each([
  ['another kind', event('a', { 'detail-type': 'Object Restored' })],
  ['no key', event('a', { detail: { bucket: { name: 'papers' }, object: {} } })],
  ['no time', event('a', { time: 'yesterday' })],
  ['nothing', undefined],
])('refuses an event of %s, for the dead-letter queue to keep', async (_, wrong) => {
  const { handler, lines } = intake();
  await expect(handler(wrong)).rejects.toThrow();
  expect(lines).toHaveLength(1);
});

test('fails where the queue does, so that Lambda calls again', async () => {
  const { handler, state } = intake();
  state.broken = true;
  await expect(handler(event('it/a.txt'))).rejects.toThrow('no queue today');
});
