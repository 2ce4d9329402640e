import { randomUUID } from 'node:crypto';
import { documentChanges } from '../../../lambda/document-changes/events';
import { documentSync, type SyncPorts } from '../../../lambda/document-sync/events';
import type { MetricValues } from '../../../lambda/kit/metrics';
import type { SentChange } from '../../../lambda/ports/sync-queues';
import { CHANGE_ATTEMPTS, JOB_ATTEMPTS, SYNC_SECONDS, type SyncedSource } from '../../../lib/contract/document-sync';
import { FakeBucket, FakeKnowledgeBase } from '../fakes/knowledge-base';
import { FakeQueue } from '../fakes/queue';
import { MemoryGates, MemoryLeases, MemoryOpenDocuments } from '../fakes/sync-state';
import { randomOf, VirtualClock } from '../fakes/virtual-clock';

export interface DeployOptions {
  readonly seed?: number;
  readonly backlog?: number;
  readonly source?: Partial<SyncedSource>;
  /** How often a call of a port of ours fails without a word. */
  readonly faults?: number;
  readonly pollers?: number;
  /** @default - they keep jobs and documents apart */
  readonly gates?: MemoryGates;
}

/** The functions of a sync with their queues, in memory and in virtual time. */
export function deploySync({ seed = 1, backlog = 1_000_000, source, faults = 0, pollers = 3, gates = new MemoryGates() }: DeployOptions = {}) {
  const random = randomOf(seed);
  const clock = new VirtualClock(random);
  const bucket = new FakeBucket();
  const base = new FakeKnowledgeBase(bucket, clock);
  const changes = new FakeQueue(clock, { receives: CHANGE_ATTEMPTS, batch: 10, seconds: 6 * SYNC_SECONDS });
  const jobs = new FakeQueue(clock, { receives: JOB_ATTEMPTS, batch: 10, seconds: 6 * SYNC_SECONDS });
  const open = new MemoryOpenDocuments();
  const leases = new MemoryLeases();
  const lines: Readonly<Record<string, unknown>>[] = [];
  const metrics: Record<string, number[]> = {};
  const log = {
    info: (message: string, fields: object) => void lines.push({ level: 'info', message, ...fields }),
    error: (message: string, fields: object) => void lines.push({ level: 'error', message, ...fields }),
  };
  const publish = (values: MetricValues) => {
    for (const [name, value] of Object.entries(values)) if (value !== undefined) (metrics[name] ??= []).push(value);
  };
  const changeQueue = {
    async send(sent: readonly SentChange[]) {
      for (const { change, id, line } of sent) changes.add(JSON.stringify(change), { id, group: line });
    },
    async hide(hidden: readonly { receipt: string; seconds: number }[]) {
      for (const { receipt, seconds } of hidden) changes.hide(receipt, seconds);
    },
    waiting: async () => changes.visible(),
  };
  const jobQueue = { send: async (message: object, seconds: number) => jobs.add(JSON.stringify(message), { delay: seconds * 1000 }) };
  const sources: SyncedSource[] = [{ dataSourceId: 'PAPERS', bucket: bucket.name, ...source }];
  const faulty = <Port extends object>(port: Port): Port => new Proxy(port, {
    get(target, name) {
      const method = (target as Record<string | symbol, unknown>)[name];
      if (typeof method !== 'function' || faults === 0) return method;
      return (...args: unknown[]) => {
        if (random() < faults) throw new Error(`${String(name)} breaks`);
        return (method as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const ports: SyncPorts = {
    ingestion: base,
    ingestionJobs: base,
    documents: faulty(bucket),
    gates: faulty(gates),
    leases: faulty(leases),
    open: faulty(open),
    changes: faulty(changeQueue),
    jobs: faulty(jobQueue),
    clock: clock as unknown as SyncPorts['clock'],
    publish,
    log,
  };
  const handler = documentSync({ sources, backlog }, ports);
  const intake = documentChanges(sources, changeQueue, { info: () => undefined, error: () => undefined });
  let runs = 0;
  let idle = false;
  const crashes: unknown[] = [];

  const poll = async (queue: FakeQueue) => {
    for (;;) {
      const batch = queue.receive();
      if (batch.length === 0) {
        if (idle && changes.messages.length === 0 && jobs.messages.length === 0) return;
        await clock.pause(500);
        continue;
      }
      const Records = batch.map(({ id, group, body, sentAt, count }) => ({
        messageId: id, receiptHandle: id, body, attributes: { ApproximateReceiveCount: String(count), SentTimestamp: String(sentAt), MessageGroupId: group },
      }));
      const until = clock.now() + SYNC_SECONDS * 1000;
      const context = { awsRequestId: `run-${++runs}`, getRemainingTimeInMillis: () => until - clock.now() };
      try {
        const { batchItemFailures } = await handler({ Records }, context);
        queue.done(batch, batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      } catch (error) {
        // Its messages come again when their time is over.
        crashes.push(error);
      }
    }
  };
  let sequence = 0;
  const tell = (key: string, type: 'Object Created' | 'Object Deleted', at = clock.now()) => ({
    'id': randomUUID(),
    'detail-type': type,
    'time': new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    'detail': { bucket: { name: bucket.name }, object: { key, sequencer: String(++sequence).padStart(8, '0') } },
  });

  return {
    sources,
    clock,
    random,
    bucket,
    base,
    changes,
    jobs,
    crashes,
    open,
    gates,
    leases,
    lines,
    metrics,
    ports,
    handler,
    /** Writes or deletes an object; the event of it comes late, and maybe twice. */
    async change(key: string, content: string | undefined, { late = 0, twice = 0 } = {}) {
      if (content === undefined) bucket.objects.delete(key);
      else bucket.objects.set(key, content);
      const event = tell(key, content === undefined ? 'Object Deleted' : 'Object Created');
      for (let time = 0; time < (random() < twice ? 2 : 1); time++) {
        void (async () => {
          if (late > 0) await clock.pause(random() * late);
          await intake(event);
        })();
      }
    },
    async sync(request: 'all' | readonly string[] = 'all') {
      return handler({ sync: request }, { awsRequestId: `run-${++runs}`, getRemainingTimeInMillis: () => SYNC_SECONDS * 1000 });
    },
    /** Runs until both queues are empty. */
    async settle(work: () => Promise<void> = async () => undefined, hours = 48) {
      idle = false;
      const all = [...Array.from({ length: pollers }, () => poll(changes)), poll(jobs), poll(jobs)];
      void work().then(() => (idle = true));
      const until = clock.now() + hours * 3_600_000;
      let over = false;

      void Promise.all(all).then(() => (over = true));
      while (!over && clock.now() < until) await clock.run(clock.now() + 60_000);
      if (!over) throw new Error(`after ${hours} hours ${changes.messages.length} changes and ${jobs.messages.length} messages of jobs wait still`);
    },
  };
}
