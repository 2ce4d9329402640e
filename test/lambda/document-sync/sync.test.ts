import { deploySync } from './deployed-sync';
import { CHANGE_ATTEMPTS, SYNC_METRICS } from '../../../lib/contract/document-sync';

const MINUTE = 60_000;

test('a document is sent with its metadata where it has some, ten in a call', async () => {
  const sync = deploySync({ pollers: 1 });
  await sync.settle(async () => {
    for (let at = 0; at < 25; at++) await sync.change(`${at}.txt`, 'text');
    await sync.change('3.txt.metadata.json', 'tags');
  });
  expect(sync.base.index().get('3.txt')).toBe('text tags');
  expect(sync.base.calls.filter((call) => call.startsWith('ingest'))).toEqual(['ingest 10', 'ingest 10', 'ingest 6']);
  expect(sync.metrics[SYNC_METRICS.documentsIndexed].reduce((sum, many) => sum + many, 0)).toBe(26);
});

test('a document of another account\'s bucket is sent with whose the description is', async () => {
  const sync = deploySync({ source: { bucketOwner: '444455556666' } });
  await sync.settle(async () => {
    await sync.change('plain.txt', 'text');
    await sync.change('told.txt', 'text');
    await sync.change('told.txt.metadata.json', 'tags');
  });
  expect(sync.base.sent.get('s3://papers/told.txt')).toEqual({ uri: 's3://papers/told.txt', metadataUri: 's3://papers/told.txt.metadata.json', bucketOwner: '444455556666' });
  expect(sync.base.sent.get('s3://papers/plain.txt')).toEqual({ uri: 's3://papers/plain.txt' });
});

test('one document that a call is refused for keeps no other from being read', async () => {
  const sync = deploySync();
  sync.base.invalid.add('bad.txt');
  await sync.settle(async () => {
    await sync.change('good.txt', 'good');
    await sync.change('bad.txt', 'bad');
  });
  expect([...sync.base.index().keys()]).toEqual(['good.txt']);
  expect(sync.changes.dead.map(({ body }) => (JSON.parse(body) as { key: string }).key)).toEqual(['bad.txt']);
  expect(sync.open.items.get('PAPERS bad.txt')).toMatchObject({ attempts: CHANGE_ATTEMPTS, reason: 'one of them is refused' });
  expect(sync.metrics[SYNC_METRICS.documentsFailed]).toEqual([1]);
});

test('a document of a kind that is not read is listed and counted, and not tried again', async () => {
  const sync = deploySync();
  sync.base.ignored.add('film.mov');
  await sync.settle(async () => sync.change('film.mov', 'film'));
  expect(sync.base.calls.filter((call) => call.startsWith('ingest'))).toHaveLength(1);
  expect(sync.open.items.get('PAPERS film.mov')).toMatchObject({ attempts: 1 });
  expect(sync.metrics[SYNC_METRICS.documentsFailed]).toEqual([1]);
  await sync.settle(async () => sync.change('film.mov', undefined));
  expect(sync.open.items.size).toBe(0);
});

test('a document that takes longer than the function has is begun once, and waited for', async () => {
  const sync = deploySync();
  sync.base.mishaps.slowestMs = 20 * MINUTE;
  await sync.settle(async () => sync.change('book.txt', 'long'));
  expect(sync.base.index().get('book.txt')).toBe('long ');
  expect(sync.base.calls.filter((call) => call.startsWith('ingest'))).toHaveLength(1);
  expect(sync.open.items.size).toBe(0);
});

test('several wishes for a job become one, and a wish that comes after it has begun another, ten seconds later at least', async () => {
  const sync = deploySync();
  await sync.settle(async () => {
    sync.bucket.objects.set('a.txt', 'a');
    for (let times = 0; times < 3; times++) await sync.sync();
    await sync.clock.pause(3_000);
    await sync.sync(['PAPERS', 'UNKNOWN']);
  });
  expect(sync.base.index().get('a.txt')).toBe('a ');
  const [first, second, ...more] = sync.base.jobs.map(({ startedAt }) => startedAt);
  expect(more).toEqual([]);
  expect(second - first).toBeGreaterThanOrEqual(10_000);
  expect(sync.lines).toContainEqual({ level: 'error', message: 'no such source', source: 'UNKNOWN' });
  expect(sync.metrics[SYNC_METRICS.syncJobs]).toEqual([1, 1]);
});

