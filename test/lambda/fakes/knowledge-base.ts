import type { VirtualClock } from './virtual-clock';
import type { Documents } from '../../../lambda/ports/documents';
import { type DocumentReport, type DocumentStanding, type Ingestion, IngestionFailure, type IngestionRefusal, type SentDocument } from '../../../lambda/ports/ingestion';
import type { IngestionJobs, JobReport } from '../../../lambda/ports/ingestion-jobs';

/** A bucket: what was written under each key last. */
export class FakeBucket implements Documents {
  readonly objects = new Map<string, string>();

  constructor(readonly name = 'papers') {}

  async version(bucket: string, key: string) {
    return bucket === this.name ? this.objects.get(key) : undefined;
  }

  /** A document with its metadata, as an index would hold it. */
  read(key: string): string | undefined {
    const content = this.objects.get(key);
    return content === undefined ? undefined : `${content} ${this.objects.get(`${key}.metadata.json`) ?? ''}`;
  }

  documents(): string[] {
    return [...this.objects.keys()].filter((key) => !key.endsWith('.metadata.json'));
  }
}

/** How often things go wrong, from 0 to 1. */
export interface Mishaps {
  throttle: number;
  conflict: number;
  unavailable: number;
  failDocument: number;
  failJob: number;
  /** Most milliseconds that a document takes. */
  slowestMs: number;
}

interface Entry {
  content?: string;
  standing: DocumentStanding;
  reason?: string;
  working: number;
}

/**
 * A knowledge base that promises no more than the service does: documents are read some time after they were sent, of two calls about one of them
 * either may be done last, and jobs exclude documents that are sent.
 */
export class FakeKnowledgeBase implements Ingestion, IngestionJobs {
  readonly mishaps: Mishaps = { throttle: 0, conflict: 0, unavailable: 0, failDocument: 0, failJob: 0, slowestMs: 2_000 };
  /** Whether the service itself keeps jobs and single documents apart. */
  exclusive = true;
  readonly entries = new Map<string, Entry>();
  readonly jobs: (JobReport & { standing: JobReport['standing']; startedAt: number; token: string; source: string })[] = [];
  readonly calls: string[] = [];
  /** What was asked for while the other was at work: a document while a job reads, or a job while documents are read. */
  readonly overlaps: string[] = [];
  /** How each document was sent last. */
  readonly sent = new Map<string, SentDocument>();
  /** What no call is taken with. */
  readonly invalid = new Set<string>();
  readonly ignored = new Set<string>();
  private readonly tokens = new Set<string>();

  constructor(private readonly bucket: FakeBucket, private readonly clock: VirtualClock) {}

  /** What can be found, by key. */
  index(): Map<string, string> {
    return new Map([...this.entries].flatMap(([uri, { content }]) => (content === undefined ? [] : [[this.keyOf(uri), content] as const])));
  }

