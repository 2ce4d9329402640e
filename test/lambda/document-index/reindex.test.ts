import * as fc from 'fast-check';
import { deployIndex, type DeployOptions, inStep } from './deployed-index';
import { chunkIds, versionOf } from '../../../lambda/document-index/version';
import type { Chunker } from '../../../lambda/ports/chunks';
import type { DocumentState } from '../../../lambda/ports/document-states';
import { StoreFailure } from '../../../lambda/ports/passage-store';
import { CHANGE_ATTEMPTS } from '../../../lib/contract/document-sync';

type Deployed = ReturnType<typeof deployIndex>;

/** Two lines are a chunk. */
const PAIRS: Chunker = {
  async chunk({ text }) {
    return [...text.matchAll(/[^\n]+(\n[^\n]+)?/g)].map(({ 0: lines, index }) => ({ text: lines, start: index, end: index + lines.length, headings: [], tokens: lines.length }));
  },
};

const deploy = (options: DeployOptions = {}) => deployIndex({ chunkers: { pairs: PAIRS }, ...options });
const lines = (count: number, of = 'line') => Array.from({ length: count }, (_, at) => `${of} number ${at} of this document says something`).join('\n');

/** A few documents, indexed. */
async function filled(options: DeployOptions = {}) {
  const index = deploy(options);
  for (let file = 0; file < 8; file++) await index.settle(() => index.change(`${file}.txt`, lines(4, `file${file}`)));
  return index;
}

/** Documents are written, overwritten and deleted, with and without metadata, while they are read. */
async function live({ change, clock, random, originals }: Deployed, files: number, steps: number) {
  for (let step = 0; step < steps; step++) {
    const key = `docs/${Math.floor(random() * files)}.txt`;
    const described = random() < 0.2;
    const name = described ? `${key}.metadata.json` : key;
    const gone = random() < 0.3 && originals.objects.has(name);
    const text = Array.from({ length: Math.floor(random() * 120) }, (_, line) => `line ${line} of step ${step}`).join('\n');
    const content = described ? JSON.stringify({ metadataAttributes: { year: step } }) : random() < 0.05 ? `broken ${step}` : text;
    await change(name, gone ? undefined : content, { late: 4_000, twice: 0.2, lost: 0.03 });
    await clock.pause(random() * 300);
  }
}

/** Holds the index that answers, at any moment, to all that was settled in the one that answered then. */
function watch(index: Deployed) {
  const settled = new Map<string, Pick<DocumentState, 'state' | 'version'>>();
  const missing: string[] = [];
  const seen = { checks: 0, switches: [] as string[] };
  const watched = new Set<string>();
  const hook = (name: string) => {
    if (watched.has(name)) return;
    watched.add(name);
    const { states } = index.room(name);
    const save = states.save.bind(states);
    states.save = async (state, revision) => {
      const saved = await save(state, revision);
      const isSettled = !state.working && (state.state === 'indexed' || state.state === 'deleted' || state.state === 'failed');
      if (saved !== undefined && index.registry.kept?.indexes.answering === name && isSettled) settled.set(state.key, state);
      return saved;
    };
  };
  /** What is settled and lies in the bucket like that still has to be found. */
  const check = async () => {
    const pipeline = index.answering();
    if (pipeline === undefined) return;
    seen.checks++;
    const { store } = index.room(`passages_${pipeline}`);
    for (const [key, { state, version }] of settled) {
      const [found, about] = await Promise.all([index.originals.find('papers', key), index.originals.find('papers', `${key}.metadata.json`)]);
      if (state !== 'indexed' || found?.tag !== version?.tag || about?.tag !== version?.metadataTag) continue;
      const own = versionOf(found!.tag, about?.tag, pipeline).id;
      if (!store.chunks.has(chunkIds(`s3://papers/${key}`, own, 1)[0])) missing.push(`${key} in ${pipeline}`);
    }
  };
  const save = index.registry.save.bind(index.registry);
  index.registry.save = async (indexes, revision) => {
    Object.keys(indexes.known).forEach(hook);
    const before = index.registry.kept?.indexes.answering;
    const saved = await save(indexes, revision);
    if (saved && before !== undefined && indexes.answering !== before) {
      seen.switches.push(indexes.answering!.replace('passages_', ''));
      await check();
    }
    return saved;
  };
  return { check, missing, seen };
}

