/** What is known of a source. All times are milliseconds since 1970. */
export interface SourceState {
  /** A job of it is at work, or about to begin, until then at the latest. */
  readonly closedUntil?: number;
  /** A job is to take the place of its waiting changes; absent as soon as one begins. */
  readonly wantedAt?: number;
  /** When its newest job began. */
  readonly startedAt?: number;
  /** When the newest job began that is complete: what changed before is in the index. */
  readonly coveredFrom?: number;
  /** When that one was seen to be complete. */
  readonly coveredAt?: number;
  /** When the newest job began that failed for good. */
  readonly failedAt?: number;
}

/**
 * Many batches of changes, or one job, are at work on a source at a time: the service reads no documents that are sent while a job reads the source, and
 * what both read at once could end as the older of the two.
 */
export interface SourceGates {
  find(dataSourceId: string): Promise<SourceState>;
  /** Lets a batch of changes in until it leaves, or its time is over, unless a job is at work. */
  enter(dataSourceId: string, batch: string, now: number, until: number): Promise<{ readonly entered: boolean; readonly state: SourceState }>;
  leave(dataSourceId: string, batch: string): Promise<void>;
  /** Asks for a job in the place of changes; false where one was asked for lately. */
  want(dataSourceId: string, now: number, lately: number): Promise<boolean>;
  /** Lets no batch in any more until then; gives how many are in. */
  close(dataSourceId: string, token: number, now: number, until: number): Promise<number>;
  /** Says that a job has begun, which takes the place of what was wanted. */
  began(dataSourceId: string, startedAt: number): Promise<void>;
  /** Lets batches in again, unless somebody else has closed it since. With a failure for good no job is wanted any more. */
  open(dataSourceId: string, token: number, found?: Pick<SourceState, 'coveredFrom' | 'coveredAt' | 'failedAt'>): Promise<void>;
}

/** Whose turn it is to have a job: one at a time for a knowledge base. */
export interface JobLease {
  /** Counts the holders: what an older one does late is told by it. */
  readonly token: number;
  readonly owner: string;
  readonly dataSourceId: string;
  readonly until: number;
  /** When the job was wanted, and how often it was tried. */
  readonly wantedAt: number;
  readonly attempt: number;
  /** The job, as soon as it has begun, and when that was. */
  readonly jobId?: string;
  readonly startedAt?: number;
  /** How often it has been looked at. */
  readonly look?: number;
}

export interface JobLeases {
  find(): Promise<JobLease | undefined>;
  /**
   * Takes the lease where nobody has it, its time is over and no job is left behind, or it is the owner's already. Undefined where it is somebody's,
   * or the newest job of all began after `earliest`.
   */
  take(wanted: Pick<JobLease, 'owner' | 'dataSourceId' | 'wantedAt' | 'attempt' | 'until'>, now: number, earliest: number): Promise<JobLease | undefined>;
  /** Writes down what became of it, and keeps it until then; false where it is somebody else's now. */
  keep(token: number, kept: Pick<JobLease, 'until' | 'jobId' | 'startedAt' | 'look'>): Promise<boolean>;
  /** Gives it up; false where it is somebody else's, or was given up before. */
  release(token: number): Promise<boolean>;
}

/** A document whose reading has been begun and is looked at again. */
export interface PendingDocument {
  readonly name: string;
  /** The changes that came before it was begun. */
  readonly changes: readonly string[];
}

/** A document that is not done with. */
export interface OpenDocument extends Partial<PendingDocument> {
  readonly name: string;
  /** Whether it failed when it was read last. */
  readonly failed: boolean;
}

export interface FailedDocument {
  readonly name: string;
  readonly reason: string;
  readonly at: number;
}

/** Documents of a source that are not done with: those that failed, and those that are being read for long. */
export interface OpenDocuments {
  /** Those among some documents that are not done with. */
  find(dataSourceId: string, names: readonly string[]): Promise<OpenDocument[]>;
  keepPending(dataSourceId: string, documents: readonly PendingDocument[], now: number): Promise<void>;
  /** Writes down that a document failed once more; it is pending no more. Gives how often it has failed since it was last cleared. */
  fail(dataSourceId: string, document: FailedDocument): Promise<number>;
  /** Forgets what is done with. */
  clear(dataSourceId: string, names: readonly string[]): Promise<void>;
  /** The names of those that failed, page by page. */
  failed(dataSourceId: string): AsyncIterable<readonly string[]>;
}
