import { deployIndex } from './deployed-index';
import { ChunkFailure } from '../../../lambda/ports/chunks';
import type { DocumentState } from '../../../lambda/ports/document-states';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import { LINE_CHUNKER, LINE_PARSER } from '../fakes/document-index';

const lines = (count: number, of = 'line') => Array.from({ length: count }, (_, at) => `${of} ${at}`).join('\n');

async function indexed(content = lines(3), options: Parameters<typeof deployIndex>[0] = {}) {
  const index = deployIndex(options);
  await index.settle(() => index.change('a.txt', content));
  return index;
}

/** Every state that was written, in order. */
function watch(index: ReturnType<typeof deployIndex>) {
  const written: DocumentState[] = [];
  const save = index.states.save.bind(index.states);
  index.states.save = async (state, revision) => {
    const next = await save(state, revision);
    if (next !== undefined) written.push(state);
    return next;
  };
  return written;
}

test('a document goes through its states, and is counted while it does', async () => {
  const index = deployIndex();
  const written = watch(index);
  await index.settle(() => index.change('a.txt', lines(200)));
  expect(written.map(({ state, written: count, chunks }) => [state, count, chunks])).toEqual([
    ['queued', undefined, undefined], ['parsed', undefined, undefined],
    ['chunked', 0, 200], ['chunked', 96, 200], ['chunked', 192, 200], ['chunked', 200, 200], ['embedded', 200, 200], ['indexed', 200, 200],
  ]);
  expect(index.state('a.txt')).toMatchObject({ title: 'a.txt', tries: 0, working: false, held: [{ chunks: 200 }] });
  expect(index.metrics).toMatchObject({ DocumentsIndexed: [1], ChunksIndexed: [200], SyncLag: [expect.any(Number)] });
});

test('what the store may hold is written down before the store is touched', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  const held: unknown[] = [];
  index.store.write = async (chunks) => {
    held.push(index.state('a.txt')!.held.at(-1)!.chunks);
    return write(chunks);
  };
  await index.settle(() => index.change('a.txt', lines(5)));
  expect(held).toEqual([5]);
});

test('new chunks are written before old ones go', async () => {
  const index = await indexed(lines(3, 'old'));
  const seen: string[][] = [];
  const remove = index.store.remove.bind(index.store);
  index.store.remove = async (ids) => {
    seen.push([...index.store.chunks.values()].map(({ text }) => text));
    return remove(ids);
  };
  await index.settle(() => index.change('a.txt', lines(2, 'new')));
  expect(seen).toEqual([['old 0', 'old 1', 'old 2', 'new 0', 'new 1']]);
  expect([...index.store.chunks.values()].map(({ text }) => text)).toEqual(['new 0', 'new 1']);
  expect(index.texts.kept.size).toBe(1);
});

test('chunks say where they stand, and their text is kept', async () => {
  const index = await indexed('one\n\ntwo');
  const [text] = [...index.texts.kept.values()].map(({ content }) => (JSON.parse(new TextDecoder().decode(content)) as { text: string }).text);
  expect([...index.store.chunks.values()].map(({ start, end, number, document }) => [text.slice(start, end), number, document]))
    .toEqual([['one', 0, 's3://papers/a.txt'], ['two', 1, 's3://papers/a.txt']]);
});

test('events that are late, or told twice, change nothing and look nothing up', async () => {
  const index = deployIndex();
  await index.settle(async () => {
    index.originals.objects.set('a.txt', 'two');
    await index.intake(index.tell('a.txt', 'Object Created', '0A2'));
  });
  const before = index.calls.length;
  const state = index.state('a.txt');
  for (const sequencer of ['0A2', '0A1', '09FFFF']) {
    await index.settle(async () => {
      await index.intake({ ...index.tell('a.txt', 'Object Deleted', sequencer), time: '2026-01-02T00:00:00Z' });
      index.changes.add(JSON.stringify({ dataSourceId: 'documents', bucket: 'papers', key: 'a.txt', change: sequencer, since: 1 }));
    });
  }
  expect([...new Set(index.calls.slice(before))].sort()).toEqual(['find', 'hide', 'read']);
  expect(index.state('a.txt')).toEqual(state);
  expect(index.store.chunks.size).toBe(1);
});

test('what a document says of itself is cut to what stores take', async () => {
  const parse = LINE_PARSER.parse.bind(LINE_PARSER);
  const talkative = jest.spyOn(LINE_PARSER, 'parse').mockImplementation(async (...asked) => ({
    ...await parse(...asked), title: 't'.repeat(1_000_000), notes: Array.from({ length: 5_000 }, (_, at) => `${at} ${'n'.repeat(10_000)}`),
  }));
  const index = await indexed();
  talkative.mockRestore();
  const { title, notes } = index.state('a.txt')!;
  expect([title!.length, notes!.length, notes![0].length, notes!.at(-1)]).toEqual([300, 51, 500, 'and 4950 more']);
  expect([...index.store.chunks.values()].map((chunk) => chunk.title.length)).toEqual([300, 300, 300]);
});

