import { StepFailure } from './failure';
import type { BulkPorts, BulkTerms, Due } from './ports';
import { changedDocument, keysOf } from './request';
import { BULK_ERRORS, type BulkCounts, type IndexRequest } from '../../../lib/contract/bulk-load';
import { DOCUMENT_METRICS } from '../../../lib/contract/document-index';
import { type DocumentChange, SYNC_METRICS } from '../../../lib/contract/document-sync';
import { hashOf, lineOfDocument } from '../../kit/lines';
import type { ChangedDocument, Outcome } from '../document';
import { describeBreak } from '../fault';
import { bringInStep } from '../in-step';

/** A document that is begun needs some time to come anywhere. */
const LEAST_MS = 20_000;
/** All that Step Functions keeps of a call has to fit into 256 KB. */
const LONGEST_REASON = 200;

type Trouble = keyof typeof BULK_ERRORS;
/** What passes by itself is waited for before what does not. */
const FIRST: readonly Trouble[] = ['unfinished', 'busy', 'taken', 'broken'];

/**
 * Brings a batch of documents in step, each as a change of it would. What cannot be done now fails the call by a name that says when to try again: then
 * documents that are in step are passed over, and one that was begun goes on where it was.
 */
export async function indexDocuments(request: IndexRequest, due: Due, terms: BulkTerms, ports: BulkPorts): Promise<BulkCounts> {
  const keys = await keysOf(request, terms, ports.originals);
  const batch = new Batch();
  for (const key of keys) {
    if (ports.clock.now() > due.until - LEAST_MS) batch.trouble('unfinished', key);
    // Others would have to wait for it too.
    if (batch.has('unfinished') || batch.has('busy')) break;
    const outcome = await bringInStep(changedDocument(key, request.source, terms, ports.clock.now()), terms, due, ports);
    batch.add(key, outcome);
    if (outcome.kind === 'hold' && outcome.why === 'scanning') await follow(changedDocument(key, request.source, terms, ports.clock.now()), ports);
    if (outcome.kind === 'broken') ports.log.error('document', { source: request.source, key, what: 'broken', ...describeBreak(outcome.cause) });
  }
  batch.publish(ports);
  ports.log.info('bulk index', { run: request.run, documents: keys.length, ...batch.facts });
  batch.throwTrouble(keys.length);
  return batch.counts;
}

class Batch {
  private readonly done = { indexed: 0, unchanged: 0, deleted: 0, failed: 0, scanning: 0, chunks: 0 };
  private readonly failures: { key: string; reason: string }[] = [];
  private readonly troubles = new Map<Trouble, string[]>();

  add(key: string, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'done':
        this.done[outcome.what]++;
        this.done.chunks += outcome.chunks ?? 0;
        return;
      case 'failed':
        this.done.failed++;
        this.failures.push({ key, reason: outcome.reason.slice(0, LONGEST_REASON) });
        return;
      case 'hold':
        if (outcome.why !== 'scanning') return this.trouble(outcome.why === 'time' ? 'unfinished' : outcome.why === 'throttled' || outcome.why === 'unavailable' ? 'busy' : 'taken', key);
        this.done.scanning++;
        return;
      default: return this.trouble('broken', key);
    }
  }

  trouble(kind: Trouble, key: string): void {
    this.troubles.set(kind, [...this.troubles.get(kind) ?? [], key]);
  }

  has(kind: Trouble): boolean {
    return this.troubles.has(kind);
  }

  get counts(): BulkCounts {
    return { ...this.done, failures: this.failures };
  }

  get facts() {
    return { ...this.done, waiting: [...this.troubles.keys()].join(' ') };
  }

  publish({ publish }: BulkPorts): void {
    const { indexed, deleted, failed, chunks } = this.done;
    if (indexed > 0) publish({ [SYNC_METRICS.documentsIndexed]: indexed, [DOCUMENT_METRICS.chunksIndexed]: chunks });
    if (deleted > 0) publish({ [SYNC_METRICS.documentsDeleted]: deleted });
    if (failed > 0) publish({ [SYNC_METRICS.documentsFailed]: failed });
    if (this.has('busy')) publish({ [DOCUMENT_METRICS.documentsHeld]: 1 });
  }

  throwTrouble(of: number): void {
    const kind = FIRST.find((each) => this.has(each));
    if (!kind) return;
    const keys = this.troubles.get(kind)!;
    throw new StepFailure(kind, `of ${of} documents these, among others, are not in step yet: ${keys.slice(0, 3).map((key) => JSON.stringify(key.slice(0, 200))).join(', ')}`);
  }
}

/** A scan that is being read goes on in the line of its document, as after a change of it. */
async function follow({ source, bucket, key, since }: ChangedDocument, { changes }: BulkPorts): Promise<void> {
  const change: DocumentChange = { dataSourceId: source, bucket, key, change: 'reconcile', since };
  await changes.send([{ change, id: hashOf([change]), line: lineOfDocument(change) }]);
}
