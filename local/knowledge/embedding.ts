import { createHash } from 'node:crypto';
import { terms } from './words';

export type Vector = Float32Array;

const places = new Map<string, { readonly at: number; readonly sign: number }>();

/** A text as a vector of length 1: each word has a place and a sign by its hash, so that texts with the same words are near. A text without words is zero. */
export function embed(text: string, dimension: number): Vector {
  const vector = new Float32Array(dimension);
  const counts = new Map<string, number>();
  for (const term of terms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [term, count] of counts) {
    const { at, sign } = placeOf(term);
    vector[at % dimension] += sign * (1 + Math.log(count));
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}

export function cosine(one: Vector, other: Vector): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at] * other[at];
  return sum;
}

function placeOf(term: string): { at: number; sign: number } {
  const known = places.get(term);
  if (known) return known;
  const hash = createHash('sha256').update(term).digest();
  const place = { at: hash.readUInt32BE(0), sign: hash[4] % 2 === 0 ? 1 : -1 };
  places.set(term, place);
  return place;
}
