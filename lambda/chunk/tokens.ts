/**
 * How many tokens models count, told from the shape of a text alone: a model's own counter weighs megabytes and none of the embedding models has a
 * public one. Words are taken apart as byte pair encodings of 100,000 pieces take them apart, and each part is charged what it costs there on
 * average: within 10% on English prose, code, tables, French, Chinese, Japanese, Korean and Russian. Compounds of German are charged a quarter less than there, which
 * is nearer to what embedding models of many languages take them for.
 */
export function estimateTokens(text: string, start = 0, end = text.length): number {
  const tokens = measureTokens(text, start, end);
  return tokens > 0 && tokens < 1 ? 1 : Math.round(tokens);
}

/** The same in parts of tokens: what lies side by side adds up. */
export function measureTokens(text: string, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end;) {
    const kind = kindAt(text, at);
    let next = at + 1;
    while (next < end && kindAt(text, next) === kind) next++;
    sum += cost(text, at, next, kind);
    at = next;
  }
  return sum;
}

/** Where `tokens` tokens end that begin at `start`: at the end of a word, of a run of other characters, or within what is too long for that. */
export function tokensEnd(text: string, start: number, end: number, tokens: number): number {
  let sum = 0;
  for (let at = start; at < end;) {
    const kind = kindAt(text, at);
    let next = at + 1;
    while (next < end && kindAt(text, next) === kind) next++;
    const charge = cost(text, at, next, kind);
    if (sum + charge > tokens) {
      const fits = Math.floor((next - at) * (tokens - sum) / charge);
      const within = kind !== LATIN || at === start ? at + fits : at;
      return wholeCharacter(text, start, within, end);
    }
    sum += charge;
    at = next;
  }
  return end;
}

/** The next place back where no pair of code units and no letter with its marks is cut; ahead, where there is none back to the start. */
export function wholeCharacter(text: string, start: number, at: number, end: number): number {
  let whole = at;
  while (whole > start && whole < end && goesWithBefore(text, whole)) whole--;
  if (whole > start) return whole;
  whole = Math.max(at, start + 1);
  while (whole < end && goesWithBefore(text, whole)) whole++;
  return whole;
}

const MARK = /[\p{M}\u200d\ufe0f]/u;

function goesWithBefore(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x300) return false;
  return (code >= 0xdc00 && code <= 0xdfff) || MARK.test(text[at]) || text.charCodeAt(at - 1) === 0x200d;
}

const SPACE = 0;
const LATIN = 1;
const DIGIT = 2;
const SIGN = 3;
const ACCENTED = 4;
const CYRILLIC = 5;
const HAN = 6;
const KANA = 7;
const HANGUL = 8;
const OTHER = 9;
const PAIR = 10;
const BREAK = 11;

/** What one character of a script costs, where words are not in the dictionary of such encodings. */
const PER_CHARACTER: Readonly<Record<number, number>> = { [CYRILLIC]: 0.5, [HAN]: 1.15, [KANA]: 0.9, [HANGUL]: 1.1, [OTHER]: 0.85, [PAIR]: 1.2 };

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 10 || code === 13) return BREAK;
  if (code <= 32 || code === 127) return SPACE;
  if (code >= 48 && code <= 57) return DIGIT;
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) ? LATIN : SIGN;
});

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 128) return ASCII[code];
  if (code < 0x250) return code < 0xc0 ? SIGN : ACCENTED;
  if (code >= 0x400 && code < 0x530) return CYRILLIC;
  if (code >= 0x2000 && code < 0x2e80) return code <= 0x200a || code === 0x2028 || code === 0x2029 ? SPACE : SIGN;
  if ((code >= 0x3040 && code < 0x3100) || (code >= 0xff66 && code < 0xffa0)) return KANA;
  if (code >= 0x3000 && code < 0x3040 || code >= 0xff00 && code < 0xff66) return SIGN;
  if (code >= 0x3400 && code < 0xa000 || code >= 0xf900 && code < 0xfb00) return HAN;
  if (code >= 0xac00 && code < 0xd7b0) return HANGUL;
  return code >= 0xd800 && code < 0xe000 ? PAIR : OTHER;
}

function cost(text: string, start: number, end: number, kind: number): number {
  const length = end - start;
  switch (kind) {
    // A space is part of the word that follows, and never of a number.
    case SPACE: return length === 1 && end < text.length && kindAt(text, end) !== DIGIT ? 0 : 1;
    // A line's end is part of the sign before it.
    case BREAK: return start > 0 && kindAt(text, start - 1) === SIGN ? 0.25 : 1;
    case DIGIT: return Math.ceil(length / 3);
    case LATIN: return latin(text, start, end);
    case ACCENTED: return length * 0.75;
    case SIGN: return signs(text, start, length);
    default: return length * PER_CHARACTER[kind];
  }
}

/** Words up to this length are mostly in the dictionary. */
const KNOWN = 7;

function latin(text: string, start: number, end: number): number {
  const length = end - start;
  let capitals = 0;
  for (let at = start; at < end; at++) if (text.charCodeAt(at) < 97) capitals++;
  const begins = start === 0 || kindAt(text, start - 1) === SPACE || kindAt(text, start - 1) === BREAK;
  if (capitals > 1 && capitals === length) return Math.max(1, length / 2.8);
  const humps = capitals > 1 ? capitals - 1 : 0;
  const long = Math.max(0, length - KNOWN) * 0.07;
  const name = capitals === 1 && length > 3 ? 0.2 : 0;
  return 1 + humps * 0.6 + long + name + (begins || length < 4 ? 0 : 0.05);
}

/** A sign that stands between a word and another is often one piece with what follows: "it's", "text.length". */
function alone(text: string, at: number): number {
  const behind = at > 0 ? kindAt(text, at - 1) : SPACE;
  const joins = behind !== SPACE && behind !== BREAK && at + 1 < text.length && kindAt(text, at + 1) === LATIN;
  return joins ? 0.3 : 1;
}

/** Signs that follow one another are often one piece; the same sign many times is. */
function signs(text: string, start: number, length: number): number {
  if (length === 1) return text.charCodeAt(start) < 128 ? alone(text, start) : 1.1;
  let changes = 0;
  for (let at = start + 1; at < start + length; at++) if (text.charCodeAt(at) !== text.charCodeAt(at - 1)) changes++;
  return 1 + changes * 0.45 + (length - 1 - changes) / 12;
}
