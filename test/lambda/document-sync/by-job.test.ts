import { deploySync } from './deployed-sync';

/** Documents of a managed knowledge base are read by jobs alone. A job takes at least five seconds here. */
function managed() {
  const sync = deploySync({ source: { byJob: true } });
  const { base, clock } = sync;
  const secondsUntil = async (key: string, content: string | undefined) => {
    const began = clock.now();
    while (base.index().get(key) !== content) await clock.pause(100);
    return (clock.now() - began) / 1000;
  };
  return { ...sync, secondsUntil };
}

test('one job is begun for a change, soon, and the change is done with when that job is seen to be complete', async () => {
  const { settle, change, clock, base, metrics, secondsUntil } = managed();
  await settle(async () => {
    await change('a.txt', 'a');
    expect(await secondsUntil('a.txt', 'a ')).toBeLessThan(10);
    await clock.pause(60_000);
    await change('a.txt', undefined);
    expect(await secondsUntil('a.txt', undefined)).toBeLessThan(10);
  });
  expect(base.jobs).toHaveLength(2);
  expect(Math.max(...metrics.SyncLag)).toBeLessThan(15_000);
});

test('files that are uploaded together are read by one job', async () => {
  const { settle, change, clock, base, bucket } = managed();
  await settle(async () => {
    for (let at = 0; at < 20; at++) {
      await change(`${at}.txt`, 'text');
      await clock.pause(40);
    }
  });
  expect(base.index().size).toBe(bucket.documents().length);
  expect(base.jobs).toHaveLength(1);
});

test('a change while a job is at work waits for no change before it, and has the next job begin as soon as one may', async () => {
  const { settle, change, clock, base, secondsUntil } = managed();
  await settle(async () => {
    await change('a.txt', 'a');
    await secondsUntil('a.txt', 'a ');
    await change('a.txt', undefined);
    await change('b.txt', 'b');
    await secondsUntil('a.txt', undefined);
    await secondsUntil('b.txt', 'b ');
    expect(clock.now() - base.jobs[1].startedAt).toBeLessThan(10_000);
  });
  const [first, second] = base.jobs.map(({ startedAt }) => startedAt);
  expect(second - first).toBeGreaterThanOrEqual(10_000);
  expect(second - first).toBeLessThan(17_000);
});

test('what changed while a job was at work that fails is read by its next try', async () => {
  const { settle, change, clock, base, changes } = managed();
  base.mishaps.failJob = 1;
  await settle(async () => {
    await change('a.txt', 'a');
    while (base.jobs.length === 0) await clock.pause(100);
    base.mishaps.failJob = 0;
    await change('b.txt', 'b');
  });
  expect([...base.index().keys()].sort()).toEqual(['a.txt', 'b.txt']);
  expect(changes.dead).toEqual([]);
});
