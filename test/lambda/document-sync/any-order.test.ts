import { deploySync, type DeployOptions } from './deployed-sync';
import { BlindGates, OpenGates } from '../fakes/sync-state';

const FILES = 200;

/** Files are written, overwritten and deleted, with and without metadata, while they are read. */
async function live({ change, clock, random, bucket }: ReturnType<typeof deploySync>) {
  for (let step = 0; step < 3 * FILES; step++) {
    const key = `docs/${Math.floor(random() * FILES)}.txt`;
    const name = random() < 0.2 ? `${key}.metadata.json` : key;
    const gone = random() < 0.3 && bucket.objects.has(name);
    await change(name, gone ? undefined : `v${step}`, { late: 4_000, twice: 0.2 });
    await clock.pause(random() * 300);
  }
  await clock.pause(5_000);
}

const SYNCS: readonly [string, DeployOptions & { readonly exclusive?: boolean }][] = [
  ['one by one', {}],
  ['one by one, where ports break', { faults: 0.005 }],
  ['by jobs for a backlog', { backlog: 40 }],
  ['by jobs for a backlog, where ports break', { backlog: 40, faults: 0.005 }],
  ['by jobs for a backlog, where only the gates keep jobs and documents apart', { backlog: 40, exclusive: false }],
  ['by jobs alone', { source: { byJob: true } }],
];

describe.each(SYNCS)('200 files that change at random, %s', (_, options) => {
  test.each([1, 2, 3, 4])('end with the index equal to the bucket (seed %i)', async (seed) => {
    const sync = deploySync({ ...options, seed });
    sync.base.exclusive = options.exclusive ?? true;
    // What a job fails to read is read by itself afterwards, where that can be.
    const failDocument = options.source ? 0 : 0.03;
    Object.assign(sync.base.mishaps, { throttle: 0.1, conflict: 0.05, unavailable: 0.05, failDocument, failJob: 0.1, slowestMs: 4_000 });
    await sync.settle(() => live(sync));

    const { bucket, base, changes, jobs, metrics } = sync;
    expect(Object.fromEntries(base.index())).toEqual(Object.fromEntries(bucket.documents().map((key) => [key, bucket.read(key)])));
    expect(bucket.documents().length).toBeGreaterThan(50);
    expect([changes.dead.length, jobs.dead.length]).toEqual([0, 0]);
    expect(metrics.SyncLag.length).toBeGreaterThan(0);
    const starts = base.jobs.map(({ startedAt }) => startedAt);
    expect(starts.every((at, place) => place === 0 || at - starts[place - 1] >= 10_000)).toBe(true);
    if (options.backlog || options.source) expect(base.jobs.length).toBeGreaterThan(0);
    // A run that breaks off leaves its gate while its documents are read still: those the next one waits for.
    if (!options.faults) expect(base.overlaps).toEqual([]);
  }, 60_000);
});

test.each([
  ['let batches in while a job runs, documents are read meanwhile', new OpenGates(), 'ingest'],
  ['did not say who is in, jobs would begin while documents are read', new BlindGates(), 'start'],
])('it is the gates that keep jobs and documents apart: if they %s', async (_, gates, overlap) => {
  const sync = deploySync({ backlog: 40, gates });
  sync.base.exclusive = false;
  Object.assign(sync.base.mishaps, { throttle: 0.1, slowestMs: 8_000 });
  await sync.settle(() => live(sync));
  expect(sync.base.overlaps).toContain(overlap);
}, 60_000);
