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

/** How far one has to look back for an abbreviation, and ahead for what goes on. */
const LOOK = 24;

/**
 * Where sentences begin in a part of a text, beyond its first: each sentence has the space after it. By the rules of Unicode, and those of
 * abbreviations on top. Line ends are none: who knows what a line is cuts there.
 */
export function sentenceStarts(text: string, start: number, end: number): number[] {
  return isPlain(text, start, end) ? plainStarts(text, start, end) : segmentedStarts(text, start, end);
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
  return withRecords(text, start, end, starts);
}

function withRecords(text: string, start: number, end: number, starts: number[]): number[] {
  if (text[start] !== '[' && text[start] !== '{') return starts;
  RECORD.lastIndex = start;
  const records: number[] = [];
  for (let match = RECORD.exec(text); match && RECORD.lastIndex < end; match = RECORD.exec(text)) records.push(RECORD.lastIndex);
  return records.length === 0 ? starts : [...new Set([...starts, ...records])].sort((one, other) => one - other);
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
