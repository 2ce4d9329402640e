import { type Atom, type Break } from './atoms';
import { measureTokens } from './tokens';

/** How atoms are put together. */
export interface Packing {
  /** No chunk is longer, but an atom that is. */
  readonly most: number;
  /** What chunks shall be about as long as. */
  readonly ideal: number;
  /** What a break costs at each place, in parts of what a chunk costs that is of no length at all. */
  readonly price: Readonly<Record<Break, number>>;
  /** What a break before each atom costs on top, from 0. */
  readonly extra?: (at: number) => number;
  /** No chunk goes on across this atom's beginning. */
  readonly closes?: (at: number) => boolean;
}

export const NO_BREAK = 1e6;

/**
 * Where to break, as the first atom of each chunk: of all the ways to break, the one that costs least in all. Chunks cost the square of how far
 * they are from the ideal length, so lengths are even and no tail is tiny; breaks cost by their place.
 */
export function pack(text: string, atoms: readonly Atom[], packing: Packing): number[] {
  const { most, ideal, price, extra = () => 0, closes = () => false } = packing;
  const count = atoms.length;
  const least = new Float64Array(count + 1).fill(Infinity);
  const from = new Int32Array(count + 1);
  least[0] = 0;
  const gaps = atoms.map(({ start }, at) => (at === 0 ? 0 : measureTokens(text, atoms[at - 1].end, start)));
  const heads = atoms.map(({ tableHead }) => (tableHead === undefined ? 0 : measureTokens(tableHead, 0, tableHead.length)));
  for (let end = 1; end <= count; end++) {
    let tokens = 0;
    for (let first = end - 1; first >= 0; first--) {
      tokens += atoms[first].tokens + (first < end - 1 ? gaps[first + 1] : 0);
      if (tokens > most && first < end - 1) break;
      if (tokens + heads[first] > most && first < end - 1) continue;
      const breaks = first === 0 ? 0 : price[atoms[first].before] + extra(first);
      const off = (tokens + heads[first] - ideal) / ideal;
      const cost = least[first] + off * off + breaks;
      if (cost < least[end]) {
        least[end] = cost;
        from[end] = first;
      }
      if (closes(first)) break;
    }
  }
  const firsts: number[] = [];
  for (let end = count; end > 0; end = from[end]) firsts.unshift(from[end]);
  return firsts;
}
