import { withLead } from '../kit/lead';
import { terms } from '../kit/terms';

/** What was found, in the order of its worth. */
export interface Found {
  readonly text: string;
  readonly lead?: string;
  /** From 0 to 1. */
  readonly score: number;
  readonly vector?: readonly number[];
}

/**
 * Without what says the same behind the same lead as something better: case, spaces and marks between words make no difference, but those that make a number
 * another one, or another thing of it.
 */
export function distinct<T extends Pick<Found, 'text' | 'lead'>>(found: readonly T[]): T[] {
  const copies = new Set(copiesAmong(found.map((one, at) => ({ at, text: withLead(one) })), [beginning, plain, exact]));
  return found.filter((_, at) => !copies.has(at));
}

/** Places of what is the same as something before it. Each look tells more apart and takes longer: what nothing else looks like needs no other. */
function copiesAmong(told: readonly { readonly at: number; readonly text: string }[], [look, ...others]: readonly ((text: string) => string)[]): number[] {
  if (!look) return told.slice(1).map(({ at }) => at);
  const groups = new Map<string, { readonly at: number; readonly text: string }[]>();
  for (const each of told) {
    const seen = look(each.text);
    groups.set(seen, [...groups.get(seen) ?? [], each]);
  }
  return [...groups.values()].filter(({ length }) => length > 1).flatMap((some) => copiesAmong(some, others));
}

/** The first words of a text. */
function beginning(text: string): string {
  const words = plainWords(text.slice(0, BEGINNING));
  // The last of them may be cut.
  return (text.length <= BEGINNING || words.length > FIRST ? words : plainWords(text)).slice(0, FIRST).join(' ');
}

const BEGINNING = 160;
const FIRST = 8;

/** Latin letters and the signs between them, which are told apart in a fraction of the time that all of Unicode takes. */
const OTHERS = /[^\u0000-\u024f\u2000-\u206f\u20a0-\u20bf]/; // eslint-disable-line no-control-regex
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The words of a text as they are written, a space between them; of one without words its signs. */
function plain(text: string): string {
  return plainWords(text).join(' ');
}

const LATIN_WORD = /[a-z0-9\u00c0-\u024f]+/g;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

function plainWords(text: string): readonly string[] {
  const words = OTHERS.test(text) ? text.normalize('NFKC').toLowerCase().match(WORD) : text.toLowerCase().match(LATIN_WORD);
  return words ?? text.trim().split(' ');
}

/** Words, what stands before a number or within it, and signs that compare, calculate or name a unit. */
const EXACT = /[\p{L}\p{N}\p{M}]+|(?<![\p{L}\p{N}])[-+~.](?=\.?\p{N})|(?<=\p{N})[-.,:/](?=\p{N})|!(?==)|[<>=\u2264\u2265\u2260\u2248\u00b1\u00d7\u00f7%\u2030\u00b0^\p{Sc}]/gu;
const DASHES = /[\u2010-\u2013\u2212]/g;

/** The words of a text and the signs that have a meaning; raised and lowered digits, and fractions, as such. */
function exact(text: string): string {
  const said = text.replace(/\p{No}/gu, '^$&').replace(DASHES, '-').normalize('NFKC').toLowerCase().match(EXACT);
  return said?.join(' ') ?? text.trim();
}

/**
 * Chooses what is good and unlike what is chosen already, by maximal marginal relevance: with a `relevance` of 1 the order stays, towards 0
 * only difference counts. Likeness is that of vectors where the store gives them, and that of words otherwise.
 */
export function diverse<T extends Found>(found: readonly T[], { relevance, most }: { readonly relevance: number; readonly most: number }): T[] {
  const left = found.map((one) => new Compared(one, relevance));
  const chosen: Compared<T>[] = [];
  while (left.length > 0 && chosen.length < most) {
    const best = left.reduce((better, { worth }, at) => (worth > left[better].worth ? at : better), 0);
    const { [best]: next } = left;
    // Nothing becomes worth more by what is chosen: so what is not the best by what is known of it needs no other look.
    if (next.compared < chosen.length) next.compare(chosen);
    else chosen.push(...left.splice(best, 1));
  }
  return chosen.map(({ one }) => one);
}

/** What may be chosen, held against those that are. */
class Compared<T extends Found> {
  /** How many of them it was held against. */
  compared = 0;
  /** At most, as long as there are others. */
  worth: number;
  /** To the most alike of them. */
  private likeness = 0;
  private known?: ReadonlySet<string>;

  constructor(readonly one: T, private readonly relevance: number) {
    this.worth = relevance * one.score;
  }

  compare(chosen: readonly Compared<Found>[]): void {
    for (; this.compared < chosen.length; this.compared++) this.likeness = Math.max(this.likeness, alike(this, chosen[this.compared]));
    this.worth = this.relevance * this.one.score - (1 - this.relevance) * this.likeness;
  }

  /** Read where one of two has no vector, and then once. */
  get words(): ReadonlySet<string> {
    return this.known ??= wordsIn(withLead(this.one));
  }
}

/** Copies are told by words as they are written as well as by their stems, and sooner. */
function wordsIn(text: string): ReadonlySet<string> {
  return new Set(OTHERS.test(text) && UNSPACED.test(text) ? terms(text) : plainWords(text));
}

function alike(one: Compared<Found>, other: Compared<Found>): number {
  if (one.one.vector && other.one.vector) return cosine(one.one.vector, other.one.vector);
  const [few, many] = one.words.size <= other.words.size ? [one.words, other.words] : [other.words, one.words];
  let shared = 0;
  for (const word of few) if (many.has(word)) shared++;
  return shared === 0 ? 0 : shared / (few.size + many.size - shared);
}

function cosine(one: readonly number[], other: readonly number[]): number {
  let [dot, long, longer] = [0, 0, 0];
  for (let at = 0; at < one.length; at++) {
    dot += one[at] * other[at];
    long += one[at] ** 2;
    longer += other[at] ** 2;
  }
  return dot === 0 ? 0 : dot / Math.sqrt(long * longer);
}
