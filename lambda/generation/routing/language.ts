/** Scripts that, nearly always, one language is written in. Kana stand before Han: Japanese has both. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
];

/** The small words that no longer sentence of a language does without; those that two of them share say nothing. */
const SMALL_WORDS: Readonly<Record<string, readonly string[]>> = {
  en: ['the', 'and', 'is', 'of', 'to', 'what', 'how', 'you', 'that', 'this', 'with', 'are', 'my', 'it', 'can', 'please'],
  de: ['der', 'die', 'das', 'und', 'ist', 'nicht', 'ich', 'ein', 'eine', 'wie', 'mit', 'für', 'auf', 'zu', 'den', 'bitte', 'kannst'],
  fr: ['le', 'les', 'et', 'est', 'une', 'des', 'pour', 'dans', 'je', 'vous', 'que', 'qui', 'pas', 'ce', 'avec', 'comment'],
  es: ['el', 'los', 'las', 'y', 'es', 'una', 'por', 'para', 'que', 'con', 'cómo', 'qué', 'en', 'mi', 'del', 'puedes'],
  it: ['il', 'gli', 'è', 'di', 'che', 'per', 'una', 'non', 'sono', 'come', 'con', 'della', 'puoi', 'mi', 'questo'],
  pt: ['o', 'os', 'uma', 'é', 'não', 'que', 'para', 'com', 'você', 'como', 'em', 'do', 'da', 'meu', 'por'],
  nl: ['de', 'het', 'een', 'en', 'is', 'niet', 'van', 'ik', 'je', 'hoe', 'met', 'voor', 'op', 'wat', 'kun', 'dat'],
};

/** Languages that can be told. */
export const LANGUAGES: readonly string[] = [...SCRIPTS.map(([language]) => language), ...Object.keys(SMALL_WORDS)];

/** Much of a text must be in a script before it says the language: a quoted word does not. */
const SHARE = 0.2;
/** Enough of a long text tells its language. */
const READ = 2_000;

/** The language of a text by its script, or by its small words; undefined where neither says. */
export function languageOf(text: string): string | undefined {
  const read = text.slice(0, READ);
  const letters = read.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return undefined;
  const script = SCRIPTS.find(([, letter]) => (read.match(letter)?.length ?? 0) / letters >= SHARE);
  if (script) return script[0];
  const words = read.toLowerCase().match(/\p{L}+/gu) ?? [];
  const found = Object.entries(SMALL_WORDS).map(([language, small]) => ({ language, hits: words.filter((word) => small.includes(word)).length }));
  const [best, second] = found.sort((a, b) => b.hits - a.hits);
  return best.hits > second.hits ? best.language : undefined;
}
