import { randomUUID } from 'node:crypto';
import { documentChanges } from '../../../lambda/document-changes/events';
import { documentIndex } from '../../../lambda/document-index/events';
import type { House } from '../../../lambda/document-index/house';
import type { IndexTerms } from '../../../lambda/document-index/terms';
import { versionOf, chunkId } from '../../../lambda/document-index/version';
import type { MetricValues } from '../../../lambda/kit/metrics';
import type { Generations } from '../../../lambda/ports/answers';
import type { Chunker } from '../../../lambda/ports/chunks';
import type { Scalar } from '../../../lambda/ports/passages';
import type { SentChange } from '../../../lambda/ports/sync-queues';
import { INDEX_SECONDS } from '../../../lib/contract/document-index';
import { CHANGE_ATTEMPTS, JOB_ATTEMPTS, METADATA_ENDING } from '../../../lib/contract/document-sync';
import { type IndexRecipe, type ReindexPolicy } from '../../../lib/contract/reindexing';
import { lengthEmbeddings, LINE_CHUNKER, LINE_PARSER, MemoryDocumentStates, MemoryIndexRegistry, MemoryOriginals, MemoryScans, MemoryStore } from '../fakes/document-index';
import { MemoryObjects } from '../fakes/objects';
import { FakeQueue } from '../fakes/queue';
import { randomOf, VirtualClock } from '../fakes/virtual-clock';

export interface DeployOptions {
  readonly seed?: number;
  readonly pollers?: number;
  readonly terms?: Partial<IndexTerms>;
  readonly policy?: Partial<ReindexPolicy>;
  /** What says whose a document is in a pipeline, where it is another than that of the terms. */
  readonly tenantFields?: Readonly<Record<string, string>>;
  /** How documents are cut in a pipeline; in lines where nothing is said. */
  readonly chunkers?: Readonly<Record<string, Chunker>>;
  /** How often a worker is killed at a call of a port of its, before or after the call does what it should. */
  readonly kills?: number;
  /** How often the model and the store are at their limit, or do not answer, and how often a port breaks without a word. */
  readonly throttles?: number;
  readonly faults?: number;
}

const BUCKET = 'papers';
const SOURCE = 'documents';

/** What an index of a pipeline is. */
function recipeOf(pipeline: string, { fields }: Pick<IndexTerms, 'fields'>, tenantField?: string): IndexRecipe {
  const embedding = { modelId: 'model', family: 'titan', dimension: 1, binary: false, inputTokens: 8_000, concurrency: 1 } as const;
  const index = { name: `passages_${pipeline}`, dimension: 1, fields, tenantField };
  return { pipeline, parsing: {} as IndexRecipe['parsing'], chunking: { by: 'structure', tokens: 300 }, embedding, index };
}

