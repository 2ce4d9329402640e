import { deployIndex } from './deployed-index';
import { ScanDelay } from '../../../lambda/ports/scans';

const TERMS = { scans: { detail: 'layout' as const, pages: 10 } };
const SCAN = 'scan 3\nfirst line\nsecond line';
const texts = (index: ReturnType<typeof deployIndex>) => [...index.store.chunks.values()].map(({ text }) => text);

async function scanned(content = SCAN, options: Parameters<typeof deployIndex>[0] = {}) {
  const index = deployIndex({ terms: TERMS, ...options });
  await index.settle(() => index.change('a.pdf', content));
  return index;
}

test('a scan is read by a job, waited for, and indexed like any other document', async () => {
  const index = deployIndex({ terms: TERMS });
  const seen: unknown[] = [];
  await index.settle(async () => {
    await index.change('a.pdf', SCAN);
    await index.clock.pause(30_000);
    seen.push(index.state('a.pdf'));
  });
  expect(seen).toMatchObject([{ state: 'scanning', working: true, scan: { job: expect.any(String), round: 0, begunAt: expect.any(Number) } }]);
  expect(index.state('a.pdf')).toMatchObject({ state: 'indexed', working: false, tries: 0, scan: { pages: 3 } });
  expect(texts(index)).toEqual(['first line', 'second line']);
  expect([index.scans.begun, index.metrics.PagesScanned]).toEqual([1, [3]]);
  expect(index.changes.dead).toEqual([]);
});

test('a job that takes hours is waited for, and the document is not given up', async () => {
  const index = deployIndex({ terms: TERMS });
  index.scans.takes = 5 * 3_600_000;
  await index.settle(() => index.change('a.pdf', SCAN));
  expect(index.state('a.pdf')!.state).toBe('indexed');
  expect(index.scans.begun).toBe(1);
  expect(index.changes.dead).toEqual([]);
});

test('a job that never ends fails the document, and says so', async () => {
  const index = deployIndex({ terms: TERMS });
  index.scans.takes = Infinity;
  await index.settle(() => index.change('a.pdf', SCAN));
  expect(index.state('a.pdf')).toMatchObject({ state: 'failed', reason: 'Textract did not come to an end with it within 12 hours' });
});

test.each(['save', 'begin', 'read'])('a worker that is killed at any %s begins no second job and loses none', async (call) => {
  for (let at = 1; at < 12; at++) {
    const index = deployIndex({ terms: TERMS, seed: at });
    let calls = 0;
    index.mishaps.killAt = (name) => name === call && ++calls === at;
    await index.settle(() => index.change('a.pdf', SCAN));
    expect(index.state('a.pdf')!.state).toBe('indexed');
    expect(index.scans.jobs.size).toBe(1);
  }
});

test('what the service has forgotten is begun anew, by another token, and not for ever', async () => {
  const index = deployIndex({ terms: TERMS });
  const begin = index.scans.begin.bind(index.scans);
  index.scans.begin = async (source, token) => {
    if (index.scans.begun < 2) index.scans.lost.add(token);
    return begin(source, token);
  };
  await index.settle(() => index.change('a.pdf', SCAN));
  expect(index.state('a.pdf')).toMatchObject({ state: 'indexed', scan: { round: 2 } });
  expect(index.scans.jobs.size).toBe(3);

  const other = deployIndex({ terms: TERMS });
  other.scans.read = async () => { throw new ScanDelay('lost', 'no such job'); };
  await other.settle(() => other.change('a.pdf', SCAN));
  expect(other.state('a.pdf')).toMatchObject({ state: 'failed', reason: 'what Textract read was lost 3 times' });
});

test('a service at its limit is waited for, however long', async () => {
  const index = deployIndex({ terms: TERMS });
  index.scans.refuses = new ScanDelay('busy', 'Open jobs exceed maximum concurrent job limit');
  await index.settle(async () => {
    await index.change('a.pdf', SCAN);
    await index.clock.pause(4 * 3_600_000);
    expect(index.state('a.pdf')!.state).toBe('scanning');
    index.scans.refuses = undefined;
  });
  expect(index.state('a.pdf')!.state).toBe('indexed');
  expect(index.changes.dead).toEqual([]);
  expect(index.metrics.DocumentsHeld.length).toBeGreaterThan(5);
});

test('a job that came to nothing fails the document with its reason', async () => {
  const index = await scanned('scan 1');
  expect(index.state('a.pdf')).toMatchObject({ state: 'failed', reason: 'Textract could not read the document' });
});

test('a document that changes while it is read is read as it is now', async () => {
  const index = deployIndex({ terms: TERMS });
  await index.settle(async () => {
    await index.change('a.pdf', SCAN);
    await index.clock.pause(20_000);
    await index.change('a.pdf', 'words\nnow');
  });
  expect(texts(index)).toEqual(['words', 'now']);
});

test('what was read once is not paid for again while it can be asked for: by another description, or in another pipeline', async () => {
  const index = await scanned();
  index.originals.objects.set('a.pdf.metadata.json', '{"metadataAttributes":{"year":1}}');
  Object.assign(index.terms, { pipeline: 'other' });
  index.reconcile();
  await index.settle();
  expect([...index.store.chunks.values()].map(({ metadata }) => metadata)).toEqual([{ year: 1 }, { year: 1 }]);
  expect([index.scans.begun, index.metrics.PagesScanned]).toEqual([1, [3]]);
});

test('a result that takes longer to fetch than a run has is tried some times, and then given up', async () => {
  const index = deployIndex({ terms: TERMS });
  const read = index.scans.read.bind(index.scans);
  index.scans.read = async (job, signal = new AbortController().signal) => {
    const found = await read(job);
    if (found) while (!signal.aborted) await index.clock.pause(1_000);
    signal.throwIfAborted();
    return found;
  };
  await index.settle(() => index.change('a.pdf', SCAN));
  expect(index.state('a.pdf')).toMatchObject({ state: 'failed', reason: 'It could not be read: whoever tried ran out of memory or time.' });
  expect(index.scans.begun).toBe(1);
});

test.each<[string, string, object, string]>([
  ['where scans are not read', 'scan 2\nline', {}, 'It is a scan. Let Textract read it, by documents.parsing.scans: ScanReading.textract(), or put up a document with text'],
  ['of too many pages, before it is paid for', 'scan 11\nline', TERMS, "the document is a scan of 11 pages; at most 10 are read: split it, or raise 'pages' of ScanReading.textract()"],
])('refuses a scan %s', async (_, content, terms, reason) => {
  const index = await scanned(content, { terms });
  expect(index.state('a.pdf')).toMatchObject({ state: 'failed', reason });
  expect(index.scans.begun).toBe(0);
});
