import * as fc from 'fast-check';
import { deployIndex, type DeployOptions, inStep } from './deployed-index';
import { wantedAlone } from '../../../lambda/document-index/beside';
import { changedDocument } from '../../../lambda/document-index/bulk/request';
import { bringInStep } from '../../../lambda/document-index/in-step';
import type { Chunker } from '../../../lambda/ports/chunks';

type Deployed = ReturnType<typeof deployIndex>;

/** Two lines are a chunk. */
const PAIRS: Chunker = {
  async chunk({ text }) {
    return [...text.matchAll(/[^\n]+(\n[^\n]+)?/g)].map(({ 0: lines, index }) => ({ text: lines, start: index, end: index + lines.length, headings: [], tokens: lines.length }));
  },
};
const DOCUMENTS = 8;
const lines = (count: number, of = 'line') => Array.from({ length: count }, (_, at) => `${of} number ${at} of this document says something`).join('\n');
const owned = (owner: string) => JSON.stringify({ metadataAttributes: { owner } });

/** The index `pairs` answers, and of `lines`, which did before, the states have gone and the chunks have not. */
async function halfGone(index: Deployed) {
  index.deploy('pairs');
  await index.until(() => index.answering() === 'pairs');
  index.mishaps.undroppable.add('passages_lines');
  await index.until(() => index.lines.some(({ what }) => what === 'is dropped later'));
  expect([index.room('passages_lines').states.items.size, index.room('passages_lines').store.chunks.size]).toEqual([0, 4 * DOCUMENTS]);
}

async function filled(options: DeployOptions = {}) {
  const index = deployIndex({ chunkers: { pairs: PAIRS }, policy: { keepSeconds: 60 }, ...options });
  for (let file = 0; file < DOCUMENTS; file++) await index.change(`${file}.txt`, lines(4, `file${file}`));
  await index.settle();
  return index;
}

describe('an index that is wanted again while it is taken out', () => {
  test('is begun with anew once it is gone, and holds nothing of before; the other one answers and follows its documents meanwhile', async () => {
    const index = await filled();
    await index.settle(async () => {
      await halfGone(index);
      index.deploy('lines');
      await index.until(() => index.indexOf('lines')?.drop?.from === undefined && index.registry.kept!.indexes.wanted === 'passages_lines');
      await index.change('3.txt', undefined);
      await index.change('4.txt', lines(2, 'changed'));
      await index.until(() => index.inState('deleted', 'pairs').includes('3.txt'));
      expect([index.answering(), index.room('passages_lines').states.items.size]).toEqual(['pairs', 0]);
      index.mishaps.undroppable.clear();
      await index.until(() => index.answering() === 'lines');
      await index.until(() => index.indexOf('pairs')!.ready);
      await inStep(index, 'pairs');
    });
    await inStep(index, 'lines');
    expect(index.changes.dead).toEqual([]);
  });

  test('is looked after once a minute while it is waited for, however many changes come', async () => {
    const index = await filled();
    await index.settle(async () => {
      await halfGone(index);
      index.deploy('lines');
      await index.until(() => index.registry.kept!.indexes.wanted === 'passages_lines');
      const add = index.jobs.add.bind(index.jobs);
      let tends = 0;
      index.jobs.add = (body, options) => {
        if (body.includes('"tend"')) tends++;
        add(body, options);
      };
      for (let time = 0; time < 100; time++) {
        await index.change(`${time % DOCUMENTS}.txt`, lines(2, `time${time}`));
        await index.clock.pause(6_000);
      }
      expect(tends).toBeGreaterThan(5);
      expect(tends).toBeLessThan(25);
      index.mishaps.undroppable.clear();
    });
    expect(index.answering()).toBe('lines');
    await inStep(index, 'lines');
  });

  test('is not made before everybody has ended who may still write it', async () => {
    const index = await filled();
    await index.settle(async () => {
      await halfGone(index);
      index.mishaps.undroppable.clear();
      const since = index.clock.now();
      index.deploy('lines');
      await index.until(() => index.registry.kept!.indexes.wanted === 'passages_lines' && index.indexOf('lines') === undefined);
      expect(index.clock.now() - since).toBeGreaterThan(330_000);
      await index.until(() => index.answering() === 'lines');
    });
  });

  test('goes on being waited for where the run is killed that takes it out', async () => {
    const index = await filled();
    await index.settle(async () => {
      await halfGone(index);
      index.mishaps.undroppable.clear();
      index.deploy('lines');
      let killed = 0;
      index.mishaps.killAt = (call) => call === 'drop' && killed++ < 3;
      await index.until(() => index.answering() === 'lines');
    });
    await inStep(index, 'lines');
  });

  test('with callers kept apart otherwise, is waited for by questions and changes too: nobody is answered from what does not keep them apart', async () => {
    const options = { terms: { fields: [{ name: 'owner', type: 'string' as const }] }, tenantFields: { lines: 'owner' } };
    const index = deployIndex({ chunkers: { pairs: PAIRS }, policy: { keepSeconds: 60 }, ...options });
    for (let file = 0; file < DOCUMENTS; file++) {
      await index.change(`${file}.txt.metadata.json`, owned('acme'));
      await index.change(`${file}.txt`, lines(4, `file${file}`));
    }
    await index.settle();
    await index.settle(async () => {
      await halfGone(index);
      index.deploy('lines');
      await index.until(() => index.registry.kept!.indexes.wanted === 'passages_lines');
      expect(index.answering()).toBeUndefined();
      await index.change('3.txt', undefined);
      await index.change('9.txt.metadata.json', owned('globex'));
      await index.change('9.txt', lines(4, 'new'));
      await index.clock.pause(40 * 60_000);
      expect(index.answering()).toBeUndefined();
      index.mishaps.undroppable.clear();
      await index.until(() => index.answering() === 'lines');
      await index.until(() => index.inState('indexed', 'lines').length === DOCUMENTS);
    });
    await inStep(index, 'lines');
    expect([Object.keys(index.registry.kept!.indexes.known), index.changes.dead]).toEqual([['passages_lines'], []]);
  });

  test('takes no document of a load before it is made', async () => {
    const index = await filled();
    await index.settle(async () => {
      await halfGone(index);
      index.deploy('lines');
      const house = index.openHouse();
      const document = changedDocument('0.txt', 'documents', index.terms, 0);
      const ports = wantedAlone(house);
      const { terms } = house.open(house.wanted);
      const load = () => bringInStep(document, terms, { until: index.clock.now() + 60_000, signal: new AbortController().signal }, ports);
      expect(await load()).toMatchObject({ kind: 'hold', why: 'unavailable' });
      expect(index.room('passages_lines').states.items.size).toBe(0);
      index.mishaps.undroppable.clear();
      await index.until(() => index.indexOf('lines')?.dropping === undefined && index.indexOf('lines') !== undefined);
      expect((await load()).kind).not.toBe('broken');
    });
    await inStep(index, 'lines');
  });
});

