import type { Atom } from './atoms';

const WORD = /[\p{L}\p{N}]{3,}/gu;

/**
 * How much what stands before each atom is about the same as what stands behind it, from 0 to 1, told by the words that both use: rare ones
 * count more.
 */
export function likeness(text: string, atoms: readonly Atom[], window: number): Float64Array {
  const numbers = new Map<string, number>();
  const words = atoms.map(({ start, end }) => wordsOf(text.slice(start, end), numbers));
  const spread = new Map<number, number>();
  for (const each of words) for (const word of each.keys()) spread.set(word, (spread.get(word) ?? 0) + 1);
  const weight = (word: number) => Math.log(1 + atoms.length / (spread.get(word) ?? 1));
  const like = new Float64Array(atoms.length);
  for (let at = 1; at < atoms.length; at++) {
    const before = gathered(atoms, words, at - 1, -1, window);
    const behind = gathered(atoms, words, at, 1, window);
    let both = 0;
    let one = 0;
    let other = 0;
    for (const [word, count] of before) {
      const weighed = count * weight(word);
      one += weighed * weighed;
      both += weighed * (behind.get(word) ?? 0) * weight(word);
    }
    for (const [word, count] of behind) other += (count * weight(word)) ** 2;
    like[at] = one * other === 0 ? 0 : both / Math.sqrt(one * other);
  }
  return like;
}

function gathered(atoms: readonly Atom[], words: readonly Map<number, number>[], from: number, step: 1 | -1, window: number): Map<number, number> {
  const all = new Map<number, number>();
  let tokens = 0;
  for (let at = from; at >= 0 && at < atoms.length && tokens < window; at += step) {
    for (const [word, count] of words[at]) all.set(word, (all.get(word) ?? 0) + count);
    tokens += atoms[at].tokens;
  }
  return all;
}

/** How often each word is there; words are told by numbers, which are cheaper to compare. */
function wordsOf(text: string, numbers: Map<string, number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    let number = numbers.get(word);
    if (number === undefined) numbers.set(word, number = numbers.size);
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}