  async ingest(_source: string, documents: readonly SentDocument[], token: string) {
    this.refuse('ingest', documents.map(({ uri }) => uri));
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const document of documents) {
      const { uri, metadataUri } = document;
      this.sent.set(uri, document);
      void this.work(uri, async (entry) => {
        const key = this.keyOf(uri);
        const content = this.bucket.objects.get(key);
        const metadata = metadataUri === undefined ? '' : this.bucket.objects.get(this.keyOf(metadataUri)) ?? '';
        await this.clock.pause(this.clock.random() * this.mishaps.slowestMs);
        if (this.ignored.has(key)) return { ...entry, standing: 'ignored' as const };
        if (content === undefined || this.clock.random() < this.mishaps.failDocument) return { ...entry, standing: 'failed' as const, reason: 'It could not be read.' };
        return { ...entry, standing: 'indexed' as const, reason: undefined, content: `${content} ${metadata}` };
      });
    }
  }

  async forget(_source: string, uris: readonly string[], token: string) {
    this.refuse('forget', uris);
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const uri of uris) void this.work(uri, async (entry) => ({ ...entry, standing: 'absent' as const, content: undefined }));
  }

  async report(_source: string, uris: readonly string[]): Promise<DocumentReport[]> {
    this.calls.push('report');
    if (this.clock.random() < this.mishaps.throttle) throw new IngestionFailure('throttled', 'Rate exceeded');
    return uris.map((uri) => this.reportOf(uri));
  }

  async* list() {
    yield [...this.entries.keys()].map((uri) => this.reportOf(uri));
  }

  async sources() {
    return ['PAPERS'];
  }

  async start(source: string, token: string) {
    this.calls.push('start');
    this.strike('start');
    const known = this.jobs.find((job) => job.token === token);
    if (known) return known.jobId;
    if (this.sending) this.overlaps.push('start');
    if (this.atWork || (this.exclusive && this.sending)) throw new IngestionFailure('conflict', 'There is already an ongoing operation');
    const job = { jobId: `JOB${this.jobs.length + 1}`, standing: 'working' as JobReport['standing'], indexed: 0, deleted: 0, failed: 0, reasons: [], startedAt: this.clock.now(), token, source };
    this.jobs.push(job);
    void this.runJob(job);
    return job.jobId;
  }

  async find(_source: string, jobId: string) {
    this.strike('find');
    const job = this.jobs.find((one) => one.jobId === jobId);
    if (!job) throw new IngestionFailure('gone', 'no such job');
    return { ...job };
  }

  async running() {
    return this.jobs.filter(({ standing }) => standing === 'working').map(({ jobId }) => jobId);
  }

  async stop(_source: string, jobId: string) {
    const job = this.jobs.find((one) => one.jobId === jobId);
    if (job?.standing !== 'working') throw new IngestionFailure('conflict', 'it does not run');
    job.standing = 'stopped';
  }

  private get atWork() {
    return this.jobs.some(({ standing }) => standing === 'working');
  }

  private get sending() {
    return [...this.entries.values()].some(({ working }) => working > 0);
  }

  private async runJob(job: FakeKnowledgeBase['jobs'][number]): Promise<void> {
    const listed = this.bucket.documents();
    await this.clock.pause(5_000);
    for (const key of listed) {
      if (job.standing !== 'working') return;
      const content = this.bucket.read(key);
      // It is written some time after it was read.
      if (this.clock.random() < 0.2) await this.clock.pause(2_000);
      const entry = this.entryOf(`s3://${this.bucket.name}/${key}`);
      if (content === undefined || content === entry.content) continue;
      if (this.clock.random() < this.mishaps.failDocument) {
        Object.assign(entry, { standing: 'failed', reason: 'A job could not read it.' });
        Object.assign(job, { failed: job.failed + 1 });
        continue;
      }
      Object.assign(entry, { content, standing: 'indexed' });
      Object.assign(job, { indexed: job.indexed + 1 });
    }
    if (job.standing !== 'working') return;
    if (this.clock.random() < this.mishaps.failJob) return void (job.standing = 'failed');
    for (const [uri, entry] of this.entries) {
      if (listed.includes(this.keyOf(uri)) || entry.content === undefined) continue;
      Object.assign(entry, { content: undefined, standing: 'absent' });
      Object.assign(job, { deleted: job.deleted + 1 });
    }
    job.standing = 'complete';
  }

  private async work(uri: string, does: (entry: Entry) => Promise<Partial<Entry>>): Promise<void> {
    const entry = this.entryOf(uri);
    entry.working += 1;
    await this.clock.pause(this.clock.random() * this.mishaps.slowestMs);
    const { working: _, ...done } = await does(entry);
    Object.assign(entry, done, { working: entry.working - 1 });
  }

  private refuse(call: string, uris: readonly string[]): void {
    this.calls.push(`${call} ${uris.length}`);
    if (uris.length > 10 || new Set(uris).size < uris.length) throw new IngestionFailure('invalid', 'not so');
    if (uris.some((uri) => this.invalid.has(this.keyOf(uri)))) throw new IngestionFailure('invalid', 'one of them is refused');
    if (this.atWork) this.overlaps.push(call);
    if (this.exclusive && this.atWork) throw new IngestionFailure('conflict', 'a job is at work');
    this.strike(call);
  }

  private strike(call: string): void {
    for (const [refusal, share] of [['throttled', 'throttle'], ['conflict', 'conflict'], ['unavailable', 'unavailable']] as const) {
      if (this.clock.random() < this.mishaps[share]) throw new IngestionFailure(refusal as IngestionRefusal, `${call} is refused: ${refusal}`);
    }
  }

  private reportOf(uri: string): DocumentReport {
    const { standing = 'absent' as const, working = 0, reason } = this.entries.get(uri) ?? {};
    return { name: uri, standing: working > 0 ? 'working' : standing, reason };
  }

  private entryOf(uri: string): Entry {
    const entry = this.entries.get(uri) ?? { standing: 'absent', working: 0 };
    this.entries.set(uri, entry);
    return entry;
  }

  private keyOf(uri: string): string {
    return uri.replace(`s3://${this.bucket.name}/`, '');
  }
}
