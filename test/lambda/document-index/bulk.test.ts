import { orBulkStep } from '../../../lambda/document-index/bulk/steps';
import { vectorKey } from '../../../lambda/embed/remembered';
import type { MetricValues } from '../../../lambda/kit/metrics';
import { ChunkFailure } from '../../../lambda/ports/chunks';
import { EmbeddingFailure, type Embeddings, type Vector } from '../../../lambda/ports/embeddings';
import type { SentChange } from '../../../lambda/ports/sync-queues';
import type { BulkCounts, BulkSummary, Packed, Plan, Prepared } from '../../../lib/contract/bulk-load';
import { LINE_CHUNKER, LINE_PARSER, lengthEmbeddings, MemoryDocumentStates, MemoryOriginals, MemoryScans, MemoryStore } from '../fakes/document-index';
import { MemoryObjects } from '../fakes/objects';
import { MemoryRunFiles } from '../fakes/run-files';

const EMBEDDING = { modelId: 'model', family: 'titan', dimension: 1, binary: false, inputTokens: 8_192, concurrency: 8 } as const;

function bulk({ embeddings = lengthEmbeddings(), seconds = 300 }: { embeddings?: Embeddings; seconds?: number } = {}) {
  const originals = new MemoryOriginals();
  const states = new MemoryDocumentStates();
  const store = new MemoryStore();
  const files = new MemoryRunFiles();
  const known = new Map<string, Vector>();
  const metrics: Record<string, number[]> = {};
  const lines: object[] = [];
  const time = { now: 1_000, call: seconds * 1_000, perFind: 0 };
  const find = originals.find.bind(originals);
  originals.find = async (bucket, key) => {
    time.now += time.perFind;
    return find(bucket, key);
  };
  const sent: SentChange[] = [];
  const scans = { detail: 'layout' as const, pages: 10 };
  const terms = { pipeline: 'lines', scans, fields: [], sources: [{ dataSourceId: 'documents', bucket: 'papers' }], mostBytes: 10_000, embedding: EMBEDDING };
  const ports = {
    originals,
    states,
    store,
    files,
    texts: new MemoryObjects(),
    changes: { send: async (changes: readonly SentChange[]) => void sent.push(...changes) },
    scans: new MemoryScans({ now: () => time.now }, originals),
    parser: LINE_PARSER,
    chunker: LINE_CHUNKER,
    embeddings,
    vectors: {
      find: async (keys: readonly string[]) => new Map(keys.flatMap((key) => (known.has(key) ? [[key, known.get(key)!]] : []))),
      keep: async (made: ReadonlyMap<string, Vector>) => made.forEach((vector, key) => known.set(key, vector)),
    },
    bodies: {
      request: (text: string) => ({ inputText: text }),
      vector: (answer: unknown) => {
        const { embedding } = (answer ?? {}) as { embedding?: Vector };
        if (!embedding) throw new EmbeddingFailure('refused', 'there is no vector');
        return embedding;
      },
    },
    clock: { now: () => time.now, pause: async () => undefined, chance: () => 0.5, every: () => () => undefined },
    publish: (values: MetricValues) => { for (const [name, value] of Object.entries(values)) if (value !== undefined) (metrics[name] ??= []).push(value); },
    log: { info: () => undefined, error: (message: string, fields: object) => void lines.push({ message, ...fields }) },
  };
  const handler = orBulkStep(terms, ports, async () => 'somebody else');
  const call = <T>(request: object) => {
    const until = time.now + time.call;
    return handler({ run: 'monday', source: 'documents', encoded: false, ...request }, { getRemainingTimeInMillis: () => until - time.now }) as Promise<T>;
  };
  const keyOf = (text: string) => vectorKey(EMBEDDING, text, 'document');
  return { originals, states, store, files, sent, known, metrics, lines, time, terms, ports, handler, call, keyOf };
}