test('the same content once more is not read again', async () => {
  const index = await indexed();
  const before = index.calls.length;
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.calls.slice(before)).not.toContain('parse');
  expect(index.state('a.txt')!.state).toBe('indexed');
});

test('a deleted document leaves nothing but a tombstone', async () => {
  const index = await indexed();
  await index.settle(() => index.change('a.txt', undefined));
  expect([index.store.chunks.size, index.texts.kept.size]).toEqual([0, 0]);
  expect(index.state('a.txt')).toMatchObject({ state: 'deleted', held: [] });
  expect(index.metrics.DocumentsDeleted).toEqual([1]);
});

test('a document that cannot be read ends as failed with its reason, is not tried again, and what was found of it before goes', async () => {
  const index = await indexed();
  await index.settle(() => index.change('a.txt', 'broken'));
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: 'It is broken.', held: [] });
  expect(index.store.chunks.size).toBe(0);
  expect(index.calls.filter((name) => name === 'parse').length).toBe(2);
  expect(index.changes.dead).toEqual([]);
  expect(index.metrics.DocumentsFailed).toEqual([1]);
});

test.each([['', 'Nothing can be read in it.'], ['x'.repeat(10_001), 'It must have at most 10000 bytes, got 10001.']])('refuses a document that is empty or too large (%.5s…)', async (content, reason) => {
  const index = await indexed(content);
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason });
});

test('what a function of the user\'s cuts wrongly fails at once, and is tried again by the next look through the source', async () => {
  const refused = jest.spyOn(LINE_CHUNKER, 'chunk').mockRejectedValue(new ChunkFailure('refused', 'the function must answer with chunks'));
  const index = await indexed();
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: 'the function must answer with chunks' });
  expect(refused).toHaveBeenCalledTimes(1);
  refused.mockRestore();
  index.reconcile();
  await index.settle();
  expect(index.state('a.txt')!.state).toBe('indexed');
});

test('what a function of the user\'s throws is in the log of every try', async () => {
  const failed = jest.spyOn(LINE_CHUNKER, 'chunk').mockRejectedValue(new ChunkFailure('failed', 'the function that cuts documents failed: Error: no memory'));
  const index = await indexed();
  failed.mockRestore();
  const broken = index.lines.filter(({ what }) => what === 'broken');
  expect(broken).toHaveLength(10);
  for (const line of broken) expect(line).toMatchObject({ level: 'error', error: 'ChunkFailure', reason: 'the function that cuts documents failed: Error: no memory' });
});

test('a model at its limit is waited for, however long, and nothing is given up', async () => {
  const index = deployIndex({ throttles: 1 });
  await index.settle(async () => {
    await index.change('a.txt', lines(3));
    await index.clock.pause(6 * 3_600_000);
    index.mishaps.throttles = 0;
  });
  expect(index.state('a.txt')!.state).toBe('indexed');
  expect(index.metrics.DocumentsHeld.length).toBeGreaterThan(10);
  expect(index.changes.dead).toEqual([]);
});

test('what breaks without a word is given up in the end, says so, and is tried again by the next look through the source', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  index.store.write = async () => { throw new TypeError('no such index'); };
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.changes.dead.length).toBe(1);
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining('given up after 10 attempts (TypeError)') });
  expect(index.metrics.DocumentsFailed).toEqual([1]);

  index.store.write = write;
  index.reconcile();
  await index.settle();
  expect(index.state('a.txt')!.state).toBe('indexed');
});

test('what was given up and is sent back from the dead-letter queue goes on', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  index.store.write = async () => { throw new TypeError('no such index'); };
  await index.settle(() => index.change('a.txt', lines(3)));
  const [{ body, group }] = index.changes.dead.splice(0);
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining('its change waits in the dead-letter queue') });

  index.store.write = write;
  index.changes.add(body, { group });
  await index.settle();
  expect([index.state('a.txt')!.state, index.changes.dead]).toEqual(['indexed', []]);
});

test('a worker that was killed while a document that failed was taken out leaves nothing that is taken for written', async () => {
  const index = deployIndex();
  const write = index.store.write.bind(index.store);
  let [refuses, removals] = [true, 0];
  index.store.write = async (chunks) => {
    if (refuses && chunks[0].number > 0) throw new StoreFailure('refused', 'too long');
    return write(chunks);
  };
  const remove = index.store.remove.bind(index.store);
  index.store.remove = async (ids) => {
    await remove(ids);
    if (++removals > 1) return;
    refuses = false;
    throw new Error('the connection is gone');
  };
  await index.settle(() => index.change('a.txt', lines(150)));
  expect(index.state('a.txt')).toMatchObject({ state: 'indexed', written: 150 });
  expect(index.store.chunks.size).toBe(150);
});

