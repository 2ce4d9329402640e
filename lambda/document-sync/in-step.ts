import { createHash } from 'node:crypto';
import type { ChangedDocument, Outcome, Outcomes } from './document';
import { type DocumentReports, settle, type SettlePorts } from './settle';
import { METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';
import type { Clock } from '../ports/clock';
import type { Documents } from '../ports/documents';
import { type DocumentReport, type Ingestion, IngestionFailure } from '../ports/ingestion';
import type { OpenDocuments } from '../ports/sync-state';

export interface InStepPorts extends SettlePorts {
  readonly ingestion: Ingestion;
  readonly documents: Documents;
  readonly open: OpenDocuments;
  readonly clock: Pick<Clock, 'now' | 'pause'>;
}

/** What a bucket holds of a document: what tells it, and what describes it, from what lay there before. */
interface Held {
  readonly content?: string;
  readonly metadata?: string;
}

/**
 * Makes the index hold what the bucket holds of some documents, ten at most, and waits until it does, or the time is over. Each is left alone until
 * all that was begun for it before has ended: of two calls about a document, nobody says which is done first.
 */
export async function bringInStep(source: SyncedSource, documents: readonly ChangedDocument[], until: number, ports: InStepPorts): Promise<Outcomes> {
  const { dataSourceId } = source;
  const outcomes = new Map<ChangedDocument, Outcome>();
  const known = await ports.open.find(dataSourceId, documents.map(({ key }) => key));
  const pending = new Map(known.flatMap(({ name, changes }) => (changes ? [[name, changes] as const] : [])));
  // What has been begun after all of these changes need not be begun again.
  const begun = documents.filter(({ key, changes }) => pending.has(key) && changes.every((change) => pending.get(key)?.includes(change)));
  const doubtful = documents.filter(({ key, attempt }) => attempt > 1 || pending.has(key));
  const { clock } = ports;
  const earlier = await settle(dataSourceId, doubtful.map(({ uri }) => uri), clock.now() + (until - clock.now()) / 2, ports);
  for (const document of doubtful) {
    if (!earlier.has(document.uri)) outcomes.set(document, { kind: 'hold', why: 'working' });
  }

  const rest = documents.filter((document) => !outcomes.has(document));
  const held = new Map(await Promise.all(rest.map(async (document) => [document, await holds(document, ports)] as const)));
  for (const document of rest.filter((one) => begun.includes(one))) {
    const found = earlier.get(document.uri)!;
    if ((found.standing === 'absent') !== (held.get(document)!.content === undefined)) continue;
    outcomes.set(document, await judge(document, held.get(document)!, found, ports));
  }

  const due = rest.filter((document) => !outcomes.has(document));
  for (const [document, outcome] of await begin(source, due, held, ports)) outcomes.set(document, outcome);
  const begunNow = due.filter((document) => !outcomes.has(document));
  const reports = await settle(dataSourceId, begunNow.map(({ uri }) => uri), until, ports);
  await keepPending(dataSourceId, begunNow, reports, ports);
  for (const document of begunNow) {
    const report = reports.get(document.uri);
    outcomes.set(document, report ? await judge(document, held.get(document)!, report, ports) : { kind: 'hold', why: 'working' });
  }
  return outcomes;
}

async function holds({ bucket, key }: ChangedDocument, { documents }: InStepPorts): Promise<Held> {
  const [content, metadata] = await Promise.all([documents.version(bucket, key), documents.version(bucket, key + METADATA_ENDING)]);
  return { content, metadata };
}

async function keepPending(dataSourceId: string, begun: readonly ChangedDocument[], reports: DocumentReports, { open, clock }: InStepPorts): Promise<void> {
  const working = begun.filter(({ uri }) => !reports.has(uri));
  await open.keepPending(dataSourceId, working.map(({ key, changes }) => ({ name: key, changes })), clock.now());
}

/** Begins what is due. The answer is what becomes of those that were not begun. */
async function begin(
  { dataSourceId, bucketOwner }: SyncedSource, due: readonly ChangedDocument[], held: ReadonlyMap<ChangedDocument, Held>, { ingestion }: InStepPorts,
): Promise<Outcomes> {
  const there = due.filter((document) => held.get(document)?.content !== undefined);
  const gone = due.filter((document) => !there.includes(document));
  const sent = (document: ChangedDocument) => ({
    uri: document.uri, ...(held.get(document)?.metadata !== undefined && { metadataUri: document.uri + METADATA_ENDING, bucketOwner }),
  });
  return new Map([
    ...await each(there, (some) => ingestion.ingest(dataSourceId, some.map(sent), tokenOf('ingest', some))),
    ...await each(gone, (some) => ingestion.forget(dataSourceId, some.map(({ uri }) => uri), tokenOf('forget', some))),
  ]);
}

/** A call is refused as a whole for one document in it that it does not like: then each is asked for by itself. */
async function each(documents: readonly ChangedDocument[], call: (some: readonly ChangedDocument[]) => Promise<void>): Promise<Outcomes> {
  if (documents.length === 0) return new Map();
  try {
    await call(documents);
    return new Map();
  } catch (error) {
    if (!(error instanceof IngestionFailure)) throw error;
    if (error.refusal === 'invalid' && documents.length > 1) {
      const outcomes = new Map<ChangedDocument, Outcome>();
      for (const document of documents) {
        for (const [alone, outcome] of await each([document], call)) outcomes.set(alone, outcome);
      }
      return outcomes;
    }
    return new Map(documents.map((document) => [document, refused(error)]));
  }
}

function refused(error: IngestionFailure): Outcome {
  switch (error.refusal) {
    case 'throttled':
    case 'conflict':
    case 'unavailable':
      return { kind: 'hold', why: error.refusal };
    default:
      return { kind: 'failed', reason: error.message, cause: error.cause };
  }
}

/** What a document's report means, by what the bucket held when it was begun. */
async function judge(document: ChangedDocument, held: Held, { standing, reason }: DocumentReport, ports: InStepPorts): Promise<Outcome> {
  if (held.content === undefined) return standing === 'absent' ? { kind: 'done', what: 'deleted' } : { kind: 'failed', reason: reason ?? `It was deleted, and is ${standing} still.` };
  if (standing === 'indexed') return { kind: 'done', what: 'indexed' };
  // Read while it was written, or deleted: that is told of as a change of its own, but not always in time.
  const now = await holds(document, ports);
  if (now.content !== held.content || now.metadata !== held.metadata) return { kind: 'hold', why: 'changed' };
  if (standing === 'ignored') return { kind: 'skipped', reason: reason ?? 'Documents of its kind are not read.' };
  return { kind: 'failed', reason: reason ?? `It was read, and is ${standing}.` };
}

/** The same for a call that is sent again because its answer was lost, and another for each try: what failed is to be begun anew. */
function tokenOf(verb: string, documents: readonly ChangedDocument[]): string {
  const tries = documents.map(({ uri, received }) => [uri, ...received.map(({ messageId, attempt }) => `${messageId}#${attempt}`)]);
  return createHash('sha256').update(JSON.stringify([verb, tries])).digest('hex');
}
