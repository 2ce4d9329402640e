import { compared, isBefore, type Compared } from './compare';
import { type House, type OpenIndex, readIndexes, updateIndexes } from './house';
import { changed, live } from './indexes';
import { concludeLook, startLook } from './look';
import type { LookCounts, SampledDocument, Walk } from './request';
import type { IndexTerms } from './terms';
import { DOCUMENT_METRICS } from '../../lib/contract/document-index';
import { type DocumentChange, SYNC_METRICS, type SyncedSource } from '../../lib/contract/document-sync';
import { hashOf, lineOfDocument } from '../kit/lines';
import type { Clock } from '../ports/clock';
import type { DocumentState } from '../ports/document-states';
import type { ListedOriginal, Originals } from '../ports/originals';

/** As many as are sent at once. */
const TOGETHER = 10;

/** With more that differ nobody has to know how the index that answers has them. */
const MOST_ASKED = 500;

/** What was put in line, or begun, so lately is on its way. */
const UNDER_WAY_MS = 30 * 60_000;

/** Begins to look sources through, for every index. */
export async function requestWalks(request: 'all' | readonly string[], house: House): Promise<void> {
  const indexes = await readIndexes(house);
  const { sources } = house.open(house.wanted).terms;
  if (request !== 'all' && !sources.some(({ dataSourceId }) => request.includes(dataSourceId))) {
    return house.log.error('no source is called so', { asked: JSON.stringify(request).slice(0, 200) });
  }
  for (const name of live(indexes)) await startLook(name, house);
}

/**
 * Compares what the bucket holds with what is known of it in an index, document by document, and puts in line what differs. What there is no time for goes on
 * in the next run.
 */
export async function walk(asked: Walk, until: number, house: House): Promise<void> {
  const { clock, jobs, publish, log } = house;
  const { walk: source, index, look, after } = asked;
  const indexes = await readIndexes(house);
  const known = indexes.known[index];
  // Another look has begun since, or the index goes.
  if (known?.look?.id !== look) return log.info('walk is another\'s', { source, index });
  const { terms, ports: { states, originals } } = house.open(known);
  const place = terms.sources.findIndex(({ dataSourceId }) => dataSourceId === source);
  const synced = terms.sources[place];
  if (!synced?.bucket) return log.error('no source is called so', { asked: source.slice(0, 200) });
  const answering = indexes.answering === undefined || indexes.answering === index ? undefined : house.open(indexes.known[indexes.answering]);
  const found = new Look(asked, house.wanted.reindex.samples, clock);
  const waiting: DocumentChange[] = [];
  const send = async () => {
    const changes = waiting.splice(0);
    await house.changes.send(changes.map((change) => ({ change, id: hashOf([change]), line: lineOfDocument(change) })));
  };
  const goOn = async (from: Pick<Walk, 'walk' | 'after'>) => {
    await send();
    await updateIndexes(house, (now) => (now.known[index]?.look?.id === look ? changed(now, index, { look: { id: look, at: clock.now() } }) : undefined));
    await jobs.send({ ...asked, ...from, ...found.said } satisfies Walk, 0);
    log.info('walk goes on', { source, index, ...found.said.counts });
  };

  for await (const one of compared(listed(synced, after, originals), states.all(source, after), after)) {
    if (clock.now() > until && one.resume !== after) return goOn({ walk: source, after: one.resume });
    const standing = standingOf(one, terms, clock.now(), index === indexes.answering);
    const other = await otherOf(one, standing, source, found, answering);
    found.count(standing, one, source, { lost: other !== 'many' && other?.state === 'indexed', behind: isBehind(one, standing, other) });
    if (standing !== 'differs' && standing !== 'triedAgain') continue;
    const own = index === indexes.answering ? {} : { index };
    waiting.push({ ...own, dataSourceId: source, bucket: synced.bucket, key: one.key, change: 'reconcile', since: clock.now() });
    if (waiting.length >= TOGETHER) await send();
  }
  const next = terms.sources[place + 1];
  if (next) return goOn({ walk: next.dataSourceId, after: '' });
  await send();
  const { counts } = found.said;
  if (index === indexes.answering) {
    publish({ [SYNC_METRICS.syncJobs]: 1, [DOCUMENT_METRICS.documentsChecked]: counts.documents, [DOCUMENT_METRICS.documentsRepaired]: counts.repaired });
  }
  log.info('walk', { source, index, ...counts });
  await concludeLook({ ...asked, ...found.said }, house);
}