test('what takes longer to remove than a run has goes on in the next', async () => {
  const index = await indexed(lines(1_000));
  const remove = index.store.remove.bind(index.store);
  index.store.remove = async (ids) => {
    if (ids.some((id) => index.store.chunks.has(id))) await index.clock.pause(95_000);
    return remove(ids);
  };
  await index.settle(() => index.change('a.txt', undefined));
  expect(index.store.chunks.size).toBe(0);
  expect(index.state('a.txt')).toMatchObject({ state: 'deleted', held: [] });
  expect(index.lines).toContainEqual(expect.objectContaining({ what: 'waits: time' }));
});

test('a document that ends whoever reads it is given up', async () => {
  const index = deployIndex();
  index.mishaps.killAt = (name) => name === 'parse';
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', reason: expect.stringContaining('ran out of memory or time') });
  expect(index.calls.filter((name) => name === 'parse').length).toBe(5);
});

test('a worker that was killed is followed by one that goes on behind what was written', async () => {
  const index = deployIndex();
  let writes = 0;
  index.mishaps.killAt = (name) => name === 'write' && ++writes === 2;
  const first: number[] = [];
  const embed = index.store.write.bind(index.store);
  index.store.write = async (chunks) => {
    first.push(chunks[0].number);
    return embed(chunks);
  };
  await index.settle(() => index.change('a.txt', lines(250)));
  expect(first.filter((number) => number === 0)).toEqual([0]);
  expect(first.at(-1)).toBe(192);
  expect(index.store.chunks.size).toBe(250);
});

test('chunks of a version that was never whole go when the document changes again', async () => {
  const index = deployIndex();
  let breaks = true;
  const embed = index.store.write.bind(index.store);
  index.store.write = async (chunks) => {
    await embed(chunks);
    if (breaks && chunks[0].number > 0) throw new Error('no more');
  };
  await index.settle(async () => {
    await index.change('a.txt', lines(150, 'old'));
    await index.clock.pause(20_000);
    expect(index.store.chunks.size).toBe(150);
    breaks = false;
    await index.change('a.txt', lines(2, 'new'));
  });
  expect([...index.store.chunks.values()].map(({ text }) => text)).toEqual(['new 0', 'new 1']);
});

describe('a look through a source', () => {
  test('repairs what events did not tell, sidecars between other keys included', async () => {
    const index = deployIndex();
    const keys = ['a', 'a.b', 'a.txt', 'a.txt.x', 'b/\u{1F600}.txt', 'b/\uFF5E.txt', 'c'];
    for (const key of keys) await index.settle(() => index.change(key, `of ${key}`));
    const { objects } = index.originals;
    objects.set('a.metadata.json', '{"metadataAttributes":{"year":1}}');
    objects.set('b/\u{1F600}.txt', 'new');
    objects.delete('c');
    objects.set('folder/', '');
    objects.set('d', 'never told');
    index.reconcile();
    await index.settle();
    const wanted = await index.wanted();
    expect(index.held()).toEqual(wanted.chunks);
    expect(index.metrics).toMatchObject({ DocumentsChecked: [8], DocumentsRepaired: [4], SyncJobs: [1] });
    expect(index.state('c')!.state).toBe('deleted');
    expect(index.state('folder/')).toBeUndefined();
  });

  test('goes on in the next run where the time was over, and misses nothing', async () => {
    const index = deployIndex();
    for (let file = 0; file < 40; file++) index.originals.objects.set(`${String(file).padStart(2, '0')}.txt`, `of ${file}`);
    const list = index.originals.list.bind(index.originals);
    index.originals.list = async function* (...given) {
      for await (const one of list(...given)) {
        await index.clock.pause(60_000);
        yield one;
      }
    };
    index.reconcile();
    await index.settle();
    expect(index.lines.filter(({ message }) => message === 'walk goes on').length).toBeGreaterThan(3);
    expect(index.held()).toEqual((await index.wanted()).chunks);
    expect(index.metrics.DocumentsChecked[0]).toBeGreaterThanOrEqual(40);
  });

  test('takes out what its prefixes leave out', async () => {
    const index = deployIndex();
    for (const key of ['hr/a', 'it/a']) await index.settle(() => index.change(key, 'text'));
    Object.assign(index.terms, { sources: [{ dataSourceId: 'documents', bucket: 'papers', prefixes: ['it/', 'it/deep/'] }] });
    index.reconcile();
    await index.settle();
    expect([index.state('hr/a')!.state, index.state('it/a')!.state]).toEqual(['deleted', 'indexed']);
    expect(index.store.chunks.size).toBe(1);
  });
});