test('each run that takes an index out comes further than the one before it', async () => {
  const index = await filled();
  for (let file = 0; file < 60; file++) await index.change(`more/${file}.txt`, lines(20, `file${file}`));
  await index.settle();
  // A run has time for some of sixty pages.
  index.mishaps.dropPause = 20_000;
  await index.settle(async () => {
    index.deploy('pairs');
    await index.until(() => index.answering() === 'pairs');
  });
  const from = index.dropped.filter(([name]) => name === 'passages_lines').map(([, place]) => place);
  expect(from.length).toBeGreaterThan(3);
  expect(from.length).toBeLessThan(8);
  expect([...new Set(from)].sort()).toEqual(from);
  expect([index.indexOf('lines'), index.room('passages_lines').store.chunks.size]).toEqual([undefined, 0]);
});

test('however deployments follow each other, with workers killed and documents changing, the last one has all that the bucket holds, and nothing else', async () => {
  let waits = 0;
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
    const index = deployIndex({ seed, chunkers: { pairs: PAIRS }, kills: 0.004, throttles: 0.03, faults: 0.002, policy: { keepSeconds: 60, tolerance: 1 } });
    const { change, clock, random } = index;
    index.mishaps.dropPause = 5_000;
    let last = 'lines';
    await index.settle(async () => {
      for (let step = 0; step < 25; step++) {
        for (let time = 0; time < 6; time++) {
          const key = `${Math.floor(random() * 60)}.txt`;
          await change(key, random() < 0.3 ? undefined : lines(1 + Math.floor(random() * 60), `step${step}.${time}`), { late: 2_000, lost: 0.03 });
        }
        if (random() < 0.6) {
          last = ['lines', 'pairs', 'pairs'][Math.floor(random() * 3)];
          index.deploy(last, { by: random() < 0.5 ? 'beside' : 'inPlace' });
        }
        await clock.pause(random() * 150_000);
      }
      index.deploy(last, { by: 'beside' });
      await index.until(() => index.answering() === last, 48);
    });
    index.reconcile();
    await index.settle();
    const { readable } = await inStep(index, last);
    expect([readable.length > 20, Object.keys(index.registry.kept!.indexes.known), index.changes.dead]).toEqual([true, [`passages_${last}`], []]);
    waits += index.lines.filter(({ what }) => what === 'wanted again, once it is gone').length;
  }), { numRuns: 6, seed: 2, endOnFailure: true });
  expect(waits).toBeGreaterThan(5);
}, 240_000);
