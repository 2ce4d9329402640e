import type { BulkPorts } from './ports';
import { placeOf } from './request';
import { BULK_FILES, BULK_MAPS, BULK_METRICS, type BulkSummary, type SummaryRequest } from '../../../lib/contract/bulk-load';
import { fieldsOf, jsonOf } from '../../kit/messages';

const MOST_FAILURES = 100;

/** Adds up what Step Functions has written of all children, keeps it beside that, and counts it. */
export async function summarize({ run }: SummaryRequest, ports: Pick<BulkPorts, 'files' | 'publish' | 'log'>): Promise<BulkSummary> {
  const place = placeOf(run);
  const counts = { indexed: 0, unchanged: 0, deleted: 0, failed: 0, scanning: 0, chunks: 0, batchesFailed: 0 };
  const vectors = { jobs: 0, records: 0, kept: 0, refused: 0 };
  const failures: BulkSummary['failures'][number][] = [];

  for await (const { map, ended, line } of results(`${place}${BULK_FILES.results}`, ports)) {
    const result = fieldsOf(jsonOf(line));
    if (map === BULK_MAPS.index && !ended) counts.batchesFailed++;
    if (map === BULK_MAPS.index && ended) {
      for (const name of ['indexed', 'unchanged', 'deleted', 'failed', 'scanning', 'chunks'] as const) counts[name] += Number(result[name] ?? 0);
      if (failures.length < MOST_FAILURES) failures.push(...(result.failures ?? []) as typeof failures);
    }
    if (map === BULK_MAPS.jobs && ended) {
      vectors.jobs++;
      for (const name of ['records', 'kept', 'refused'] as const) vectors[name] += Number(result[name] ?? 0);
    }
  }
  const summary: BulkSummary = { run, ...counts, failures: failures.slice(0, MOST_FAILURES), vectors };
  await ports.files.put(`${place}${BULK_FILES.summary}`, JSON.stringify(summary, undefined, 2));
  ports.publish({
    [BULK_METRICS.bulkLoads]: 1,
    [BULK_METRICS.bulkDocuments]: counts.indexed + counts.unchanged + counts.deleted + counts.failed + counts.scanning,
    [BULK_METRICS.bulkDocumentsFailed]: counts.failed,
    [BULK_METRICS.bulkBatchesFailed]: counts.batchesFailed,
    [BULK_METRICS.bulkVectors]: vectors.kept,
  });
  ports.log.info('bulk load is done', { run, ...counts, jobs: vectors.jobs, vectors: vectors.kept });
  return summary;
}

/** Outputs of children line by line, those that succeeded and those that failed in files of their own: `results/<map>/<id>/SUCCEEDED_0.jsonl`. */
async function* results(place: string, { files }: Pick<BulkPorts, 'files'>) {
  for await (const { key } of files.list(place)) {
    const [, map, , name = ''] = /^([^/]+)\/([^/]+)\/(\w+)_\d+\.jsonl?$/.exec(key.slice(place.length)) ?? [];
    if (name !== 'SUCCEEDED' && name !== 'FAILED') continue;
    for await (const line of await files.lines(key) ?? []) if (line !== '') yield { map, ended: name === 'SUCCEEDED', line };
  }
}
