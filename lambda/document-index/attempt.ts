import type { ChangedDocument } from './document';
import type { IndexPorts, IndexTerms } from './terms';
import { allHeard, hearing, versionOf } from './version';
import { TOMBSTONE_SECONDS } from '../../lib/contract/document-index';
import { METADATA_ENDING, type SyncedSource } from '../../lib/contract/document-sync';
import type { DocumentState, DocumentVersion } from '../ports/document-states';
import type { FoundOriginal } from '../ports/originals';

/** Somebody else has taken the document meanwhile, and goes on with it. */
export class Taken extends Error {}

/** It was written or deleted while it was read; that is told of as a change of its own, but maybe never. */
export class Changed extends Error {}

/** What is left goes on in the next run. */
export class OutOfTime extends Error {}

/** It is a scan that is being read, and nothing is to do but to come again. */
export class Scanning extends Error {}

/** One worker's hold of one document: what it writes down is refused as soon as somebody else has written. */
export class Attempt {
  constructor(public state: DocumentState, private revision: number, private readonly ports: Pick<IndexPorts, 'states' | 'clock'>) {}

  /** @param seconds how long it is remembered; forever without */
  async save(changes: Partial<DocumentState>, seconds?: number): Promise<void> {
    const { states, clock } = this.ports;
    const next = { ...this.state, ...changes, updatedAt: clock.now() };
    const revision = await states.save(next, this.revision, seconds);
    if (revision === undefined) throw new Taken();
    [this.state, this.revision] = [next, revision];
  }
}

export interface Begun {
  readonly kind: 'begun';
  readonly attempt: Attempt;
  /** What lies in the bucket; absent where nothing does. */
  readonly found?: FoundOriginal;
  /** That it has ended, or outlasted, whoever read it before. */
  readonly tooManyTries: boolean;
}

/** Others who write at the same time are no reason to go: what they wrote is read, and that is that. */
const BEGINNINGS = 5;
const MOST_TRIES = 5;
/** S3 refuses to look for longer ones. */
const LONGEST_KEY_BYTES = 1_024;

/** Looks up how the document stands, and writes down that it is being brought in step where it is not. */
export async function beginAttempt(document: ChangedDocument, terms: IndexTerms, ports: IndexPorts): Promise<Begun | { readonly kind: 'unchanged' }> {
  await ports.order?.begins?.();
  for (let time = 0; time < BEGINNINGS; time++) {
    const known = await ports.states.find(document.source, document.key);
    if (known && isSettled(known.state, terms) && allHeard(document.changes, known.state.heard)) return { kind: 'unchanged' };
    const { found, version } = await lookUp(document, terms, ports);
    if (ports.order && !ports.order.fits(version)) throw new Changed();
    if (!known && !found) return { kind: 'unchanged' };
    const state = begun(known?.state, version, document, ports);
    const same = known !== undefined && isInStep(known.state, version, terms);
    const heard = hearing(document.changes, known?.state.heard ?? {});
    // A tombstone that is told of once more stays one, and goes when it would have gone.
    const seconds = same && known.state.state === 'deleted' ? TOMBSTONE_SECONDS : undefined;
    const revision = await ports.states.save(same ? { ...known.state, heard } : state, known?.revision, seconds);
    if (revision === undefined) continue;
    if (same) return { kind: 'unchanged' };
    return { kind: 'begun', attempt: new Attempt(state, revision, ports), found, tooManyTries: state.tries > MOST_TRIES };
  }
  throw new Taken();
}

/** What lies in the bucket of a document that is not in step with it; undefined where there is nothing to read. */
export async function findUnread(document: ChangedDocument, terms: IndexTerms, ports: IndexPorts): Promise<FoundOriginal | undefined> {
  await ports.order?.begins?.();
  const { found, version } = await lookUp(document, terms, ports);
  const known = found && await ports.states.find(document.source, document.key);
  return known && isInStep(known.state, version, terms) ? undefined : found;
}

interface LookedUp {
  readonly found?: FoundOriginal;
  readonly version?: DocumentVersion;
}

async function lookUp({ source, bucket, key }: ChangedDocument, { pipeline, sources }: IndexTerms, { originals }: IndexPorts): Promise<LookedUp> {
  // What a source read before its prefixes were others is none of its documents any more.
  if (!sources.some((one) => one.dataSourceId === source && one.bucket === bucket && reads(one, key))) return {};
  const describing = key + METADATA_ENDING;
  const isPossible = Buffer.byteLength(describing) <= LONGEST_KEY_BYTES;
  const [found, about] = await Promise.all([originals.find(bucket, key), isPossible ? originals.find(bucket, describing) : undefined]);
  return { found, version: found && versionOf(found.tag, about?.tag, pipeline) };
}

function begun(known: DocumentState | undefined, version: DocumentVersion | undefined, document: ChangedDocument, { clock }: Pick<IndexPorts, 'clock'>): DocumentState {
  const { source, bucket, key, since } = document;
  const same = known?.version?.id === version?.id;
  const held = known?.held ?? [];
  return {
    ...(known ?? { heard: {} }),
    // Its text is kept before it is known how many chunks it has.
    held: version && !held.some((one) => one.version === version.id) ? [...held, { version: version.id, chunks: 0, cut: '' }] : held,
    source,
    bucket,
    key,
    // Whoever looks while it is asked for sees it wait still.
    state: known?.state === 'scanning' && known.version?.tag === version?.tag ? 'scanning' : 'queued',
    working: true,
    tries: (same ? known?.tries ?? 0 : 0) + 1,
    version,
    failedBefore: undefined,
    since: Math.max(since, known?.since ?? 0),
    updatedAt: clock.now(),
    // Whose it is may be what has changed: until that is read, it is nobody's.
    ...(known?.version?.metadataTag !== version?.metadataTag && { tenants: undefined }),
    // What of this version has been written is known still; of another, nothing has.
    ...(!same && { chunks: undefined, written: undefined }),
  };
}

/** Nothing is left to do for what is known to lie in the bucket. */
function isSettled(known: DocumentState, { pipeline }: IndexTerms): boolean {
  const { state, working, version } = known;
  if (working) return false;
  return state === 'deleted' || ((state === 'indexed' || state === 'failed') && version?.pipeline === pipeline);
}

function isInStep(known: DocumentState, version: DocumentVersion | undefined, terms: IndexTerms): boolean {
  return isSettled(known, terms) && known.version?.id === version?.id;
}

function reads({ prefixes = [] }: SyncedSource, key: string): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => key.startsWith(prefix));
}
