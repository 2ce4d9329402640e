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

/** Without what says the same behind the same lead as something better: case, spaces and marks between words make no difference. */
export function distinct<T extends Pick<Found, 'text' | 'lead'>>(found: readonly T[]): T[] {
  const seen = new Set<string>();
  return found.filter((one) => {
    const text = withLead(one);
    const said = (text.normalize('NFKC').toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [text.trim()]).join(' ');
    return !seen.has(said) && seen.add(said);
  });
}

/**
 * Chooses what is good and unlike what is chosen already, by maximal marginal relevance: with a `relevance` of 1 the order stays, towards 0
 * only difference counts. Likeness is that of vectors where the store gives them, and that of words otherwise.
 */
export function diverse<T extends Found>(found: readonly T[], { relevance, most }: { readonly relevance: number; readonly most: number }): T[] {
  const left = found.map((one) => ({ one, words: one.vector ? undefined : new Set(terms(withLead(one))), likeness: 0 }));
  const chosen: T[] = [];
  while (left.length > 0 && chosen.length < most) {
    const worth = ({ one, likeness }: (typeof left)[number]) => relevance * one.score - (1 - relevance) * likeness;
    const best = left.reduce((better, each, at) => (worth(each) > worth(left[better]) ? at : better), 0);
    const [next] = left.splice(best, 1);
    chosen.push(next.one);
    for (const each of left) each.likeness = Math.max(each.likeness, alike(each, next));
  }
  return chosen;
}

interface Compared {
  readonly one: Found;
  readonly words?: ReadonlySet<string>;
}

function alike(one: Compared, other: Compared): number {
  if (one.one.vector && other.one.vector) return cosine(one.one.vector, other.one.vector);
  const [few, many] = [one, other].map(({ one: said, words }) => words ?? new Set(terms(withLead(said)))).sort((a, b) => a.size - b.size);
  const shared = [...few].filter((word) => many.has(word)).length;
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
