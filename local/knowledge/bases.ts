import type { DataSource, KnowledgeBase } from './definition';
import { KnowledgeFaults } from './faults';
import { IndexStore } from './index-store';
import { type IndexingPorts, mayUseStore } from './indexing';
import { type IngestionJob, isRunning, newJob, runJob } from './jobs';
import { SeededQueries } from './sql-base';
import { AwsFailure } from '../aws/failure';
import type { ServiceRole } from '../iam/service-role';
import type { Buckets } from '../s3/store';

export interface KnowledgeSettings {
  /** What indexing takes: before a job begins, for each document of it, and before a document that was sent is indexed or deleted, in milliseconds. */
  paceMs: number;
  /** Refuses a StartIngestionJob within ten seconds of another, as the account's quota does. */
  startQuota: boolean;
}

export interface BasesPorts {
  readonly buckets: Buckets;
  roleOf(roleArn: string): ServiceRole;
  call(functionArn: string, event: object): Promise<Buffer>;
  readonly onNotice: (line: string) => void;
}

/** One knowledge base at work. */
export interface RunningBase extends IndexingPorts {
  readonly jobs: IngestionJob[];
}

/** Longest time between two jobs of an account under its quota. */
const START_MS = 10_000;

/** The knowledge bases of a deployment: what each has indexed, and the jobs that do it. */
export class Bases {
  readonly faults = new KnowledgeFaults();
  readonly queries = new SeededQueries();
  readonly settings: KnowledgeSettings = { paceMs: 2, startQuota: false };
  private readonly bases: ReadonlyMap<string, RunningBase>;
  private startedAt = 0;
  private readonly over = new AbortController();

  constructor(definitions: readonly KnowledgeBase[], private readonly ports: BasesPorts) {
    this.bases = new Map(definitions.map((base) => [base.id, {
      base, store: new IndexStore(base.dimension), faults: this.faults, buckets: ports.buckets, role: ports.roleOf(base.roleArn), call: ports.call, jobs: [],
    }]));
    for (const running of this.all) {
      try {
        mayUseStore(running, 'create');
      } catch (error) {
        ports.onNotice(`local cloud: the service could not make the knowledge base ${running.base.name}: ${(error as Error).message}`);
      }
    }
  }

  get all(): readonly RunningBase[] {
    return [...this.bases.values()];
  }

  find(id: string): RunningBase {
    // Retrieve takes the id, or the ARN that ends with it.
    const running = this.bases.get(id.split('/').pop() ?? id);
    if (!running) throw new AwsFailure('ResourceNotFoundException', 404, `Knowledge base with id ${id} does not exist`);
    return running;
  }

  source(id: string, dataSourceId: string): { running: RunningBase; source: DataSource } {
    const running = this.find(id);
    const source = running.base.sources.find((one) => one.id === dataSourceId);
    if (!source) throw new AwsFailure('ResourceNotFoundException', 404, `Data source with id ${dataSourceId} of knowledge base ${id} does not exist`);
    return { running, source };
  }

  start(id: string, dataSourceId: string, { clientToken, description }: { clientToken?: string; description?: string }): IngestionJob {
    const { running, source } = this.source(id, dataSourceId);
    const known = clientToken === undefined ? undefined : running.jobs.find((job) => job.clientToken === clientToken);
    if (known) return known;
    const other = running.jobs.find(isRunning);
    if (other !== undefined || this.faults.strikes('conflict', { operation: 'StartIngestionJob' })) {
      throw new AwsFailure('ConflictException', 409,
        `There is already an ongoing ingestion operation on data source ${other?.dataSourceId ?? dataSourceId}. Please try again later`
        + `${other ? ` when the ingestion job ${other.ingestionJobId} has completed` : ''}.`);
    }
    if (this.settings.startQuota && Date.now() - this.startedAt < START_MS) throw new AwsFailure('ThrottlingException', 429, 'Rate exceeded');
    this.startedAt = Date.now();
    const job = newJob(id, dataSourceId, { description, clientToken });
    running.jobs.push(job);
    void this.work(() => runJob(job, source, running, () => this.pause()));
    return job;
  }

  job(id: string, dataSourceId: string, jobId: string): IngestionJob {
    const job = this.find(id).jobs.find((one) => one.dataSourceId === dataSourceId && one.ingestionJobId === jobId);
    if (!job) throw new AwsFailure('ResourceNotFoundException', 404, `Ingestion job ${jobId} does not exist`);
    return job;
  }

  /** Does something later, as the service does what it was asked for. */
  later(task: () => Promise<void> | void): void {
    void this.work(async () => {
      await this.pause();
      await task();
    });
  }

  stop(): void {
    this.over.abort();
  }

  private async work(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!this.over.signal.aborted) this.ports.onNotice(`local cloud: indexing broke off: ${(error as Error).stack}`);
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, this.settings.paceMs);
      if (this.over.signal.aborted) reject(new Error('the local cloud stops'));
      timer.unref();
    });
  }
}