const items = (...keys: string[]) => keys.map((Key) => ({ Key }));
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`);

test('what is no step of a load goes to whoever else takes events', async () => {
  expect(await bulk().handler({ Records: [] }, { getRemainingTimeInMillis: () => 1_000 })).toBe('somebody else');
});

describe('the index step', () => {
  test('brings documents in step as changes do, and passes over what describes others and what is a folder', async () => {
    const { call, originals, store, metrics } = bulk();
    originals.objects.set('a.txt', 'one\ntwo').set('a.txt.metadata.json', '{"metadataAttributes":{}}').set('bad.txt', 'broken');
    const documents = items('a.txt', 'a.txt.metadata.json', 'folder/', 'bad.txt', 'gone.txt');
    expect(await call<BulkCounts>({ bulk: 'index', documents })).toEqual({ indexed: 1, unchanged: 1, deleted: 0, failed: 1, scanning: 0, chunks: 2, failures: [{ key: 'bad.txt', reason: 'It is broken.' }] });
    expect([...store.chunks.values()].map(({ text }) => text)).toEqual(['one', 'two']);
    expect(metrics).toEqual({ DocumentsIndexed: [1], ChunksIndexed: [2], DocumentsFailed: [1] });
    expect(await call<BulkCounts>({ bulk: 'index', documents })).toMatchObject({ indexed: 0, unchanged: 3, failed: 0 });
  });

  test('takes out what is in the index and no more in the bucket', async () => {
    const { call, originals, store } = bulk();
    originals.objects.set('a.txt', 'one');
    await call({ bulk: 'index', documents: items('a.txt') });
    originals.objects.delete('a.txt');
    expect(await call<BulkCounts>({ bulk: 'index', documents: items('a.txt') })).toMatchObject({ deleted: 1 });
    expect(store.chunks.size).toBe(0);
  });

  test('reads keys of inventories, that are written as in addresses or are not', async () => {
    const { call, originals } = bulk();
    originals.objects.set('leave & pay.txt', 'one').set('100%.txt', 'two').set('a+b.txt', 'three');
    expect(await call<BulkCounts>({ bulk: 'index', encoded: true, documents: items('leave+%26+pay.txt', '100%.txt', 'a+b.txt') })).toMatchObject({ indexed: 3 });
  });

  test('begins to read scans, and leaves them to the line of their document', async () => {
    const { call, originals, sent, states } = bulk();
    originals.objects.set('a.pdf', 'scan 3\nline').set('b.txt', 'one');
    expect(await call<BulkCounts>({ bulk: 'index', documents: items('a.pdf', 'b.txt') })).toMatchObject({ scanning: 1, indexed: 1, failed: 0 });
    expect(sent.map(({ change }) => change)).toMatchObject([{ dataSourceId: 'documents', bucket: 'papers', key: 'a.pdf' }]);
    expect(states.items.get('documents a.pdf')!.state.state).toBe('scanning');
  });

  test('goes on in the next call with what it had no time for', async () => {
    const { call, originals, time } = bulk({ seconds: 60 });
    for (const name of ['a', 'b', 'c']) originals.objects.set(`${name}.txt`, 'one');
    time.perFind = 8_000;
    const documents = items('a.txt', 'b.txt', 'c.txt');
    await expect(call({ bulk: 'index', documents })).rejects.toMatchObject({ name: 'DocumentsUnfinished', message: expect.stringContaining('"c.txt"') });
    time.perFind = 0;
    expect(await call<BulkCounts>({ bulk: 'index', documents })).toMatchObject({ unchanged: 2, indexed: 1 });
  });

  test('waits for a model at its limit, and for whoever else has a document', async () => {
    const { call, originals, metrics, ports } = bulk({ embeddings: lengthEmbeddings(() => 'throttled') });
    originals.objects.set('a.txt', 'one').set('b.txt', 'two');
    await expect(call({ bulk: 'index', documents: items('a.txt', 'b.txt') })).rejects.toMatchObject({ name: 'ServicesBusy' });
    expect(metrics.DocumentsHeld).toEqual([1]);
    ports.states.save = async () => undefined;
    await expect(call({ bulk: 'index', documents: items('a.txt') })).rejects.toMatchObject({ name: 'DocumentsTaken' });
  });

  test('fails by its own name where nobody foresaw what happens, and says of no document what it holds', async () => {
    const { call, originals, ports } = bulk();
    originals.objects.set('a.txt', 'secret');
    ports.chunker = { chunk: async () => { throw new Error('secret'); } };
    await expect(call({ bulk: 'index', documents: items('a.txt') })).rejects.toMatchObject({ name: 'DocumentsBroken', message: expect.not.stringContaining('secret') });
  });
});

describe('records of batch jobs', () => {
  test('are the texts that the index step will embed, each once, but for those whose vectors are remembered', async () => {
    const { call, originals, files, known, keyOf } = bulk();
    originals.objects.set('a.txt', 'one\ntwo\none').set('b.txt', 'two\nthree').set('bad.txt', 'broken');
    known.set(keyOf('three'), [1]);
    const documents = items('a.txt', 'a.txt.metadata.json', 'b.txt', 'bad.txt');
    expect(await call<Prepared>({ bulk: 'prepare', documents, from: 0 })).toEqual({ next: 4, records: 2 });
    const [[name, text]] = [...files.files];
    expect(name).toMatch(/^runs\/monday\/records\/[0-9a-f]{16}-0-2\.jsonl$/);
    const records = text.trim().split('\n').map((line) => JSON.parse(line));
    expect(records).toEqual(['one', 'two'].map((inputText) => ({ recordId: Buffer.from(keyOf(inputText), 'base64url').toString('hex'), modelInput: { inputText } })));
  });

  test('are not made of documents that are in the index', async () => {
    const { call, originals } = bulk();
    originals.objects.set('a.txt', 'one');
    await call({ bulk: 'index', documents: items('a.txt') });
    expect(await call({ bulk: 'prepare', documents: items('a.txt'), from: 0 })).toEqual({ next: 1, records: 0 });
  });

  test('are gone on with in the next call, from where the time was over', async () => {
    const { call, originals, time } = bulk({ seconds: 60 });
    for (const name of ['a', 'b', 'c']) originals.objects.set(`${name}.txt`, name);
    time.perFind = 11_000;
    const documents = items('a.txt', 'b.txt', 'c.txt');
    expect(await call<Prepared>({ bulk: 'prepare', documents, from: 0 })).toEqual({ next: 1, records: 1 });
    expect(await call<Prepared>({ bulk: 'prepare', documents, from: 1 })).toEqual({ next: 2, records: 1 });
    expect(await call<Prepared>({ bulk: 'prepare', documents, from: 2 })).toEqual({ next: 3, records: 1 });
  });

  test('are made of the others where something breaks with a document, which is left to the index step', async () => {
    const { call, originals, ports, lines } = bulk();
    originals.objects.set('a.txt', 'one').set('b.txt', 'locked').set('c.txt', 'three');
    const read = originals.read.bind(originals);
    ports.originals = Object.assign(Object.create(originals) as typeof originals, {
      read: async (bucket: string, key: string, tag: string) => {
        if (key === 'b.txt') throw new TypeError('InvalidObjectState');
        return read(bucket, key, tag);
      },
    });
    expect(await call<Prepared>({ bulk: 'prepare', documents: items('a.txt', 'b.txt', 'c.txt'), from: 0 })).toEqual({ next: 3, records: 2 });
    expect(lines).toContainEqual(expect.objectContaining({ key: 'b.txt', error: 'TypeError' }));
  });

  test('wait with a document whose cutter is at its limit, and keep what was made of those before it', async () => {
    const { call, originals, ports, files } = bulk();
    originals.objects.set('a.txt', 'one').set('b.txt', 'busy');
    ports.chunker = {
      chunk: async (parsed) => {
        if (parsed.text === 'busy') throw new ChunkFailure('throttled', 'too many calls');
        return LINE_CHUNKER.chunk(parsed, new AbortController().signal);
      },
    };
    const documents = items('a.txt', 'b.txt');
    expect(await call<Prepared>({ bulk: 'prepare', documents, from: 0 })).toEqual({ next: 1, records: 1 });
    expect(files.files.size).toBe(1);
    await expect(call({ bulk: 'prepare', documents, from: 1 })).rejects.toMatchObject({ name: 'ServicesBusy' });
  });

  test.each([
    ['too few for any job', [60, 30], 100, []],
    ['one job', [60, 60], 1_000, [120]],
    ['as many as a job takes', [60, 60, 60, 60], 130, [120, 120]],
    ['a last job that takes from the one before it what it lacks', [60, 60, 60, 20], 180, [120, 80].map((n) => n)],
  ])('make %s', async (_, parts, recordsPerJob, jobs) => {
    const { call, files } = bulk();
    parts.forEach((records, at) => files.files.set(`runs/monday/records/${at}-0-${records}.jsonl`, 'x\n'.repeat(records)));
    const planned = await call<Plan>({ bulk: 'plan', fewestRecords: jobs.includes(80) ? 80 : 100, recordsPerJob });
    expect(planned).toEqual({ jobs: jobs.length, records: jobs.reduce((sum, records) => sum + records, 0) });
    expect(JSON.parse(files.files.get('runs/monday/plan.json')!)).toEqual(jobs.map((records, job) => ({ job, records })));
  });

  test('are packed into files of a job, each text once, and the same whenever that is done again', async () => {
    const { call, files } = bulk();
    const record = (id: number) => JSON.stringify({ recordId: id.toString(16).padStart(4, '0'), modelInput: {} });
    files.files.set('runs/monday/records/a-0-4000.jsonl', `${numbered(4_000).map((_x, at) => record(at)).join('\n')}\n`);
    files.files.set('runs/monday/records/b-0-4000.jsonl', `${numbered(4_000).map((_x, at) => record(at + 2_000)).join('\n')}\n`);
    await call({ bulk: 'plan', fewestRecords: 100, recordsPerJob: 50_000 });
    const packed = await call<Packed>({ bulk: 'pack', job: 0 });
    expect(packed).toEqual({ records: 6_000, files: ['0000.jsonl', '0001.jsonl'] });
    expect(packed.files.map((name) => files.files.get(`runs/monday/jobs/0/${name}`)!.trim().split('\n').length)).toEqual([5_000, 1_000]);
    expect(await call<Packed>({ bulk: 'pack', job: 0 })).toEqual(packed);
  });
});

describe('vectors of batch jobs', () => {
  const hex = (key: string) => Buffer.from(key, 'base64url').toString('hex');

  test('are remembered as those that were made on demand, in whatever order they come, and what the model refused is counted', async () => {
    const { call, files, known, keyOf } = bulk();
    const lines = [
      ...numbered(250).reverse().map((text) => ({ recordId: hex(keyOf(text)), modelInput: {}, modelOutput: { embedding: [text.length] } })),
      { recordId: 'ab', modelInput: {}, error: { errorCode: 400, errorMessage: 'too long' } },
      { recordId: 'cd', modelInput: {}, modelOutput: { embedding: [1, 2] } },
    ];
    files.files.set('runs/monday/vectors/3/abc/0000.jsonl.out', lines.map((line) => JSON.stringify(line)).join('\n'));
    const request = { bulk: 'load', job: 3, jobArn: 'arn:aws:bedrock:us-east-1:1:model-invocation-job/abc', file: '0000.jsonl' };
    expect(await call(request)).toEqual({ kept: 250, refused: 2 });
    expect(known.get(keyOf('line 17'))).toEqual([7]);
    expect(known.size).toBe(250);
    expect(await call({ ...request, file: '0001.jsonl' })).toEqual({ kept: 0, refused: 0 });
  });

  test('are all kept by the call after one that had no time left', async () => {
    const { call, files, known, keyOf, time, ports } = bulk({ seconds: 60 });
    const lines = numbered(250).map((text) => JSON.stringify({ recordId: hex(keyOf(text)), modelOutput: { embedding: [1] } }));
    files.files.set('runs/monday/vectors/0/abc/0000.jsonl.out', lines.join('\n'));
    const keep = ports.vectors.keep;
    ports.vectors.keep = async (made) => {
      time.now += 25_000;
      return keep(made);
    };
    const request = { bulk: 'load', job: 0, jobArn: 'arn/abc', file: '0000.jsonl' };
    await expect(call(request)).rejects.toMatchObject({ name: 'DocumentsUnfinished' });
    expect(known.size).toBe(200);
    ports.vectors.keep = keep;
    expect(await call(request)).toEqual({ kept: 250, refused: 0 });
  });
});

test('the summary adds up what all children say, is kept beside it, and is counted', async () => {
  const { call, files, metrics } = bulk();
  const counts = { indexed: 3, unchanged: 1, deleted: 0, failed: 1, chunks: 30, failures: [{ key: 'a.pdf', reason: 'It is broken.' }] };
  const put = (name: string, ...lines: object[]) => files.files.set(`runs/monday/results/${name}`, lines.map((line) => JSON.stringify(line)).join('\n'));
  put('index/4f/SUCCEEDED_0.jsonl', counts, counts);
  put('index/4f/SUCCEEDED_1.jsonl', counts);
  put('index/4f/FAILED_0.jsonl', { Status: 'FAILED', Error: 'DocumentsBroken' });
  put('index/4f/manifest.json', {});
  put('jobs/5a/SUCCEEDED_0.jsonl', { status: 'Completed', records: 100, kept: 98, refused: 2 });
  put('prepare/6b/SUCCEEDED_0.jsonl', { prepared: 20 });
  const summary = await call<BulkSummary>({ bulk: 'summary' });
  expect(summary).toMatchObject({
    run: 'monday',
    indexed: 9,
    unchanged: 3,
    failed: 3,
    chunks: 90,
    batchesFailed: 1,
    vectors: { jobs: 1, records: 100, kept: 98, refused: 2 },
    failures: Array.from({ length: 3 }, () => ({ key: 'a.pdf', reason: 'It is broken.' })),
  });
  expect(JSON.parse(files.files.get('runs/monday/summary.json')!)).toEqual(summary);
  expect(metrics).toEqual({ BulkLoads: [1], BulkDocuments: [15], BulkDocumentsFailed: [3], BulkBatchesFailed: [1], BulkVectors: [98] });
});
