import { stem } from './stem';

/** Words that stand in every text and tell none from another. */
const EMPTY = new Set(('a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with').split(' '));

/** Written without spaces: what stands in such a run is looked up by its pairs of letters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/u;

/** French and Italian write small words before a vowel as part of the next: `l'ann\u00e9e`, `dell'anno`. */
const ELIDED = /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|all|dall|dell|nell|sull|coll|quell|gl|un)'(?=\p{L}{2})/u;

/** Longer ones are no words, and would cost stores their limits on keys. */
const LONGEST = 64;

/**
 * The words of a text as they are looked up, in their order: lower case, without accents, English ones by their stems, without those that
 * every text has. Chunks and questions go through it alike, so that any store that counts words finds the same.
 */
export function terms(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').normalize('NFC').toLowerCase().replace(/\u2019/g, '\'');
  return (plain.match(/[\p{L}\p{N}\p{M}]+(?:'[\p{L}\p{N}\p{M}]+)*/gu) ?? []).map((run) => run.replace(ELIDED, '')).flatMap(wordsIn);
}

/** How often each stands in a text. */
export function termCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function wordsIn(run: string): string[] {
  if (EMPTY.has(run)) return [];
  if (!UNSPACED.test(run)) return [stemOf(run)];
  return run.split(new RegExp(`(${UNSPACED.source})`, 'u')).filter(Boolean).flatMap((part) => (UNSPACED.test(part) ? pairs(part) : wordsIn(part)));
}

const MOST_KNOWN = 20_000;
const known = new Map<string, string>();

/** Texts are made of few words again and again: finding their stems is most of what reading them takes. */
function stemOf(word: string): string {
  const before = known.get(word);
  if (before !== undefined) return before;
  const found = stem(word).slice(0, LONGEST);
  if (known.size >= MOST_KNOWN) known.clear();
  if (word.length <= LONGEST) known.set(word, found);
  return found;
}

function pairs(run: string): string[] {
  const letters = Array.from(run);
  return letters.length === 1 ? letters : letters.slice(1).map((letter, at) => letters[at] + letter);
}
