import * as fc from 'fast-check';
import { deployIndex } from './deployed-index';

const FILES = 500;

/** Files are written, overwritten and deleted, with and without metadata, while they are read. */
async function live({ change, clock, random, originals }: ReturnType<typeof deployIndex>) {
  for (let step = 0; step < 3 * FILES; step++) {
    const key = `docs/${Math.floor(random() * FILES)}.txt`;
    const described = random() < 0.2;
    const name = described ? `${key}.metadata.json` : key;
    const gone = random() < 0.3 && originals.objects.has(name);
    const lines = Array.from({ length: Math.floor(random() * 250) }, (_, line) => `line ${line} of step ${step}`).join('\n');
    const content = described ? JSON.stringify({ metadataAttributes: { year: step } }) : random() < 0.05 ? `broken ${step}` : lines;
    await change(name, gone ? undefined : content, { late: 4_000, twice: 0.2, lost: 0.05 });
    await clock.pause(random() * 300);
  }
  await clock.pause(5_000);
}

test('500 files that change at random, with events late, twice or lost, workers killed anywhere and services throttling, end with the index equal to the bucket', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
    const index = deployIndex({ seed, kills: 0.004, throttles: 0.05, faults: 0.003 });
    await index.settle(() => live(index));
    index.reconcile();
    await index.settle();

    const wanted = await index.wanted();
    expect(index.held()).toEqual(wanted.chunks);
    expect(index.inState('indexed')).toEqual(wanted.readable);
    expect(index.inState('failed')).toEqual(wanted.unreadable);
    expect(index.inState('queued').length + index.inState('parsed').length + index.inState('chunked').length + index.inState('embedded').length).toBe(0);
    expect(index.texts.kept.size).toBe(wanted.readable.length);
    expect(index.changes.dead.length).toBe(0);
    expect(wanted.readable.length).toBeGreaterThan(150);
    expect(index.metrics.DocumentsRepaired.at(-1)).toBeGreaterThan(0);

    // A second look finds nothing to do.
    index.reconcile();
    await index.settle();
    expect(index.metrics.DocumentsRepaired.at(-1)).toBe(0);
  }), { numRuns: 3, seed: 7, endOnFailure: true });
}, 240_000);