test('a job that fails is tried three times, and each time told', async () => {
  const sync = deploySync();
  sync.base.mishaps.failJob = 1;
  await sync.settle(async () => void await sync.sync());
  expect(sync.base.jobs).toHaveLength(3);
  expect(sync.metrics[SYNC_METRICS.syncJobsFailed]).toEqual([1, 1, 1]);
  expect(await sync.leases.find()).toBeUndefined();
  expect((await sync.gates.find('PAPERS')).failedAt).toBe(sync.base.jobs[2].startedAt);
});

test('changes whose job fails for good end in the dead-letter queue, with the reason in the table', async () => {
  const sync = deploySync({ source: { byJob: true } });
  sync.base.mishaps.failJob = 1;
  await sync.settle(async () => sync.change('a.txt', 'a'));
  expect(sync.changes.dead).toHaveLength(1);
  expect(sync.open.items.get('PAPERS a.txt')?.reason).toBe('The job failed that was to read it.');
});

test('documents that a complete job left out are listed, and no more when a later one reads them', async () => {
  const sync = deploySync();
  for (let at = 0; at < 5; at++) sync.bucket.objects.set(`${at}.txt`, 'text');
  sync.base.mishaps.failDocument = 1;
  await sync.settle(async () => void await sync.sync());
  expect([...sync.open.items.keys()]).toEqual([0, 1, 2, 3, 4].map((at) => `PAPERS ${at}.txt`));
  expect(sync.metrics[SYNC_METRICS.documentsFailed]).toEqual([5]);
  expect(sync.metrics[SYNC_METRICS.syncJobsFailed]).toBeUndefined();
  sync.base.mishaps.failDocument = 0;
  await sync.settle(async () => void await sync.sync());
  expect(sync.open.items.size).toBe(0);
});

test('a job that somebody stops is not tried again, and lets the next one begin', async () => {
  const sync = deploySync();
  await sync.settle(async () => {
    await sync.sync();
    while (sync.base.jobs.length === 0) await sync.clock.pause(100);
    await sync.base.stop('PAPERS', 'JOB1');
  });
  expect(sync.base.jobs).toHaveLength(1);
  await sync.settle(async () => void await sync.sync());
  expect(sync.base.jobs.map(({ standing }) => standing)).toEqual(['stopped', 'complete']);
});

test('a source that was taken out of the stack leaves nothing behind that waits or fails: not its job, not a wish for one, not a change', async () => {
  const sync = deploySync();
  Object.assign(sync.base.mishaps, { slowestMs: 600_000 });
  await sync.settle(async () => {
    await sync.sync();
    while (sync.base.jobs.length === 0) await sync.clock.pause(100);
    await sync.sync();
    await sync.change('a.txt', 'a');
    sync.sources.length = 0;
    await sync.base.stop('PAPERS', 'JOB1');
  });
  expect(sync.base.jobs).toHaveLength(1);
  expect(await sync.leases.find()).toBeUndefined();
  expect(sync.lines.filter(({ what }) => what === 'forgotten').map(({ message }) => message).sort()).toEqual(['document', 'job', 'job']);
  expect(sync.metrics[SYNC_METRICS.syncJobsFailed]).toBeUndefined();
  expect([sync.changes.dead.length, sync.jobs.dead.length]).toEqual([0, 0]);
});

test('a job whose looks were lost is found again by the next wish, once its lease is over', async () => {
  const sync = deploySync();
  await sync.settle(async () => {
    await sync.sync();
    while (sync.base.jobs.length === 0) await sync.clock.pause(100);
    await sync.clock.pause(1_000);
    sync.jobs.messages.length = 0;
    await sync.clock.pause(11 * MINUTE);
    await sync.sync();
  });
  expect(sync.lines.some(({ what }) => what === 'was lost sight of')).toBe(true);
  expect(sync.base.jobs.map(({ standing }) => standing)).toEqual(['complete', 'complete']);
  expect(sync.metrics[SYNC_METRICS.syncJobs]).toEqual([1, 1]);
});

test('a message that nobody knows comes again, and goes to the dead-letter queue in the end; an event that is none fails', async () => {
  const sync = deploySync();
  await sync.settle(async () => sync.jobs.add('{"what":"ever"}'));
  expect(sync.jobs.dead).toHaveLength(1);
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 1_000 };
  await expect(sync.handler({ sync: 7 }, context)).rejects.toThrow('\'sync\': \'all\'');
});
