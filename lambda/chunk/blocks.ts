import { type Atom, Break, sentenceAtoms, trimmed, wholeOrPieces } from './atoms';
import { measureTokens } from './tokens';
import type { TextBlock } from '../ports/parsing';

/** What a block is made of, in the order of its text, none longer than `most` tokens. */
export function blockAtoms(text: string, block: TextBlock, most: number): Atom[] {
  switch (block.kind) {
    case 'heading': return wholeOrPieces(text, block.start, block.end, most, Break.HEADING).map((atom, at) => (at === 0 ? { ...atom, heading: block.level ?? 1 } : atom));
    case 'table': return tableAtoms(text, block, most);
    case 'code': return lineAtoms(text, block, most, /\n/g);
    case 'list': return lineAtoms(text, block, most, /\n(?=\s{0,12}(?:[-*+•]|\p{L}\)|[\d]{1,3}[.)])\s)/gu);
    default: return paragraphAtoms(text, block, most);
  }
}

/** A line that is so much shorter than the longest was not wrapped there. */
const SHORT = 0.6;
const ENDED = /[.!?:…。！？：|]["'”’»)\]*_]*\s*$/;
const BEGINS = /^\s*(?:[-*+•–—>|#=]|\d{1,3}[.)]\s|\p{Lu}[\p{L} ]{0,20}:\s)/u;
const CLOSED = /[.!?…。！？,;]["'”’»)\]]*\s*$/;
/** What has no end mark and is so short stands above what follows, as a heading does. */
const TITLE = 80;
/** Nobody wraps lines at so many characters: one that has an end mark is a paragraph. */
const LONG = 200;

/** Lines, where they are not wrapped; within them sentences. What stands above what follows begins something, as a heading does. */
function paragraphAtoms(text: string, { start, end }: TextBlock, most: number): Atom[] {
  const lines = linesOf(text, start, end);
  const longest = lines.reduce((length, line) => Math.max(length, line.end - line.start), 0);
  const atoms: Atom[] = [];
  let from = start;
  let before = Break.PARAGRAPH;
  lines.forEach((line, at) => {
    const next = lines[at + 1];
    const said = text.slice(line.start, line.end);
    const wrapped = line.end - line.start >= longest * SHORT && !ENDED.test(said);
    if (next && wrapped && !BEGINS.test(text.slice(next.start, Math.min(next.end, next.start + 30)))) return;
    const title = next !== undefined && said.length <= TITLE && !CLOSED.test(said) && next.end - next.start > TITLE;
    const place = title && before !== Break.NEVER ? Break.HEADING : before;
    // One by one: a line may have more sentences than a call takes arguments.
    for (const atom of sentenceAtoms(text, from, next?.start ?? end, most, place)) atoms.push(atom);
    from = next?.start ?? end;
    const parted = (said.length > LONG && ENDED.test(said)) || (next !== undefined && /\n\s*\n/.test(text.slice(line.end, next.start)));
    before = title ? Break.NEVER : parted ? Break.PARAGRAPH : Break.LINE;
  });
  return atoms;
}

function linesOf(text: string, start: number, end: number): { readonly start: number; readonly end: number }[] {
  const lines = [];
  for (let from = start; from < end;) {
    const found = text.indexOf('\n', from);
    const to = found < 0 || found >= end ? end : found + 1;
    const line = trimmed(text, from, to);
    if (line) lines.push(line);
    from = to;
  }
  return lines;
}

/** Whole where it fits; else cut before what the pattern finds, a blank line being the better place. */
function lineAtoms(text: string, { start, end }: TextBlock, most: number, cut: RegExp): Atom[] {
  const whole = trimmed(text, start, end);
  if (!whole) return [];
  const tokens = measureTokens(text, whole.start, whole.end);
  if (tokens <= most && cut.source === '\\n') return [{ ...whole, tokens, before: Break.PARAGRAPH }];
  const atoms: Atom[] = [];
  let from = whole.start;
  for (const { index = 0 } of text.slice(whole.start, whole.end).matchAll(cut)) {
    const to = whole.start + index + 1;
    for (const atom of itemAtoms(text, from, to, most, placeBefore(text, whole.start, from))) atoms.push(atom);
    from = to;
  }
  return [...atoms, ...itemAtoms(text, from, whole.end, most, placeBefore(text, whole.start, from))];
}

function itemAtoms(text: string, start: number, end: number, most: number, before: Break): Atom[] {
  return measureTokens(text, start, end) <= most ? wholeOrPieces(text, start, end, most, before) : sentenceAtoms(text, start, end, most, before);
}

function placeBefore(text: string, first: number, at: number): Break {
  return at === first || /\n\s*\n\s*$/.test(text.slice(Math.max(first, at - 12), at)) ? Break.PARAGRAPH : Break.LINE;
}

const RULE = /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/;

/** Whole where it fits; else row by row, each knowing the head. */
export function tableAtoms(text: string, { start, end }: TextBlock, most: number, byRow = false): Atom[] {
  const whole = trimmed(text, start, end);
  if (!whole) return [];
  const tokens = measureTokens(text, whole.start, whole.end);
  if (tokens <= most && !byRow) return [{ ...whole, tokens, before: Break.PARAGRAPH }];
  const lines = linesOf(text, whole.start, whole.end);
  const ruled = lines.length > 1 && RULE.test(text.slice(lines[1].start, lines[1].end));
  const headEnd = lines[ruled ? 1 : 0].end;
  const head = ruled ? text.slice(whole.start, headEnd) : undefined;
  const top = wholeOrPieces(text, whole.start, headEnd, most, Break.PARAGRAPH);
  // A head that leaves hardly any room for rows is not repeated.
  const tableHead = head !== undefined && top.length === 1 && top[0].tokens <= most / 2 ? head : undefined;
  const room = most - (tableHead === undefined ? 0 : top[0].tokens);
  const rows = lines.slice(ruled ? 2 : 1).flatMap((line, at) => wholeOrPieces(text, line.start, line.end, room, at === 0 ? Break.NEVER : Break.LINE));
  return [...top, ...rows.map((row) => ({ ...row, ...(tableHead !== undefined && { tableHead }) }))];
}
