import { deployIndex } from './deployed-index';
import { ServiceDelay } from '../../../lambda/ports/delays';
import { OriginalAway } from '../../../lambda/ports/originals';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import { TOMBSTONE_SECONDS } from '../../../lib/contract/document-index';

const lines = (count: number, of = 'line') => Array.from({ length: count }, (_, at) => `${of} ${at}`).join('\n');

async function indexed(content = lines(3)) {
  const index = deployIndex();
  await index.settle(() => index.change('a.txt', content));
  return index;
}

test.each<[string, string, (index: ReturnType<typeof deployIndex>) => void]>([
  ['read', 'parsed', ({ originals }) => void originals.objects.set('a.txt', 'broken')],
  ['cut', 'chunked', ({ originals }) => void originals.objects.set('a.txt', '')],
  ['written', 'embedded', ({ store }) => { store.write = async () => { throw new StoreFailure('refused', 'too long'); }; }],
  ['rid of what it was', 'indexed', ({ store }) => { store.remove = async () => { throw new TypeError('no such index'); }; }],
])('a document that cannot be %s says that it failed before it was %s', async (_, failedBefore, fail) => {
  const index = await indexed();
  index.originals.objects.set('a.txt', lines(2, 'new'));
  fail(index);
  await index.settle(() => index.change('a.txt', index.originals.objects.get('a.txt')));
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', failedBefore });
});

test('a document that can be read again says no more where it failed', async () => {
  const index = await indexed('broken');
  await index.settle(() => index.change('a.txt', lines(1)));
  expect(index.state('a.txt')).toMatchObject({ state: 'indexed' });
  expect(index.state('a.txt')).not.toHaveProperty('failedBefore');
});

test('a tombstone that is told of once more is forgotten when it would have been', async () => {
  const index = await indexed();
  const kept: (number | undefined)[] = [];
  const save = index.states.save.bind(index.states);
  index.states.save = async (state, revision, seconds?: number) => {
    if (state.state === 'deleted') kept.push(seconds);
    return save(state, revision);
  };
  await index.settle(() => index.change('a.txt', undefined));
  await index.settle(() => index.change('a.txt', undefined));
  expect(kept).toEqual([TOMBSTONE_SECONDS, TOMBSTONE_SECONDS]);
});

test.each(['find', 'save', 'put'] as const)('a bucket or a table that does not answer for hours (%s) is waited for, and nothing is given up', async (name) => {
  const index = deployIndex();
  const ports = { find: index.originals, save: index.states, put: index.texts };
  const port = ports[name] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const works = port[name].bind(port);
  port[name] = async () => { throw new ServiceDelay('throttled', 'SlowDown: Please reduce your request rate.'); };
  await index.settle(async () => {
    await index.change('a.txt', lines(3));
    await index.clock.pause(6 * 3_600_000);
    port[name] = works;
  });
  expect(index.state('a.txt')!.state).toBe('indexed');
  expect(index.changes.dead).toEqual([]);
});

test('a document that lies in an archive fails with what to do about it, is given up by nobody, and is read once it is back', async () => {
  const index = deployIndex();
  const read = index.originals.read.bind(index.originals);
  index.originals.read = async () => { throw new OriginalAway('It lies in an archive of S3: restore it.'); };
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: 'It lies in an archive of S3: restore it.', failedBefore: 'parsed' });
  expect(index.changes.dead).toEqual([]);

  index.originals.read = read;
  index.reconcile();
  await index.settle();
  expect(index.state('a.txt')!.state).toBe('indexed');
});

test('a document is read whose name is so long that nothing can describe it', async () => {
  const index = deployIndex();
  const find = index.originals.find.bind(index.originals);
  index.originals.find = async (bucket, key) => {
    if (Buffer.byteLength(key) > 1_024) throw Object.assign(new Error('KeyTooLongError'), { $metadata: { httpStatusCode: 400 } });
    return find(bucket, key);
  };
  const key = `${'ü'.repeat(508)}.txt`;
  await index.settle(() => index.change(key, lines(3)));
  expect(index.state(key)).toMatchObject({ state: 'indexed', chunks: 3 });
});