test('500 documents that change all the while are found at every moment, through a build, a switch, a rollback and a switch back, with events lost and workers killed', async () => {
  const steps = async (index: Deployed, check: () => Promise<void>) => {
    const checked = async (count: number) => {
      for (let part = 0; part < 4; part++) {
        await live(index, 500, count / 4);
        await check();
      }
    };
    await checked(600);
    index.deploy('pairs');
    await checked(600);
    await index.until(() => index.answering() === 'pairs');
    await checked(200);
    await index.until(() => index.indexOf('lines')!.ready);
    index.ask({ rollback: true });
    await index.until(() => index.answering() === 'lines');
    await checked(200);
    await index.until(() => index.indexOf('pairs')!.ready);
    index.ask({ switch: true });
    await index.until(() => index.answering() === 'pairs');
    await checked(100);
    await index.clock.pause(5_000);
  };
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
    // Lines that are nearly alike are told apart badly by the store in memory.
    const index = deploy({ seed, kills: 0.002, throttles: 0.03, faults: 0.002, policy: { tolerance: 0.3 } });
    const { check, missing, seen } = watch(index);
    await index.settle(() => steps(index, check));
    expect(missing).toEqual([]);
    expect(seen.switches.slice(0, 3)).toEqual(['pairs', 'lines', 'pairs']);
    index.reconcile();
    await index.settle();
    const { readable } = await inStep(index, 'pairs');
    expect(readable.length).toBeGreaterThan(100);
    expect(index.changes.dead).toEqual([]);
    // What was kept has gone, with all there was of it.
    expect(Object.keys(index.registry.kept!.indexes.known)).toEqual(['passages_pairs']);
    expect([index.room('passages_lines').store.chunks.size, index.room('passages_lines').states.items.size]).toEqual([0, 0]);
    expect(index.texts.kept.size).toBe(readable.length);
  }), { numRuns: 2, seed: 11, endOnFailure: true });
}, 240_000);

