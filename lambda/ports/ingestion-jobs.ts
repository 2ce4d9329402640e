export type JobStanding = 'working' | 'complete' | 'failed' | 'stopped';

/** How a job stands, and what it has done so far. */
export interface JobReport {
  readonly jobId: string;
  readonly standing: JobStanding;
  readonly indexed: number;
  readonly deleted: number;
  readonly failed: number;
  /** Why it failed, or documents of it; also where it is complete. */
  readonly reasons: readonly string[];
}

/** Jobs that read whole sources. Every method fails with an `IngestionFailure` where the service refuses. */
export interface IngestionJobs {
  /** The ids of all sources of the knowledge base. */
  sources(): Promise<string[]>;
  /** Begins a job and gives its id; under the same token it is the same job. */
  start(dataSourceId: string, token: string): Promise<string>;
  find(dataSourceId: string, jobId: string): Promise<JobReport>;
  /** The ids of the jobs of a source that are at work and not being stopped. */
  running(dataSourceId: string): Promise<string[]>;
  stop(dataSourceId: string, jobId: string): Promise<void>;
}
