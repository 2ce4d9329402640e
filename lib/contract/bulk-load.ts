/** One step of a bulk load, as its state machine asks for it. */
export type BulkRequest = IndexRequest | PrepareRequest | PlanRequest | PackRequest | LoadRequest | SummaryRequest;

/** An object as S3 lists it, or an inventory does. */
export interface BulkItem {
  readonly Key: string;
}

interface DocumentsRequest {
  /** Name of the execution that all steps of one load have in common. */
  readonly run: string;
  /** The source whose documents they are. */
  readonly source: string;
  readonly documents: readonly BulkItem[];
  /** That keys are written as in addresses: so they stand in inventories. */
  readonly encoded: boolean;
}

/** Brings documents in step with the bucket. */
export interface IndexRequest extends DocumentsRequest {
  readonly bulk: 'index';
}

/** Reads and cuts documents from one on, and writes down those of their texts whose vectors nobody has. */
export interface PrepareRequest extends DocumentsRequest {
  readonly bulk: 'prepare';
  readonly from: number;
}

/** What a call of `prepare` came to: `next` is where the next one begins. */
export interface Prepared {
  readonly next: number;
  readonly records: number;
}

/** Says which records make which job. */
export interface PlanRequest extends BatchQuotas {
  readonly bulk: 'plan';
  readonly run: string;
}

export interface BatchQuotas {
  /** Jobs of fewer are refused by Bedrock. */
  readonly fewestRecords: number;
  readonly recordsPerJob: number;
}

export interface Plan {
  readonly jobs: number;
  readonly records: number;
}

/** Writes the files that a job reads. */
export interface PackRequest {
  readonly bulk: 'pack';
  readonly run: string;
  readonly job: number;
}

export interface Packed {
  /** Of different texts. */
  readonly records: number;
  /** Names of its files. */
  readonly files: readonly string[];
}

/** Keeps the vectors of one file that a job has written. */
export interface LoadRequest {
  readonly bulk: 'load';
  readonly run: string;
  readonly job: number;
  /** Of the job, at Bedrock. */
  readonly jobArn: string;
  readonly file: string;
}

export interface Loaded {
  readonly kept: number;
  /** Records that the model refused. */
  readonly refused: number;
}

/** Writes down what became of all. */
export interface SummaryRequest {
  readonly bulk: 'summary';
  readonly run: string;
}

/** What became of documents; `failures` are some of those that cannot be read. */
export interface BulkCounts {
  readonly indexed: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
  /** Scans that Textract reads; they go on as after a change. */
  readonly scanning: number;
  readonly chunks: number;
  readonly failures: readonly { readonly key: string; readonly reason: string }[];
}

/** What a job came to, as its child execution says it. */
export interface BulkJobResult extends Loaded {
  readonly records: number;
  readonly status: string;
}

/** `summary.json` of a load, and the output of its execution. */
export interface BulkSummary extends BulkCounts {
  readonly run: string;
  /** Calls that failed however often they were tried, each with some documents: another run takes them up again. */
  readonly batchesFailed: number;
  readonly vectors: {
    /** Batch jobs. */
    readonly jobs: number;
    readonly records: number;
    /** Made by jobs. What is missing of `records` was embedded on demand. */
    readonly kept: number;
    readonly refused: number;
  };
}

/** What steps fail with that may pass: the state machine tries them again by these names. */
export const BULK_ERRORS = {
  /** There was no time for all: the next call goes on. */
  unfinished: 'DocumentsUnfinished',
  /** A service is at its limit, or does not answer. */
  busy: 'ServicesBusy',
  /** Somebody else brings a document in step, or writes it. */
  taken: 'DocumentsTaken',
  /** Something failed that nobody foresaw. */
  broken: 'DocumentsBroken',
} as const;

/** Where things lie in the bucket of loads: everything of one under `runs/<run>/`. */
export const BULK_FILES = {
  runs: 'runs/',
  /** What `prepare` writes: `<name>-<records>.jsonl`. */
  records: 'records/',
  /** The jobs, and the records of each. */
  plan: 'plan.json',
  plans: 'plan/',
  /** What jobs read and what they write, a folder each. */
  jobs: 'jobs/',
  vectors: 'vectors/',
  /** What Step Functions writes of children. */
  results: 'results/',
  summary: 'summary.json',
} as const;

/** The distributed maps of a load; labels of the state machine, and folders of results. */
export const BULK_MAPS = { prepare: 'prepare', jobs: 'jobs', index: 'index' } as const;

/** Metrics of loads, with the dimension `Service`. */
export const BULK_METRICS = {
  bulkLoads: 'BulkLoads',
  bulkDocuments: 'BulkDocuments',
  /** Documents that cannot be read, of one load. */
  bulkDocumentsFailed: 'BulkDocumentsFailed',
  /** Calls that failed however often they were tried. */
  bulkBatchesFailed: 'BulkBatchesFailed',
  /** Vectors that batch jobs made. */
  bulkVectors: 'BulkVectors',
} as const;
