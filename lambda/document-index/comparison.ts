import type { OpenIndex } from './house';
import type { SampledDocument } from './request';
import { textKey } from './version';
import type { Comparison } from '../../lib/contract/reindexing';
import type { Clock } from '../ports/clock';
import type { DocumentState } from '../ports/document-states';

/** A document is found if it is among so many chunks. */
const FOUND_AMONG = 10;
/** A sentence of fewer characters says too little to be found by; a longer one is cut. */
const SHORTEST = 25;
const LONGEST = 300;
const SIGNAL = new AbortController().signal;

interface Both {
  readonly before: OpenIndex;
  readonly now: OpenIndex;
}

interface Found {
  readonly meaning: boolean;
  readonly words?: boolean;
}

/** Looks for documents by a sentence of theirs, in the index that answers and in the one that is to. */
export async function compareIndexes({ before, now }: Both, sample: readonly SampledDocument[], until: number, clock: Pick<Clock, 'now' | 'chance'>): Promise<Comparison> {
  const found: { before: Found; now: Found }[] = [];
  for (const { source, key } of sample) {
    if (clock.now() > until) break;
    const [one, other] = await Promise.all([before.ports.states.find(source, key), now.ports.states.find(source, key)]);
    if (!one || !other || !isSame(one.state, other.state)) continue;
    const sentence = await sentenceOf(other.state, now, clock).catch((error: unknown) => unlessChanged(error, other.state, now));
    if (sentence === undefined) continue;
    found.push({ before: await find(sentence, one.state, before), now: await find(sentence, other.state, now) });
  }
  const share = (of: 'before' | 'now', by: 'meaning' | 'words') => found.filter((each) => each[of][by]).length / Math.max(1, found.length);
  const both = (by: 'meaning' | 'words') => ({ before: share('before', by), now: share('now', by) });
  const words = found.some((each) => each.now.words !== undefined);
  return { at: clock.now(), documents: found.length, meaning: both('meaning'), ...(words && { words: both('words') }) };
}

/** Why the new index must not answer; undefined where it may. */
export function verdict({ documents, meaning, words }: Comparison, lost: number, tolerance: number): string | undefined {
  if (lost > 0) return `${lost} documents that are found now cannot be read in the new way: GET /v1/documents says why, by 'index' and 'state=failed'.`;
  const worse = Object.entries({ meaning, words }).find(([, share]) => share && share.now < share.before - tolerance - 1e-9);
  if (!worse) return undefined;
  const [by, { before, now }] = worse as [string, { before: number; now: number }];
  return `By ${by} it finds ${Math.round(100 * now)} percent of ${documents} documents by a sentence of theirs, where ${Math.round(100 * before)} percent are found now; ${Math.round(100 * tolerance)} less would do.`;
}

function isSame(one: DocumentState, other: DocumentState): boolean {
  return one.state === 'indexed' && other.state === 'indexed' && one.version?.tag === other.version?.tag;
}

async function sentenceOf({ source, key, version }: DocumentState, { ports: { texts } }: OpenIndex, clock: Pick<Clock, 'chance'>): Promise<string | undefined> {
  const kept = await texts.get(textKey(source, key, version!.id));
  if (!kept) return undefined;
  const { text } = JSON.parse(Buffer.from(kept.content).toString()) as { readonly text: string };
  const all = text.split(/(?<=[.!?。！？])\s+|\n+/).map((each) => each.replace(/^[#>*|\-\s]+/, '').trim());
  const long = all.filter((each) => each.length >= SHORTEST);
  const [longest = ''] = [...all].sort((one, other) => other.length - one.length);
  const chosen = long.length > 0 ? long[Math.floor(clock.chance() * long.length)] : longest;
  return chosen === '' ? undefined : chosen.slice(0, LONGEST);
}

/** A text goes when its document changes: whoever may not list the bucket is told then that it is forbidden, and what is known of the document says which it was. */
async function unlessChanged(error: unknown, before: DocumentState, { ports: { states } }: OpenIndex): Promise<undefined> {
  const known = await states.find(before.source, before.key);
  if (known && isSame(known.state, before)) throw error;
}

async function find(sentence: string, { bucket, key, tenants = [] }: DocumentState, { terms, words, ports: { store, embeddings } }: OpenIndex): Promise<Found> {
  const asked = { most: FOUND_AMONG, ...(terms.tenantField !== undefined && { tenant: tenants[0] }) };
  const uri = `s3://${bucket}/${key}`;
  const [vector] = await embeddings.embed([sentence], 'query', SIGNAL);
  const hits = await store.byMeaning({ vector, ...asked }, SIGNAL);
  const said = words ? await store.byWords?.({ words: sentence, ...asked }, SIGNAL) : undefined;
  return { meaning: hits.some(({ chunk }) => chunk.document === uri), ...(said && { words: said.some(({ chunk }) => chunk.document === uri) }) };
}
