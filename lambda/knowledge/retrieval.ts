import { createHash } from 'node:crypto';
import type { Sought } from './asked';
import { Diagnoses, type Diagnosis } from './diagnosis';
import { belongsTo, type Tenant, within } from './isolation';
import { withoutOverlaps } from './overlaps';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { BadRequest, RetrievalFailed, TimedOut } from '../kit/http';
import { withLead } from '../kit/lead';
import type { Clock } from '../ports/clock';
import { type Filter, isPassagesFailure, type Passage, type Passages, type PassagesFailure, type Search } from '../ports/passages';

export interface RetrievalPorts {
  readonly passages: Passages;
  readonly clock: Clock;
}

/** What is looked up, for whom. */
export interface Lookup {
  readonly questions: readonly (string | Sought)[];
  readonly filter?: Filter;
  readonly tenant?: Tenant;
  /** Who asks, as sources with access control lists know them. */
  readonly user?: string;
  /** Most passages to give; of a database most rows of each query. */
  readonly most: number;
}

export interface Retrieved {
  /** The best first, none twice. */
  readonly passages: readonly Passage[];
  /** Of the best passage that was found, good enough or not. */
  readonly topScore?: number;
  /** How many passages were not the tenant's own, and are not among the others. */
  readonly foreign: number;
  readonly diagnosis: Diagnosis;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
/** Reciprocal rank fusion: the first place of a list is worth little more than the second, so that agreement counts more than one list's favour. */
const RANK_OFFSET = 60;

/**
 * Passages for all questions together. What another tenant owns is left out before anything is done with it, whatever the service was told
 * to filter by. A search that fails fails all: an answer from a part of the passages would not say so.
 */
export async function retrieve(
  { questions, filter, tenant, user, most }: Lookup, policy: Partial<Pick<KnowledgePolicy, 'kind' | 'leastScore' | 'candidates'>>, ports: RetrievalPorts, signal: AbortSignal,
): Promise<Retrieved> {
  const whose = { ...(tenant && { tenant: tenant.value }), ...(user !== undefined && { user }) };
  const sought = questions.map((each) => (typeof each === 'string' ? { question: each } : each));
  // Several rankings agree on more than what each has at its top.
  const depth = policy.kind === 'own' && sought.length > 1 ? Math.max(most, policy.candidates ?? most) : most;
  const searches = sought.map(({ question, imagined }): Search => ({
    question, ...(imagined !== undefined && { imagined }), most: depth, filter: within(tenant, filter), ...whose,
  }));
  const asked = { filtered: filter !== undefined, kind: policy.kind };
  const diagnoses = new Diagnoses();
  const found = await Promise.all(searches.map((search) => {
    const heard = diagnoses.begin();
    return patiently(() => ports.passages.search(search, signal, heard()), asked, ports, signal);
  }));
  const diagnosis = diagnoses.all;
  const own = found.map((passages) => passages.filter((passage) => belongsTo(tenant, passage)));
  const foreign = found.flat().length - own.flat().length;
  const scores = [...own.flat().flatMap(({ score }) => score ?? []), ...diagnosis.bestScore === undefined ? [] : [diagnosis.bestScore]];
  const good = own.map((passages) => passages.filter(({ score }) => policy.leastScore === undefined || (score ?? 0) >= policy.leastScore));
  const all = merged(good.map((passages, at) => ({ passages, weight: sought[at].weight ?? 1 })));
  // Of a database each passage is what a whole query found, and has as many rows as were asked for.
  const passages = policy.kind === 'sql' ? all : withoutOverlaps(all.slice(0, most));
  return { passages, ...(scores.length > 0 && { topScore: Math.max(...scores) }), foreign, diagnosis };
}

/** What is asked, as far as a failure has to tell of it. */
export interface AskedFor {
  readonly kind?: KnowledgePolicy['kind'];
  /** Whether the caller says what documents have to be described by. */
  readonly filtered?: boolean;
}

/** What is asked of a knowledge base, tried again after a pause where its failure may pass. */
export async function patiently<T>(work: () => Promise<T>, { kind, filtered = false }: AskedFor, { clock }: Pick<RetrievalPorts, 'clock'>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTime(work(), signal);
    } catch (error) {
      if (signal.aborted) throw tooLate();
      if (!isPassagesFailure(error)) throw error;
      if (error.kind === 'refused') throw refused(error, filtered);
      if (attempt === ATTEMPTS) throw failed(error, kind);
      await inTime(clock.pause(FIRST_PAUSE_MS * 2 ** attempt * clock.chance()), signal);
    }
  }
}

/** A service that says nothing any more does not hold up the end. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => reject(tooLate());
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([work, over]).finally(() => signal.removeEventListener('abort', giveUp));
}

function merged(lists: readonly { readonly passages: readonly Passage[]; readonly weight: number }[]): readonly Passage[] {
  const places = new Map<string, { passage: Passage; worth: number }>();
  for (const { passages, weight } of lists) {
    const seen = new Set<string>();
    let rank = 0;
    for (const passage of passages) {
      const key = contentOf(passage);
      if (seen.has(key)) continue;
      seen.add(key);
      const known = places.get(key);
      const better = known && (known.passage.score ?? 0) >= (passage.score ?? 0) ? known.passage : passage;
      places.set(key, { passage: better, worth: (known?.worth ?? 0) + weight / (RANK_OFFSET + ++rank) });
    }
  }
  // Sorting keeps the order of what is worth the same: with one list, its own.
  return [...places.values()].sort((one, other) => other.worth - one.worth).map(({ passage }) => passage);
}

/** The same words are the same passage, wherever they lie, but not under other headings: twice in a prompt they only cost. What two queries found is two things, though it be the same number. */
function contentOf({ source: { query = '' }, ...passage }: Passage): string {
  return createHash('sha256').update(JSON.stringify([query, withLead(passage)].map((each) => each.replace(/\s+/g, ' ').trim()))).digest('base64');
}

function tooLate(): TimedOut {
  return new TimedOut('Looking up what to answer from took longer than a request may. Try again.');
}

function failed(failure: PassagesFailure, asked: KnowledgePolicy['kind'] | undefined): RetrievalFailed {
  const unanswered = asked === 'sql'
    ? 'The database could not be asked, and nothing is answered without it. Try again shortly.'
    : 'The documents could not be looked up, and nothing is answered without them. Try again shortly.';
  return Object.assign(failure.kind === 'throttled'
    ? new RetrievalFailed('More is looked up than can be at the moment. Try again shortly.', 5)
    : new RetrievalFailed(unanswered, 2), { cause: failure.cause });
}

/** Of a search the caller's own part is the filter; what else is refused is the deployment's fault. */
function refused(error: PassagesFailure, filtered: boolean): Error {
  if (!filtered) return error.cause instanceof Error ? error.cause : error;
  return Object.assign(new BadRequest('filter', 'The store of the documents does not take such a \'filter\': leave a part of it out.', 'filter_refused'), { cause: error.cause });
}