describe('another way of reading', () => {
  test('is built beside the one that answers, compared, and answers; the old one is kept for a while', async () => {
    const index = await filled();
    let kept: boolean | undefined;
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs');
      await index.until(() => index.indexOf('lines')!.ready);
      kept = index.room('passages_lines').store.chunks.size === 32;
      await index.change('new.txt', lines(2, 'new'));
      await index.until(() => index.inState('indexed', 'pairs').includes('new.txt'));
      expect(index.inState('indexed', 'lines')).toContain('new.txt');
    });
    expect(kept).toBe(true);
    expect(index.indexOf('pairs')).toMatchObject({ compared: { documents: 8, meaning: { before: 1, now: 1 }, words: { before: 1, now: 1 } }, counts: { indexed: 8, failed: 0, waiting: 0 } });
    expect(index.metrics).toMatchObject({ IndexBuilds: [1], DocumentsToReindex: expect.arrayContaining([8, 0]) });
    expect(index.indexOf('lines')).toBeUndefined();
    await inStep(index, 'pairs');
  });

  test.each([
    ['finds less', { async chunk() { return [{ text: 'all the same', start: 0, end: 12, headings: [], tokens: 3 }]; } }, 'By meaning it finds'],
    ['cannot read what is found now', {
      async chunk({ text, ...rest }) { return text.startsWith('file3') ? [] : PAIRS.chunk({ text, ...rest }, new AbortController().signal); },
    }, '1 documents that are found now cannot be read in the new way'],
  ] as [string, Chunker, string][])('does not answer where it %s, until somebody says so', async (_, worse, reason) => {
    const index = await filled({ chunkers: { worse } });
    index.deploy('worse');
    await index.settle();
    expect(index.answering()).toBe('lines');
    expect(index.indexOf('worse')).toMatchObject({ ready: true, refused: { reason: expect.stringContaining(reason) } });
    expect(index.metrics).toMatchObject({ IndexBuildsRefused: [1] });
    expect(index.metrics.IndexBuilds).toBeUndefined();
    expect(index.lines).toContainEqual(expect.objectContaining({ level: 'error', what: 'refused', way: expect.stringContaining('{"switch":true}') }));
    await index.settle(async () => {
      index.reconcile();
      await index.clock.pause(600_000);
      expect(index.answering()).toBe('lines');
      index.ask({ switch: true });
      await index.until(() => index.answering() === 'worse');
    });
  });

  test('that ails keeps nobody up', async () => {
    const index = await filled();
    index.room('passages_pairs').store.write = async () => { throw new TypeError('broken'); };
    await index.settle(async () => {
      index.deploy('pairs');
      await index.clock.pause(60_000);
      const since = index.clock.now();
      await index.change('0.txt', lines(3, 'changed'));
      await index.until(() => index.state('0.txt')!.state === 'indexed' && index.state('0.txt')!.since >= since - 1_000 && index.state('0.txt')!.chunks === 3);
      expect(index.clock.now() - since).toBeLessThan(20_000);
      index.deploy('lines');
    });
    expect([index.answering(), index.indexOf('pairs')]).toEqual(['lines', undefined]);
  });

  test('that falls behind after it was ready keeps nobody up for long, and catches up', async () => {
    const index = await filled();
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs' && index.indexOf('lines')!.ready);
      const { store } = index.room('passages_lines');
      const write = store.write.bind(store);
      store.write = async () => { throw new TypeError('broken'); };
      await index.change('0.txt', lines(3, 'changed'));
      await index.until(() => index.room('passages_pairs').states.items.get('documents 0.txt')?.state.chunks === 2 && !index.indexOf('lines')!.ready);
      store.write = write;
      await index.until(() => index.indexOf('lines')!.ready);
      await inStep(index, 'lines');
    });
  });

  test('that is taken back by another deployment gives way at once to what was there before', async () => {
    const index = await filled();
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs' && index.indexOf('lines')!.ready);
      const before = index.clock.now();
      index.deploy('lines');
      await index.until(() => index.answering() === 'lines');
      expect(index.clock.now() - before).toBeLessThan(90_000);
    });
    expect(index.metrics).toMatchObject({ IndexBuilds: [1], IndexRollbacks: [1] });
    expect(index.indexOf('pairs')).toBeUndefined();
  });

  test('in place answers at once, and the old one goes', async () => {
    const index = await filled({ policy: { by: 'inPlace' } });
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs');
    });
    expect([index.indexOf('lines'), index.room('passages_lines').store.chunks.size]).toEqual([undefined, 0]);
    await inStep(index, 'pairs');
  });

  test('is built whatever becomes of one that cannot be dropped, which goes once it can', async () => {
    const index = await filled({ policy: { by: 'inPlace' } });
    index.mishaps.undroppable.add('passages_lines');
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.lines.some(({ what }) => what === 'is dropped later'));
      index.deploy('triples', { by: 'beside' });
      await index.until(() => index.answering() === 'triples');
      index.mishaps.undroppable.clear();
    });
    expect([index.indexOf('lines'), index.room('passages_lines').store.chunks.size]).toEqual([undefined, 0]);
    expect(index.metrics.SyncJobsFailed?.length).toBeGreaterThan(0);
  });

  test('that cannot take a document is refused for it, and not looked through for ever', async () => {
    const index = await filled();
    const { store } = index.room('passages_pairs');
    const write = store.write.bind(store);
    let writes = 0;
    store.write = async (chunks) => {
      if (!chunks[0].document.endsWith('/3.txt')) return write(chunks);
      writes++;
      throw new TypeError('broken');
    };
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.indexOf('pairs')?.refused !== undefined);
    });
    expect(index.indexOf('pairs')).toMatchObject({ ready: true, counts: { indexed: 7, failed: 1, lost: 1, waiting: 0 }, refused: { reason: expect.stringContaining('1 documents') } });
    expect([index.answering(), writes]).toEqual(['lines', CHANGE_ATTEMPTS]);
  });

  test('is compared again a while after it could not be, and not at once over and over', async () => {
    const index = await filled();
    const { store } = index.room('passages_pairs');
    const search = store.byMeaning.bind(store);
    const compared: number[] = [];
    store.byMeaning = async (asked) => {
      if (compared.push(index.clock.now()) > 3) return search(asked);
      throw new StoreFailure('unavailable', 'the store is not there');
    };
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs');
    });
    const waits = compared.slice(1, 4).map((at, place) => at - compared[place]);
    expect(Math.min(...waits)).toBeGreaterThan(290_000);
    expect(Math.max(...waits)).toBeLessThan(600_000);
  });

  test.each([
    ['has changed meanwhile is not compared', true],
    ['is known still is an error, for it is somebody who may not read', false],
  ])('a text that cannot be read of a document that %s', async (_, changes) => {
    const index = await filled();
    const { states } = index.room('passages_pairs');
    const get = index.texts.get.bind(index.texts);
    let refused = '';
    index.texts.get = async (key) => {
      if (refused === '' || key === refused) {
        refused = key;
        const [name, own] = [...states.items].find(([, { state }]) => key.includes(state.version!.id))!;
        if (changes) states.items.set(name, { ...own, state: { ...own.state, state: 'queued' } });
        throw Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });
      }
      return get(key);
    };
    await index.settle(async () => {
      index.deploy('pairs');
      await index.until(() => index.answering() === 'pairs' || index.lines.some(({ what }) => what === 'is compared later'));
      index.texts.get = get;
      await index.until(() => index.answering() === 'pairs');
    });
    expect(index.indexOf('pairs')!.compared!.documents).toBe(changes ? 7 : 8);
    expect(index.metrics.SyncJobsFailed ?? []).toEqual(changes ? [] : [1]);
  });

  test('says why nothing can be rolled back', async () => {
    const index = await filled();
    index.ask({ rollback: true });
    index.ask({ switch: true });
    await index.settle();
    expect(index.lines.filter(({ level }) => level === 'error').map(({ what }) => what)).toEqual(['cannot be rolled back: no index is kept that answered before', 'answers already']);
  });
});

test('what was given up is not found', async () => {
  const index = await filled();
  const { store } = index;
  store.write = async () => { throw new TypeError('broken'); };
  await index.settle(() => index.change('0.txt', lines(3, 'changed')));
  expect(index.state('0.txt')).toMatchObject({ state: 'failed', held: [] });
  expect([...store.chunks.values()].filter(({ document }) => document.endsWith('/0.txt'))).toEqual([]);
});
