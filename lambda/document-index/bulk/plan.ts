import type { BulkPorts } from './ports';
import { placeOf } from './request';
import { BULK_FILES, type Plan, type PlanRequest } from '../../../lib/contract/bulk-load';

/** What a job may read in all is 5 GB; half of it leaves room for what quotas become. */
const BYTES_A_JOB = 2_500_000_000;
/** One call reads the files of a job. */
const FILES_A_JOB = 5_000;

interface Part {
  readonly key: string;
  readonly records: number;
  readonly bytes: number;
}

/**
 * Says which files of records make which job: as many records as a job may have, none of fewer than it must have. Where all are too few there are no
 * jobs, and the index step embeds them on demand.
 */
export async function plan({ run, fewestRecords, recordsPerJob }: PlanRequest, { files, log }: Pick<BulkPorts, 'files' | 'log'>): Promise<Plan> {
  const place = placeOf(run);
  const jobs: Part[][] = [];
  for await (const { key, bytes } of files.list(`${place}${BULK_FILES.records}`)) {
    const part = { key, bytes, records: Number(/-(\d+)\.jsonl$/.exec(key)?.[1] ?? 0) };
    const last = jobs.at(-1);
    if (last && fits([...last, part], recordsPerJob)) last.push(part);
    else jobs.push([part]);
  }
  fillLast(jobs, fewestRecords);
  const enough = jobs.filter((parts) => recordsOf(parts) >= fewestRecords);
  await Promise.all(enough.map((parts, job) => files.put(`${place}${BULK_FILES.plans}${job}.json`, JSON.stringify(parts.map(({ key }) => key)))));
  await files.put(`${place}${BULK_FILES.plan}`, JSON.stringify(enough.map((parts, job) => ({ job, records: recordsOf(parts) }))));
  const records = enough.reduce((sum, parts) => sum + recordsOf(parts), 0);
  log.info('bulk plan', { run, jobs: enough.length, records });
  return { jobs: enough.length, records };
}

function fits(parts: readonly Part[], recordsPerJob: number): boolean {
  return parts.length <= FILES_A_JOB && recordsOf(parts) <= recordsPerJob && parts.reduce((sum, { bytes }) => sum + bytes, 0) <= BYTES_A_JOB;
}

/** The last job takes from the one before it what it lacks. */
function fillLast(jobs: Part[][], fewest: number): void {
  const [before, last] = jobs.slice(-2);
  while (last && before.length > 1 && recordsOf(last) < fewest && recordsOf(before.slice(0, -1)) >= fewest) last.unshift(before.pop()!);
}

function recordsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { records }) => sum + records, 0);
}
