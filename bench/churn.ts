import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { withStore } from './ingest';
import type { Row } from './row';
import type { LocalCloud } from '../local/cloud';

const DOCUMENTS = 500;
const CHANGES = 1_500;
const SPEED = 60;
const PATIENCE_MS = 15 * 60_000;
/** Longer than an event is late. */
const QUIET_MS = 8_000;

/** What each document says, by its key. */
type Bucket = Map<string, string>;

const churn: Row = {
  name: 'churn',
  title: `${DOCUMENTS} documents written, overwritten and deleted ${CHANGES} times on the local cloud, in PostgreSQL: whether the index ends as the bucket`,
  run: async ({ json }) => withStore('aurora', async (cloud) => {
    cloud.events.queues.speed = SPEED;
    cloud.events.disturb({ duplicates: 0.2, lost: 0.05, latestMs: 3_000 });
    const random = randomOf(7);
    const wanted: Bucket = new Map();
    let [killed, throttled] = [0, 0];
    const [{ bucket }] = await cloud.desk.folders();
    for (let at = 0; at < CHANGES; at++) {
      const key = `docs/${Math.floor(random() * DOCUMENTS)}.md`;
      if (wanted.has(key) && random() < 0.3) {
        wanted.delete(key);
        await cloud.desk.remove({ bucket, key });
      } else {
        const text = `Document ${key} in its version of change ${at}.`;
        wanted.set(key, text);
        await cloud.desk.upload({ bucket, key, content: Buffer.from(text).toString('base64') });
      }
      if (random() < 0.01) killed += killOne();
      if (random() < 0.02) throttled += throttleSome(cloud);
      if (at % 10 === 0) await pause(random() * 400);
      if (!json) process.stdout.write(`\r  ${Math.round(at / CHANGES * 100)} %   \r`);
    }
    cloud.faults.set({ kind: 'none' });
    await quiet(cloud);
    const lost = await differences(cloud, wanted);
    cloud.events.disturb({});
    const jobs = cloud.events.queues.all.find(({ definition: { name } }) => /QueuesJobs/i.test(name))!;
    cloud.events.queues.send(jobs, { body: JSON.stringify({ sync: 'all' }) }, 'operator');
    await quiet(cloud);
    return {
      figures: [
        { name: 'documents in the bucket at the end', value: wanted.size, unit: '', kind: 'time' },
        { name: 'workers killed', value: killed, unit: '', kind: 'time' },
        { name: 'calls of the model throttled', value: throttled, unit: '', kind: 'time' },
        { name: 'documents that differ before the bucket is looked through, for events that were lost', value: lost, unit: '', kind: 'time' },
        { name: 'documents that differ after it', value: await differences(cloud, wanted), unit: '', goal: 0, kind: 'check' },
      ],
      notes: ['one event in five comes twice, one in twenty not at all, all of them up to three seconds late and in any order'],
    };
  }),
};

/** Documents whose chunks are others than what the bucket holds, or too many. */
async function differences({ databases }: LocalCloud, wanted: Bucket): Promise<number> {
  const [cluster] = databases.clusterArns;
  const [[table]] = await databases.look(cluster, "SELECT tablename FROM pg_tables WHERE schemaname = 'passages' AND tablename LIKE '%_chunks'");
  const rows = await databases.look(cluster, `SELECT document, body FROM passages.${table}`);
  const held = new Map<string, string[]>();
  for (const [document, body] of rows) {
    const key = document!.split('/').slice(3).join('/');
    held.set(key, [...held.get(key) ?? [], body!]);
  }
  const keys = new Set([...wanted.keys(), ...held.keys()]);
  return [...keys].filter((key) => held.get(key)?.join() !== wanted.get(key)).length;
}

/** Until no change and no job waits, or is being dealt with, for some seconds. */
async function quiet(cloud: LocalCloud): Promise<void> {
  let since = Date.now();
  for (const end = since + PATIENCE_MS; Date.now() < since + QUIET_MS; await pause(250)) {
    const open = cloud.events.queues.all.map((queue) => queue.counts()).reduce((sum, { visible, held }) => sum + visible + held, 0);
    if (open > 0) since = Date.now();
    if (Date.now() > end) throw new Error(`after ${PATIENCE_MS / 60_000} minutes ${open} messages wait still`);
  }
}

/** Ends a process of the function that indexes, one of those that this one has started. */
function killOne(): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (Number(parent) !== process.pid || !readFileSync(`/proc/${pid}/environ`, 'utf8').includes('IndexSyncHandler')) continue;
      process.kill(Number(pid), 'SIGKILL');
      return 1;
    } catch {
      // It has ended.
    }
  }
  return 0;
}

const THROTTLED = 3;

function throttleSome(cloud: LocalCloud): number {
  cloud.faults.set({ kind: 'throttle', times: THROTTLED });
  return THROTTLED;
}

/** The same numbers in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
}

export default churn;
