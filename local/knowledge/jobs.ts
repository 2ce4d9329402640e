import { randomBytes } from 'node:crypto';
import type { DataSource } from './definition';
import type { IndexedDocument } from './index-store';
import { forget, indexDocument, type IndexingPorts, mayUseStore } from './indexing';
import { findDocument, listDocuments, type SourceObject } from './s3-source';
import { AwsFailure } from '../aws/failure';

export type JobStatus = 'STARTING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED' | 'STOPPING' | 'STOPPED';

export interface IngestionJob {
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
  readonly ingestionJobId: string;
  readonly description?: string;
  readonly clientToken?: string;
  status: JobStatus;
  readonly startedAt: Date;
  updatedAt: Date;
  failureReasons?: string[];
  readonly statistics: Record<Statistic, number>;
}

const STATISTICS = [
  'numberOfDocumentsScanned', 'numberOfMetadataDocumentsScanned', 'numberOfNewDocumentsIndexed', 'numberOfModifiedDocumentsIndexed',
  'numberOfMetadataDocumentsModified', 'numberOfDocumentsDeleted', 'numberOfDocumentsFailed',
] as const;
type Statistic = (typeof STATISTICS)[number];

/** The types of data sources that are read here. */
const READ = ['S3', 'CUSTOM', 'REDSHIFT_METADATA'];

export function newJob(knowledgeBaseId: string, dataSourceId: string, more: Pick<IngestionJob, 'description' | 'clientToken'>): IngestionJob {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const now = new Date();
  return {
    ...more,
    knowledgeBaseId,
    dataSourceId,
    ingestionJobId: [...randomBytes(10)].map((byte) => letters[byte % letters.length]).join(''),
    status: 'STARTING',
    startedAt: now,
    updatedAt: now,
    statistics: Object.fromEntries(STATISTICS.map((name) => [name, 0])) as IngestionJob['statistics'],
  };
}

export function isRunning({ status }: IngestionJob): boolean {
  return status === 'STARTING' || status === 'IN_PROGRESS' || status === 'STOPPING';
}

/** Makes the index what the source is: new and changed documents are indexed, those that are gone are forgotten. */
export async function runJob(job: IngestionJob, source: DataSource, ports: IndexingPorts, pause: () => Promise<void>): Promise<void> {
  const end = (status: JobStatus, ...reasons: string[]) => {
    Object.assign(job, { status, updatedAt: new Date(), ...reasons.length > 0 && { failureReasons: reasons } });
  };
  await pause();
  try {
    if (!READ.includes(source.type)) {
      return void end('FAILED', `The local cloud cannot read the data source type ${source.type}: it has ${READ.join(', ')}.`);
    }
    if (ports.faults.strikes('fail-job')) return void end('FAILED', 'An internal error occurred while the data source was crawled.');
    if (stopping(job)) return void end('STOPPED');
    end('IN_PROGRESS');
    if (source.type === 'REDSHIFT_METADATA') mayUseStore(ports, 'write');
    const failed = source.type === 'S3' ? await synchronize(job, source, ports, pause) : [];
    if (stopping(job)) return void end('STOPPED');
    end('COMPLETE', ...failed.slice(0, 10).map(({ identifier, reason }) => `Encountered error: ${reason} [Files: ${identifier.s3?.uri}]`));
  } catch (error) {
    end('FAILED', error instanceof AwsFailure ? error.message : 'An internal error occurred.');
    if (!(error instanceof AwsFailure)) throw error;
  }
}

async function synchronize(job: IngestionJob, source: DataSource, ports: IndexingPorts, pause: () => Promise<void>): Promise<IndexedDocument[]> {
  const { store, buckets, role } = ports;
  const { documents, sidecars } = listDocuments(source, buckets, role);
  const { statistics } = job;
  statistics.numberOfDocumentsScanned = documents.length;
  statistics.numberOfMetadataDocumentsScanned = sidecars;
  const failed: IndexedDocument[] = [];
  for (const found of documents) {
    if (stopping(job)) return failed;
    // It may have been written anew, or deleted, while others were indexed.
    const current = findDocument(found.uri, buckets, role);
    if (!current) continue;
    const document = store.open(source.id, { dataSourceType: 'S3', s3: { uri: found.uri } });
    if (!changed(document, current)) continue;
    const known = document.fingerprint;
    await indexDocument(document, () => current.read(), source, ports, { jobId: job.ingestionJobId });
    document.fingerprint = current.fingerprint;
    if (document.status === 'FAILED') failed.push(document);
    statistics[outcomeOf(document, known)]++;
    await pause();
  }
  // As the bucket was when it was listed: what came since is for the next job.
  const present = new Set(documents.map(({ uri }) => uri));
  for (const document of store.of(source.id)) {
    const uri = document.identifier.s3?.uri;
    if (uri === undefined || present.has(uri) || document.updatedAt >= job.startedAt) continue;
    forget(document, ports);
    statistics.numberOfDocumentsDeleted++;
  }
  return failed;
}

function outcomeOf({ status, fingerprint }: IndexedDocument, known: IndexedDocument['fingerprint']): Statistic {
  if (status === 'FAILED') return 'numberOfDocumentsFailed';
  if (!known) return 'numberOfNewDocumentsIndexed';
  return known.content === fingerprint?.content ? 'numberOfMetadataDocumentsModified' : 'numberOfModifiedDocumentsIndexed';
}

/** What failed is tried again. */
function changed({ fingerprint, status }: IndexedDocument, found: SourceObject): boolean {
  return status === 'FAILED' || fingerprint?.content !== found.fingerprint.content || fingerprint.metadata !== found.fingerprint.metadata;
}

function stopping({ status }: IngestionJob): boolean {
  return status === 'STOPPING';
}