/** What a look finds, with some of the documents that are indexed, each as likely as any other. */
class Look {
  private readonly counts: { -readonly [name in keyof LookCounts]: number };
  private readonly sample: SampledDocument[];

  constructor({ counts, sample }: Walk, private readonly samples: number, private readonly clock: Pick<Clock, 'chance'>) {
    this.counts = { ...counts };
    this.sample = [...sample];
  }

  get said() {
    return { counts: this.counts, sample: this.sample };
  }

  count(standing: Standing, { key, known, tag }: Compared, source: string, { lost, behind }: { readonly lost: boolean; readonly behind: boolean }): void {
    const { counts, sample, samples, clock } = this;
    if (tag !== undefined || known?.state !== 'deleted') counts.documents++;
    if (behind) counts.waiting++;
    if (standing === 'differs' || standing === 'triedAgain') counts.repaired++;
    if (lost && isAsItStays(standing) && known?.state === 'failed') counts.lost++;
    if (!isAsItStays(standing) || known?.state === 'deleted') return;
    if (known?.state === 'failed') {
      counts.failed++;
      return;
    }
    counts.indexed++;
    const place = sample.length < samples ? sample.length : Math.floor(clock.chance() * counts.indexed);
    if (place < samples) sample[place] = { source, key };
  }
}

/** How the index that answers has a document that another cannot read, or has not in step; `many` where there are so many of them that nobody asks. */
async function otherOf({ key, known }: Compared, standing: Standing, source: string, { said }: Look, answering: OpenIndex | undefined) {
  if (!answering || (standing === 'settled' && known?.state !== 'failed')) return undefined;
  if (!isAsItStays(standing) && said.counts.waiting >= MOST_ASKED) return 'many';
  return (await answering.ports.states.find(source, key))?.state;
}

/**
 * Whether the index that answers has of a document what this one has not, or is about to. Documents change all the while: one that is in step in neither, and is
 * found in both as it was before, keeps no index from answering.
 */
function isBehind({ tag, metadataTag, known }: Compared, standing: Standing, other: DocumentState | 'many' | undefined): boolean {
  if (isAsItStays(standing) || other === undefined) return false;
  if (other === 'many') return true;
  const isAlike = other.version?.tag === tag && other.version?.metadataTag === metadataTag;
  return isAlike || (other.indexedAt !== undefined && known?.indexedAt === undefined);
}

/** All that a source holds. Prefixes come in the order of their bytes, and none within another, so that the keys do too. */
async function* listed({ bucket = '', prefixes = [''] }: SyncedSource, after: string, originals: Originals): AsyncGenerator<ListedOriginal, void> {
  const ordered = [...new Set(prefixes)].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  const outermost = ordered.filter((prefix) => !ordered.some((other) => other !== prefix && prefix.startsWith(other)));
  for (const prefix of outermost) {
    if (isBefore(prefix, after) && !after.startsWith(prefix)) continue;
    yield* originals.list(bucket, prefix, after === '' ? undefined : after);
  }
}

/** differs: somebody has to look. underWay: somebody does already. givenUp: nobody could so far; triedAgain: now somebody shall once more. */
type Standing = 'settled' | 'underWay' | 'differs' | 'givenUp' | 'triedAgain';

/** Whether nobody has to be waited for. What was given up may be so for ever, and an index without it can be compared with one that has it. */
function isAsItStays(standing: Standing): boolean {
  return standing === 'settled' || standing === 'givenUp' || standing === 'triedAgain';
}

function standingOf({ tag, metadataTag, known }: Compared, { pipeline }: IndexTerms, now: number, answers: boolean): Standing {
  if (!known) return 'differs';
  const recent = now - known.updatedAt < UNDER_WAY_MS;
  const underWay = known.working || known.state === 'queued';
  if (underWay) return recent ? 'underWay' : 'differs';
  if (tag === undefined) return known.state === 'deleted' ? 'settled' : 'differs';
  // One that does not answer is looked through all the time.
  if (known.state === 'failed' && known.version === undefined) return recent && !answers ? 'givenUp' : 'triedAgain';
  return known.state !== 'deleted' && isRead(known, { tag, metadataTag, pipeline }) ? 'settled' : 'differs';
}

function isRead({ version }: DocumentState, wanted: { readonly tag: string; readonly metadataTag?: string; readonly pipeline: string }): boolean {
  return version !== undefined && version.tag === wanted.tag && version.metadataTag === wanted.metadataTag && version.pipeline === wanted.pipeline;
}
