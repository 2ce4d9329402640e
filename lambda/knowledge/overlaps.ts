import type { Passage } from '../ports/passages';

/**
 * Without anything told twice: passages of one document that overlap, as a splitter by tokens makes them, become one, in the place and under the
 * name of the better one. What only touches stays apart, for then nothing is told twice, and a citation of the smaller one says more.
 */
export function withoutOverlaps(passages: readonly Passage[]): readonly Passage[] {
  const told: Passage[] = [];
  for (const passage of passages) {
    let [joined, place] = [passage, told.length];
    for (let at = 0; at < told.length;) {
      const both = at < place ? joinedWith(told[at], joined) : joinedWith(joined, told[at]);
      if (!both) {
        at++;
        continue;
      }
      told.splice(at, 1);
      [joined, place] = [both, Math.min(place, at)];
      // What has grown may reach one that it did not reach before.
      at = 0;
    }
    told.splice(place, 0, joined);
  }
  return told;
}

/** One passage out of two that tell the same text where they overlap; named and ranked as the first. Undefined where they do not, or are of different versions. */
function joinedWith(better: Passage, other: Passage): Passage | undefined {
  const [one, two] = [spanOf(better), spanOf(other)];
  if (!one || !two || better.source.uri !== other.source.uri) return undefined;
  const [early, late] = two.start < one.start ? [other, better] : [better, other];
  const [from, then] = two.start < one.start ? [two, one] : [one, two];
  const shared = early.text.slice(then.start - from.start);
  if (then.start >= from.end || !(late.text.startsWith(shared) || shared.startsWith(late.text))) return undefined;
  const text = then.end <= from.end ? early.text : early.text + late.text.slice(shared.length);
  const { lead, source } = early;
  return { ...better, text, lead, source: { ...source, start: from.start, end: from.start + text.length } };
}

function spanOf({ text, source: { start, end } }: Passage): { readonly start: number; readonly end: number } | undefined {
  return start !== undefined && end === start + text.length ? { start, end } : undefined;
}
