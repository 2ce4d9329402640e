import { deployIndex } from './deployed-index';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import { JOB_ATTEMPTS } from '../../../lib/contract/document-sync';

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`).join('\n');

test('a store that does not let the deployment in yet is waited for', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  let refusals = 5;
  index.store.write = async (chunks) => {
    if (refusals-- > 0) throw new StoreFailure('forbidden', 'opensearch: HTTP 403');
    return write(chunks);
  };
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.state('a.txt')!.state).toBe('indexed');
  expect([index.metrics.DocumentsFailed, index.changes.dead]).toEqual([undefined, []]);
});

test('a store that never lets the deployment in is seen after half an hour, and no document is lost', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  index.store.write = async () => { throw new StoreFailure('forbidden', 'opensearch: HTTP 403'); };
  const began = index.clock.now();
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.clock.now() - began).toBeGreaterThan(25 * 60_000);
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining('given up after 10 attempts (the store does not let it in)') });
  expect([index.metrics.DocumentsFailed, index.changes.dead.length]).toEqual([[1], 1]);
  index.store.write = write;
  index.reconcile();
  await index.settle();
  expect(index.state('a.txt')!.state).toBe('indexed');
});

/** Makes indexes as the store does, that fails so often before. */
function failing(index: ReturnType<typeof deployIndex>, times: number, failure: Error) {
  const make = index.indexes.make.bind(index.indexes);
  let left = times;
  index.indexes.make = async (wanted) => {
    if (left-- > 0) throw failure;
    return make(wanted);
  };
}

test.each([
  ['cannot be reached', new StoreFailure('unavailable', 'Redis: HSETNX: None of startup nodes is available')],
  ['does not let the deployment in yet', new StoreFailure('forbidden', 'OpenSearch Serverless: AccessDeniedException: no')],
])('where the store %s as the first look comes, it comes again within seconds, and what changed meanwhile too', async (_, failure) => {
  const index = deployIndex();
  failing(index, 3, failure);
  index.originals.objects.set('there.txt', lines(2));
  index.reconcile();
  await index.settle(async () => {
    await index.change('a.txt', lines(3));
    await index.until(() => index.state('there.txt')?.state === 'indexed' && index.state('a.txt')?.state === 'indexed', 2 / 60);
  });
  expect([index.jobs.dead, index.changes.dead, index.crashes]).toEqual([[], [], []]);
  expect(index.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'indexes are not known', error: 'StoreFailure' }));
});

test('what changes while the store cannot be reached for hours is not given up, and neither is the first look', async () => {
  const index = deployIndex();
  const make = index.indexes.make.bind(index.indexes);
  index.indexes.make = async () => { throw new StoreFailure('unavailable', 'asleep'); };
  index.originals.objects.set('there.txt', lines(2));
  index.reconcile();
  await index.settle(async () => {
    await index.change('a.txt', lines(3));
    await index.clock.pause(2 * 3_600_000);
    index.indexes.make = make;
  });
  expect([index.state('a.txt')!.state, index.state('there.txt')!.state]).toEqual(['indexed', 'indexed']);
  expect([index.jobs.dead, index.changes.dead]).toEqual([[], []]);
});

test('a job that breaks is done again five times within minutes, then every half hour, and is given up in the end', async () => {
  const index = deployIndex();
  await index.settle(() => index.change('a.txt', lines(3)));
  const tries: number[] = [];
  const began = index.clock.now();
  index.originals.list = () => {
    tries.push(index.clock.now() - began);
    throw new TypeError('no');
  };
  index.reconcile();
  await index.settle();
  const seconds = tries.map((time) => Math.round(time / 1_000));
  expect(seconds.slice(0, 6).every((time) => time < 600)).toBe(true);
  expect(seconds).toHaveLength(6 + JOB_ATTEMPTS - 1);
  expect(index.jobs.dead).toHaveLength(1);
  expect(index.metrics.SyncJobsFailed).toHaveLength(tries.length);
});
