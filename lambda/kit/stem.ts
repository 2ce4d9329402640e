/**
 * English words without their endings, as Snowball's second English stemmer cuts them (https://snowballstem.org/algorithms/english/stemmer.html):
 * `relational`, `relate` and `relating` are one word. Takes lower case; leaves alone what is not written in the letters a to z.
 */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z']+$/.test(word)) return word;
  const known = EXCEPTIONS.get(word);
  if (known !== undefined) return known;
  // A y that begins a syllable is a consonant, written Y meanwhile.
  let text = word.replace(/^'/, '').replace(/^y/, 'Y').replace(/([aeiouy])y/g, '$1Y');
  const { r1, r2 } = regions(text);
  text = plural(text.replace(/(?:'s'|'s|')$/, ''));
  if (UNTOUCHED.has(text)) return text;
  text = past(text, r1).replace(/(?<=.[^aeiouy])[yY]$/, 'i');
  text = cut(text, DERIVED, r1, r2);
  text = cut(text, DERIVED_AGAIN, r1, r2);
  text = cut(text, LAST, r2, r2);
  if (text.endsWith('e') && (text.length > r2 || (text.length > r1 && !isShort(text.slice(0, -1))))) text = text.slice(0, -1);
  else if (text.endsWith('ll') && text.length > r2) text = text.slice(0, -1);
  return text.replace(/Y/g, 'y');
}

const EXCEPTIONS = new Map(Object.entries({
  skis: 'ski',
  skies: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  idly: 'idl',
  gently: 'gentl',
  ugly: 'ugli',
  early: 'earli',
  only: 'onli',
  singly: 'singl',
  sky: 'sky',
  news: 'news',
  howe: 'howe',
  atlas: 'atlas',
  cosmos: 'cosmos',
  bias: 'bias',
  andes: 'andes',
}));

/** Words that stay as they are once their plural is gone. */
const UNTOUCHED = new Set(['inning', 'outing', 'canning', 'herring', 'earring', 'proceed', 'exceed', 'succeed']);

/** An ending, what takes its place, and what has to stand before it. The longest that fits is the one that counts, even where it then may not be cut. */
type Ending = readonly [ending: string, instead: string, before?: RegExp | 'r2'];

const DERIVED: readonly Ending[] = [
  ['ization', 'ize'], ['ational', 'ate'], ['fulness', 'ful'], ['ousness', 'ous'], ['iveness', 'ive'], ['tional', 'tion'], ['biliti', 'ble'], ['lessli', 'less'],
  ['entli', 'ent'], ['ation', 'ate'], ['alism', 'al'], ['aliti', 'al'], ['ousli', 'ous'], ['iviti', 'ive'], ['fulli', 'ful'],
  ['enci', 'ence'], ['anci', 'ance'], ['abli', 'able'], ['izer', 'ize'], ['ator', 'ate'], ['alli', 'al'], ['bli', 'ble'], ['ogi', 'og', /l$/], ['li', '', /[cdeghkmnrt]$/],
];

const DERIVED_AGAIN: readonly Ending[] = [
  ['ational', 'ate'], ['tional', 'tion'], ['alize', 'al'], ['icate', 'ic'], ['iciti', 'ic'], ['ative', '', 'r2'], ['ical', 'ic'], ['ness', ''], ['ful', ''],
];

const LAST: readonly Ending[] = [
  ...['ement', 'ance', 'ence', 'able', 'ible', 'ment', 'ant', 'ent', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((ending): Ending => [ending, '']),
  ['ion', '', /[st]$/], ['al', ''], ['er', ''], ['ic', ''],
];

/** Where the parts of a word begin that endings may be cut from: behind the first consonant after a vowel, and behind the next such. */
function regions(word: string): { r1: number; r2: number } {
  const after = (from: number) => {
    const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
    return found ? from + found.index + 2 : word.length;
  };
  const r1 = /^(?:gener|commun|arsen)/.exec(word)?.[0].length ?? after(0);
  return { r1, r2: after(r1) };
}

function plural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  return /[aeiouy].+s$/.test(word) && !/[us]s$/.test(word) ? word.slice(0, -1) : word;
}

function past(word: string, r1: number): string {
  const eed = /eed(?:ly)?$/.exec(word);
  if (eed) return eed.index >= r1 ? `${word.slice(0, eed.index)}ee` : word;
  const stemmed = /^(.*[aeiouy].*?)(?:ed|edly|ing|ingly)$/.exec(word)?.[1];
  if (stemmed === undefined) return word;
  if (/(?:at|bl|iz)$/.test(stemmed)) return `${stemmed}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(stemmed)) return stemmed.slice(0, -1);
  return isShort(stemmed) && stemmed.length <= r1 ? `${stemmed}e` : stemmed;
}

function cut(word: string, endings: readonly Ending[], region: number, r2: number): string {
  const found = endings.find(([ending]) => word.endsWith(ending));
  if (!found) return word;
  const [ending, instead, before] = found;
  const kept = word.slice(0, -ending.length);
  if (kept.length < (before === 'r2' ? r2 : region) || (before instanceof RegExp && !before.test(kept))) return word;
  return kept + instead;
}

/** Ends in a short syllable: `rap`, `bed`, `ow`. */
function isShort(word: string): boolean {
  return /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$/.test(word);
}
