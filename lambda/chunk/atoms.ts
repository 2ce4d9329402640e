import { sentenceStarts } from './sentences';
import { measureTokens, tokensEnd, wholeCharacter } from './tokens';

/** The least that chunks are made of. */
export interface Atom {
  readonly start: number;
  readonly end: number;
  /** As `measureTokens` has it. */
  readonly tokens: number;
  /** How good a place for a break lies before it. */
  readonly before: Break;
  /** Level of the heading that it is, where it is one. */
  readonly heading?: number;
  /** Head row of the table that it is a later part of. */
  readonly tableHead?: string;
}

/** From the worst place for a break to the best. never: what is before belongs to what comes. */
export enum Break { NEVER, WORD, SENTENCE, LINE, PARAGRAPH, HEADING }

/** A part of a text without the blanks around it; undefined where nothing else is in it. */
export function trimmed(text: string, start: number, end: number): { readonly start: number; readonly end: number } | undefined {
  let first = start;
  let last = end;
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return first < last ? { start: first, end: last } : undefined;
}

const BLANK = [0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff];

/** What `trim` takes away. */
export function isBlank(code: number): boolean {
  return code <= 32 ? code === 32 || (code >= 9 && code <= 13) : code >= 0xa0 && (BLANK.includes(code) || (code >= 0x2000 && code <= 0x200a));
}

/** The sentences of a part of a text; one that is longer than `most` tokens in pieces. */
export function sentenceAtoms(text: string, start: number, end: number, most: number, before: Break): Atom[] {
  const atoms: Atom[] = [];
  const starts = sentenceStarts(text, start, end);
  [start, ...starts].forEach((from, at) => {
    const place = atoms.length === 0 ? before : placeWithin(text, from);
    for (const atom of wholeOrPieces(text, from, starts[at] ?? end, most, place)) atoms.push(atom);
  });
  return atoms;
}

const RECORDS_END = /[}\]]\s*,\s*$/;
const LINES_END = /\\n[ \t]*$/;
const BLANK_LINE = /\\n[ \t]*(?:\\r)?\\n[ \t]*$/;

/** How good a place for a break lies before a sentence: in JSON a record's end parts as paragraphs do, and so do line ends in strings. */
function placeWithin(text: string, at: number): Break {
  const before = text.slice(Math.max(0, at - 12), at);
  if (RECORDS_END.test(before) || BLANK_LINE.test(before)) return Break.PARAGRAPH;
  return LINES_END.test(before) ? Break.LINE : Break.SENTENCE;
}

/** A part as one atom, or where it is too long cut behind clauses, else behind words. */
export function wholeOrPieces(text: string, start: number, end: number, most: number, before: Break): Atom[] {
  const part = trimmed(text, start, end);
  if (!part) return [];
  const tokens = measureTokens(text, part.start, part.end);
  if (tokens <= most) return [{ ...part, tokens, before }];
  const pieces: Atom[] = [];
  for (let from = part.start; from < part.end;) {
    const to = pieceEnd(text, from, part.end, most);
    const piece = trimmed(text, from, to);
    if (piece) pieces.push({ ...piece, tokens: measureTokens(text, piece.start, piece.end), before: pieces.length === 0 ? before : Break.WORD });
    from = to;
  }
  return pieces;
}

const CLAUSE = /[,;:，；：、،؛)\]–—]["'”’»]*\s*$|[\r\n]\s*$/;
/** So little of what would fit is not worth ending behind a clause. */
const LEAST_PIECE = 0.5;

function pieceEnd(text: string, start: number, end: number, most: number): number {
  const limit = tokensEnd(text, start, end, most);
  if (limit >= end) return end;
  const least = start + Math.floor((limit - start) * LEAST_PIECE);
  let word = 0;
  for (let at = limit; at > least; at--) {
    if (!isBlank(text.charCodeAt(at - 1)) && !/[，；：、]/.test(text[at - 1])) continue;
    if (CLAUSE.test(text.slice(Math.max(start, at - 8), at))) return at;
    word ||= at;
  }
  return word || wordEnd(text, start, limit, end);
}

let words: Intl.Segmenter | undefined;
/** Longer than any word of a script that has no spaces. */
const LONGEST_WORD = 40;

/** The last end of a word before a limit, in scripts without spaces; the limit itself in what has no words. */
function wordEnd(text: string, start: number, limit: number, end: number): number {
  words ??= new Intl.Segmenter(undefined, { granularity: 'word' });
  const from = wholeCharacter(text, start, Math.max(start, limit - LONGEST_WORD), end);
  const around = text.slice(from, Math.min(end, limit + LONGEST_WORD));
  let last = 0;
  for (const { index } of words.segment(around)) {
    if (from + index > limit) break;
    last = index;
  }
  return last > 0 ? from + last : limit;
}
