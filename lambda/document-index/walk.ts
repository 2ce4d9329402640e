import { compared, isBefore, type Compared } from './compare';
import type { IndexTerms } from './in-step';
import type { Walk } from './request';
import { DOCUMENT_METRICS } from '../../lib/contract/document-index';
import { type DocumentChange, SYNC_METRICS, type SyncedSource } from '../../lib/contract/document-sync';
import { hashOf, lineOfDocument } from '../kit/lines';
import type { Log } from '../kit/log';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { DocumentState, DocumentStates } from '../ports/document-states';
import type { ListedOriginal, Originals } from '../ports/originals';
import type { ChangeQueue, JobQueue } from '../ports/sync-queues';

export interface WalkPorts {
  readonly states: Pick<DocumentStates, 'all'>;
  readonly originals: Pick<Originals, 'list'>;
  readonly changes: Pick<ChangeQueue, 'send'>;
  readonly jobs: JobQueue;
  readonly clock: Pick<Clock, 'now'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** As many as are sent at once. */
const TOGETHER = 10;

/** What was put in line, or begun, so lately is on its way. */
const UNDER_WAY_MS = 30 * 60_000;

/** Begins to look sources through. */
export async function requestWalks(request: 'all' | readonly string[], sources: readonly SyncedSource[], { jobs, log }: Pick<WalkPorts, 'jobs' | 'log'>): Promise<void> {
  const wanted = sources.filter(({ dataSourceId }) => request === 'all' || request.includes(dataSourceId));
  if (wanted.length === 0) log.error('no source is called so', { asked: JSON.stringify(request).slice(0, 200) });
  for (const { dataSourceId } of wanted) await jobs.send({ walk: dataSourceId, after: '', checked: 0, repaired: 0 } satisfies Walk, 0);
}

/** Compares what the bucket holds with what is known of it, document by document, and puts in line what differs. What there is no time for goes on in the next run. */
export async function walk({ walk: source, after, ...before }: Walk, until: number, terms: IndexTerms, ports: WalkPorts): Promise<void> {
  const { states, originals, jobs, clock, publish, log } = ports;
  const synced = terms.sources.find(({ dataSourceId }) => dataSourceId === source);
  if (!synced?.bucket) return log.error('no source is called so', { asked: source.slice(0, 200) });
  let { checked, repaired } = before;
  const waiting: DocumentChange[] = [];
  const send = async () => {
    const changes = waiting.splice(0);
    await ports.changes.send(changes.map((change) => ({ change, id: hashOf([change]), line: lineOfDocument(change) })));
  };

  for await (const one of compared(listed(synced, after, originals), states.all(source, after), after)) {
    if (clock.now() > until && one.resume !== after) {
      await send();
      await jobs.send({ walk: source, after: one.resume, checked, repaired } satisfies Walk, 0);
      return log.info('walk goes on', { source, checked, repaired });
    }
    checked++;
    if (!differs(one, terms, clock.now())) continue;
    repaired++;
    waiting.push({ dataSourceId: source, bucket: synced.bucket, key: one.key, change: 'reconcile', since: clock.now() });
    if (waiting.length >= TOGETHER) await send();
  }
  await send();
  publish({ [SYNC_METRICS.syncJobs]: 1, [DOCUMENT_METRICS.documentsChecked]: checked, [DOCUMENT_METRICS.documentsRepaired]: repaired });
  log.info('walk', { source, checked, repaired });
}

/** All that a source holds. Prefixes come in the order of their bytes, and none within another, so that the keys do too. */
async function* listed({ bucket = '', prefixes = [''] }: SyncedSource, after: string, originals: WalkPorts['originals']): AsyncGenerator<ListedOriginal, void> {
  const ordered = [...new Set(prefixes)].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  const outermost = ordered.filter((prefix) => !ordered.some((other) => other !== prefix && prefix.startsWith(other)));
  for (const prefix of outermost) {
    if (isBefore(prefix, after) && !after.startsWith(prefix)) continue;
    yield* originals.list(bucket, prefix, after === '' ? undefined : after);
  }
}

/** Whether somebody has to look: what is under way is looked at already. */
function differs({ tag, metadataTag, known }: Compared, { pipeline }: IndexTerms, now: number): boolean {
  if (!known) return true;
  if ((known.working || known.state === 'queued') && now - known.updatedAt < UNDER_WAY_MS) return false;
  if (known.working || known.state === 'queued') return true;
  if (tag === undefined) return known.state !== 'deleted';
  return known.state === 'deleted' || !isRead(known, { tag, metadataTag, pipeline });
}

function isRead({ version }: DocumentState, wanted: { readonly tag: string; readonly metadataTag?: string; readonly pipeline: string }): boolean {
  return version !== undefined && version.tag === wanted.tag && version.metadataTag === wanted.metadataTag && version.pipeline === wanted.pipeline;
}
