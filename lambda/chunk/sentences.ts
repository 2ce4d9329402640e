import { goesOn } from '../kit/sentences';

/** Scripts whose sentences end with the marks of Latin and a space; others have marks of their own, or need none. */
const PLAIN = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]*$/u;
const FOREIGN = /[\u0590-\u1fff\u2e80-\ud7ff\uf900-\uffef]/;

/** An end mark, what closes behind it, and the space after that. */
const END = /[.!?…‽]+["'”’»)\]}*_]*(?:\s+|$)/g;
/** What goes on after a full stop: nothing but signs and digits before a small letter. */
const GOES_ON = /^[^\p{L}.!?]*\p{Ll}/u;
const CONTINUES = /^[,;:.!?\-–—]/;
/** One record of JSON ends and the next begins. */
const RECORD = /[}\]]\s*,\s*(?=[{[])/g;
/** Line ends as they are written within strings, and what stands before and behind them. */
const WRITTEN_ENDS = /(?<!\\)(?:(?:\\r)?\\n[ \t]*)+/g;
const ENDED = /[.!?:…]["'”’»)\]*_]*\s*$/;
const ITEM = /^(?:[-*+•–]|\d{1,3}[.)]|#{1,6}|\|)\s*(?=\S)/;

/** How far one has to look back for an abbreviation, and ahead for what goes on. */
const LOOK = 24;

/**
 * Where sentences begin in a part of a text, beyond its first: each sentence has the space after it. By the rules of Unicode, and those of
 * abbreviations on top. Line ends are none: who knows what a line is cuts there, but in strings of JSON, which nobody else looks into.
 */
export function sentenceStarts(text: string, start: number, end: number): number[] {
  return withRecords(text, start, end, isPlain(text, start, end) ? plainStarts(text, start, end) : segmentedStarts(text, start, end));
}

function isPlain(text: string, start: number, end: number): boolean {
  const part = text.slice(start, end);
  return !FOREIGN.test(part) || PLAIN.test(part);
}

function plainStarts(text: string, start: number, end: number): number[] {
  const starts: number[] = [];
  END.lastIndex = start;
  for (let match = END.exec(text); match && END.lastIndex < end; match = END.exec(text)) {
    const at = END.lastIndex;
    const after = text.slice(at, Math.min(end, at + LOOK));
    if (CONTINUES.test(after)) continue;
    if (!/[!?‽]/.test(match[0]) && GOES_ON.test(after)) continue;
    if (goesOn(text.slice(Math.max(start, at - LOOK), at), after)) continue;
    starts.push(at);
  }
  return starts;
}

/** In what looks like JSON: where a record begins, and where a line of a string does that is none of a wrapped text. */
function withRecords(text: string, start: number, end: number, starts: number[]): number[] {
  if (text[start] !== '[' && text[start] !== '{') return starts;
  const all = new Set(starts);
  for (const { index, 0: { length } } of found(RECORD, text, start, end)) all.add(index + length);
  for (const { index, 0: ends } of found(WRITTEN_ENDS, text, start, end)) {
    const at = index + ends.length;
    const blank = ends.indexOf('\\n') < ends.lastIndexOf('\\n');
    const item = ITEM.exec(text.slice(at, at + LOOK));
    if (blank || item || ENDED.test(text.slice(Math.max(start, index - LOOK), index))) all.add(at);
    // The number of an item is no sentence.
    if (item) all.delete(at + item[0].length);
  }
  return [...all].sort((one, other) => one - other);
}

function* found(pattern: RegExp, text: string, start: number, end: number): Generator<RegExpExecArray> {
  pattern.lastIndex = start;
  for (let match = pattern.exec(text); match && pattern.lastIndex < end; match = pattern.exec(text)) yield match;
}

let segmenter: Intl.Segmenter | undefined;

function segmentedStarts(text: string, start: number, end: number): number[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'sentence' });
  const starts: number[] = [];
  // A line's end would be a sentence's end to Unicode; a wrapped line is none.
  for (const { index } of segmenter.segment(text.slice(start, end).replace(/[\r\n]/g, ' '))) {
    const at = start + index;
    if (index > 0 && !goesOn(text.slice(Math.max(start, at - LOOK), at), text.slice(at, at + LOOK))) starts.push(at);
  }
  return starts;
}