/** The functions that keep an index in step, with their queues, in memory and in virtual time. */
export function deployIndex(
  { seed = 1, pollers = 3, terms: given = {}, policy = {}, tenantFields = {}, chunkers = {}, kills = 0, throttles = 0, faults = 0 }: DeployOptions = {},
) {
  const random = randomOf(seed);
  const clock = new VirtualClock(random);
  const mishaps = { kills, throttles, faults, killAt: (_: string): boolean => false, undroppable: new Set<string>(), dropPause: 0 };
  /** Calls that drop an index, and from where. */
  const dropped: [string, string][] = [];
  const mishap = () => (random() < mishaps.throttles ? random() < 0.5 ? 'throttled' as const : 'unavailable' as const : undefined);
  const originals = new MemoryOriginals();
  const registry = new MemoryIndexRegistry();
  const rooms = new Map<string, { states: MemoryDocumentStates; store: MemoryStore }>();
  /** What there is of an index, by its name. */
  const room = (name: string) => {
    const own = rooms.get(name) ?? { states: new MemoryDocumentStates(), store: new MemoryStore(mishap) };
    rooms.set(name, own);
    return own;
  };
  const { states, store } = room('passages_lines');
  const texts = new MemoryObjects();
  const scans = new MemoryScans(clock, originals);
  const changes = new FakeQueue(clock, { receives: CHANGE_ATTEMPTS, batch: 4, seconds: 6 * INDEX_SECONDS });
  const jobs = new FakeQueue(clock, { receives: JOB_ATTEMPTS, batch: 1, seconds: 6 * INDEX_SECONDS });
  const raised: (Scalar | undefined)[] = [];
  const generations: Generations = { raise: async (tenants) => void raised.push(...tenants) };
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
  const sources = [{ dataSourceId: SOURCE, bucket: BUCKET }];
  const terms: IndexTerms = { pipeline: 'lines', fields: [{ name: 'year', type: 'number' }], sources, mostBytes: 10_000, ...given };
  const deployed = { pipeline: terms.pipeline, reindex: { by: 'beside', keepSeconds: 86_400, samples: 20, tolerance: 0.05, models: ['model'], ...policy } as ReindexPolicy };
  const indexes = {
    make: async ({ name }: { readonly name: string }) => void room(name),
    /** In the order of their ids, some at a time. */
    drop: async (name: string, signal: AbortSignal, from = '') => {
      if (mishaps.undroppable.has(name)) throw new TypeError('cannot be dropped');
      const { store: { chunks } } = room(name);
      dropped.push([name, from]);
      for (let after = from; ;) {
        const some = [...chunks.keys()].filter((id) => id > after).sort().slice(0, 20);
        if (some.length === 0) return { done: true };
        if (signal.aborted) return { done: false, from: after };
        some.forEach((id) => chunks.delete(id));
        after = some.at(-1)!;
        await clock.pause(mishaps.dropPause);
      }
    },
  };
  const calls: string[] = [];

  const workerClock = {
    now: () => clock.now(),
    pause: (milliseconds: number) => clock.pause(milliseconds),
    chance: () => clock.chance(),
    every: (milliseconds: number, work: () => void) => after(milliseconds, work),
  };

  /** Ports as one worker has them: each call takes a while, may fail, and may be the worker's last. */
  const mortal = () => {
    let die: () => void = () => undefined;
    const death = new Promise<'killed'>((resolve) => { die = () => resolve('killed'); });
    let alive = true;
    const own = <Port extends object>(port: Port): Port => new Proxy(port, {
      get(target, name) {
        const method = (target as Record<string | symbol, unknown>)[name];
        if (typeof method !== 'function' || name === 'all' || name === 'list') return method;
        return async (...args: unknown[]) => {
          calls.push(String(name));
          await clock.pause(random() * 50);
          const last = random() < mishaps.kills || mishaps.killAt(String(name));
          const effect = !alive || (last && random() < 0.5) ? undefined : (method as (...passed: unknown[]) => unknown).apply(target, args);
          if (last || !alive) {
            void Promise.resolve(effect).catch(() => undefined);
            alive = false;
            die();
            return new Promise(() => undefined);
          }
          if (random() < mishaps.faults) {
            void Promise.resolve(effect).catch(() => undefined);
            throw new Error(`${String(name)} breaks`);
          }
          return effect;
        };
      },
    });
    const house: House = {
      wanted: { recipe: recipeOf(deployed.pipeline, terms, tenantFields[deployed.pipeline]), place: 'here', reindex: deployed.reindex },
      registry: own(registry),
      indexes: own(indexes),
      open: ({ recipe: { pipeline, index: { name, tenantField = terms.tenantField } } }) => ({
        terms: { ...terms, pipeline, tenantField },
        words: true,
        ports: {
          states: own(room(name).states),
          originals: own(originals),
          texts: own(texts),
          store: own(room(name).store),
          generations: own(generations),
          parser: own(LINE_PARSER),
          scans: own(scans),
          scanned: (pages) => publish({ PagesScanned: pages }),
          chunker: own(chunkers[pipeline] ?? LINE_CHUNKER),
          embeddings: own(lengthEmbeddings(mishap)),
          clock: workerClock,
        },
      }),
      changes: own(changeQueue),
      jobs: own(jobQueue),
      clock: workerClock,
      publish,
      log,
    };
    return { house, handler: documentIndex(house), death };
  };
  let idle = false;
  const crashes: unknown[] = [];

  /** Once is enough: whoever asks stops for good. */
  const after = (milliseconds: number, act: () => void) => {
    let wanted = true;
    void clock.pause(milliseconds).then(() => wanted && act());
    return () => void (wanted = false);
  };

  const poll = async (queue: FakeQueue) => {
    for (;;) {
      const batch = queue.receive();
      if (batch.length === 0) {
        if (idle && changes.messages.length === 0 && jobs.messages.length === 0) return;
        await clock.pause(500);
        continue;
      }
      const Records = batch.map(({ id, body, count, group }) => ({
        messageId: id, receiptHandle: id, body, attributes: { ApproximateReceiveCount: String(count), MessageGroupId: group },
      }));
      const until = clock.now() + INDEX_SECONDS * 1000;
      const { handler, death } = mortal();
      try {
        const answer = await Promise.race([handler({ Records }, { getRemainingTimeInMillis: () => until - clock.now() }), death]);
        // Its messages come again when their time is over.
        if (answer === 'killed') continue;
        queue.done(batch, answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      } catch (error) {
        crashes.push(error);
      }
    }
  };
  const intake = documentChanges(sources, changeQueue, { info: () => undefined, error: () => undefined });
  let sequence = 0x500;
  const tell = (key: string, type: 'Object Created' | 'Object Deleted', sequencer = (++sequence).toString(16).toUpperCase()) => ({
    'id': randomUUID(),
    'detail-type': type,
    'time': new Date(Math.floor(clock.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    'detail': { bucket: { name: BUCKET }, object: { key, sequencer } },
  });

  return {
    clock,
    random,
    originals,
    registry,
    indexes,
    room,
    rooms,
    deployed,
    states,
    texts,
    scans,
    store,
    changes,
    jobs,
    terms,
    lines,
    metrics,
    mishaps,
    crashes,
    dropped,
    intake,
    tell,
    calls,
    /** Whose documents changed in the index, each time that it was told. */
    raised,
    state: (key: string) => states.items.get(`${SOURCE} ${key}`)?.state,
    /** Writes or deletes an object; the event of it comes late, maybe twice, maybe never. */
    async change(key: string, content: string | undefined, { late = 0, twice = 0, lost = 0 } = {}) {
      if (content === undefined) originals.objects.delete(key);
      else originals.objects.set(key, content);
      const event = tell(key, content === undefined ? 'Object Deleted' : 'Object Created');
      const times = random() < lost ? 0 : random() < twice ? 2 : 1;
      for (let time = 0; time < times; time++) {
        void (async () => {
          if (late > 0) await clock.pause(random() * late);
          await intake(event);
        })();
      }
    },
    /** Asks for everything to be looked through. */
    reconcile() {
      jobs.add(JSON.stringify({ sync: 'all' }));
    },
    /** Runs until both queues are empty. */
    async settle(work: () => Promise<void> = async () => undefined, hours = 96) {
      idle = false;
      let over = false;
      void Promise.all([...Array.from({ length: pollers }, () => poll(changes)), poll(jobs)]).then(() => (over = true));
      void work().then(() => (idle = true));
      for (const until = clock.now() + hours * 3_600_000; !over && clock.now() < until;) await clock.run(clock.now() + 60_000);
      if (!over) throw new Error(`after ${hours} hours ${changes.messages.length} changes and ${jobs.messages.length} messages of jobs wait still`);
    },
    /** Deploys another way of reading. */
    deploy(pipeline: string, change: Partial<ReindexPolicy> = {}) {
      Object.assign(deployed, { pipeline, reindex: { ...deployed.reindex, ...change } });
      jobs.add(JSON.stringify({ sync: 'all' }));
    },
    /** What a worker works with, for whom nothing else does the wiring. */
    openHouse: () => mortal().house,
    ask: (message: object) => void jobs.add(JSON.stringify(message)),
    /** The pipeline of the index that answers. */
    answering: () => registry.kept?.indexes.answering?.replace('passages_', ''),
    indexOf: (pipeline: string) => registry.kept?.indexes.known[`passages_${pipeline}`],
    /** Waits until something is so. */
    async until(holds: () => boolean, hours = 24) {
      for (const end = clock.now() + hours * 3_600_000; !holds();) {
        if (clock.now() > end) throw new Error(`after ${hours} hours it does not hold still: ${JSON.stringify(registry.kept)}`);
        await clock.pause(200);
      }
    },
    /** What the index must hold by what the bucket holds: texts by their ids, and whether each document can be read. */
    async wanted(pipeline = terms.pipeline) {
      const chunks = new Map<string, { text: string; metadata: object }>();
      const readable: string[] = [];
      const unreadable: string[] = [];
      for (const [key, content] of originals.objects) {
        if (key.endsWith(METADATA_ENDING)) continue;
        const described = originals.objects.get(key + METADATA_ENDING);
        const tag = (await originals.find(BUCKET, key))!.tag;
        const version = versionOf(tag, (await originals.find(BUCKET, key + METADATA_ENDING))?.tag, pipeline);
        const metadata = described === undefined ? {} : (JSON.parse(described) as { metadataAttributes: object }).metadataAttributes;
        const cut = await (chunkers[pipeline] ?? LINE_CHUNKER).chunk({ text: content, blocks: [], notes: [] }, new AbortController().signal);
        const rows = content.startsWith('broken') ? [] : cut.map(({ text }) => text);
        (rows.length > 0 ? readable : unreadable).push(key);
        rows.forEach((text, number) => chunks.set(chunkId(`s3://${BUCKET}/${key}`, version.id, number), { text, metadata }));
      }
      return { chunks, readable: readable.sort(), unreadable: unreadable.sort() };
    },
    held: (pipeline = terms.pipeline) => new Map([...room(`passages_${pipeline}`).store.chunks].map(([id, { text, metadata }]) => [id, { text, metadata }])),
    inState: (wanted: string, pipeline = terms.pipeline) => [...room(`passages_${pipeline}`).states.items.values()].filter(({ state }) => state.state === wanted).map(({ state }) => state.key).sort(),
  };
}

/** Holds the index of a pipeline to what the bucket holds, and gives that. */
export async function inStep(index: ReturnType<typeof deployIndex>, pipeline: string) {
  const wanted = await index.wanted(pipeline);
  expect(index.held(pipeline)).toEqual(wanted.chunks);
  expect(index.inState('indexed', pipeline)).toEqual(wanted.readable);
  expect(index.inState('failed', pipeline)).toEqual(wanted.unreadable);
  return wanted;
}
