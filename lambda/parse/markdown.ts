import type { ReadText } from './reading';
import { clean } from './writer';
import { ParseFailure, type TextBlock } from '../ports/parsing';

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})(?:\s|$)/;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const TABLE_RULE = /^[\s|:-]+$/;
/** The line under a table's head. */
const LONGEST_RULE = 5_000;

/** The text as it is; its blocks are found by their lines. */
export const readMarkdown: ReadText = (source, { policy }) => {
  const text = clean(source);
  if (text.length > policy.characters) {
    throw new ParseFailure('tooLarge', `the document has ${text.length} characters; at most ${policy.characters} are read`);
  }
  const blocks = blocksOf(text);
  if (blocks.length === 0) throw new ParseFailure('empty', 'the document holds nothing but blanks');
  const top = blocks.find(({ kind, level }) => kind === 'heading' && level === 1);
  const title = frontMatterTitle(text) ?? (top && text.slice(top.start, top.end).split('\n')[0].replace(/^#+/, '').replace(/#+$/, '').trim());
  return { text, blocks, notes: [], ...title && { title } };
};

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function blocksOf(text: string): TextBlock[] {
  const lines = linesOf(text);
  const blocks: TextBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.text.trim()) {
      at++;
      continue;
    }
    const { kind, until, level } = blockAt(lines, at);
    let last = until - 1;
    while (last > at && !lines[last].text.trim()) last--;
    const start = line.start + line.text.search(/\S/);
    blocks.push({ kind, start, end: lines[last].start + lines[last].text.trimEnd().length, ...level && { level } });
    at = until;
  }
  return blocks;
}

function blockAt(lines: readonly Line[], from: number): { readonly kind: TextBlock['kind']; readonly until: number; readonly level?: number } {
  const { text } = lines[from];
  const heading = HEADING.exec(text);
  if (heading) return { kind: 'heading', level: heading[1].length, until: from + 1 };
  const fence = FENCE.exec(text)?.[1];
  if (fence) {
    const closes = new RegExp(`^ {0,3}\\${fence[0]}{${fence.length},}\\s*$`);
    return { kind: 'code', until: untilAfter(lines, from + 1, (line) => closes.test(line)) };
  }
  if (from === 0 && /^---\s*$/.test(text) && lines.slice(1, 100).some((line) => /^---\s*$/.test(line.text))) {
    return { kind: 'code', until: untilAfter(lines, 1, (line) => /^---\s*$/.test(line)) };
  }
  if (text.includes('|') && isRule(lines[from + 1]?.text ?? '')) {
    return { kind: 'table', until: untilWhere(lines, from + 2, (line) => !line.text.includes('|')) };
  }
  if (ITEM.test(text)) return { kind: 'list', until: endOfList(lines, from) };
  if (/^(?: {4}|\t)/.test(text)) return { kind: 'code', until: untilWhere(lines, from + 1, (line) => !/^(?: {4}|\t)/.test(line.text)) };
  const until = untilWhere(lines, from + 1, ({ text: line }) => !line.trim() || HEADING.test(line) || FENCE.test(line) || /^\s*(?:[-*+]|1[.)])\s+\S/.test(line));
  const rule = untilWhere(lines, from + 1, ({ text: line }, at) => at >= until || /^ {0,3}(?:=+|-{2,})\s*$/.test(line));
  if (rule < until) return { kind: 'heading', level: lines[rule].text.includes('=') ? 1 : 2, until: rule + 1 };
  return { kind: 'paragraph', until };
}

function isRule(line: string): boolean {
  return line.includes('-') && line.length < LONGEST_RULE && TABLE_RULE.test(line);
}

/** A list goes on over blank lines where an item or something indented follows. */
function endOfList(lines: readonly Line[], from: number): number {
  return untilWhere(lines, from + 1, ({ text }, at) => {
    if (HEADING.test(text) || FENCE.test(text)) return true;
    const next = text.trim() ? text : lines[at + 1]?.text ?? '';
    return (!text.trim() || !lines[at - 1].text.trim()) && !ITEM.test(next) && !/^(?:\s{2,}|\t)\S/.test(next);
  });
}

function untilWhere(lines: readonly Line[], from: number, ends: (line: Line, at: number) => boolean): number {
  let at = from;
  while (at < lines.length && !ends(lines[at], at)) at++;
  return Math.min(at, lines.length);
}

function untilAfter(lines: readonly Line[], from: number, ends: (line: string) => boolean): number {
  return Math.min(untilWhere(lines, from, ({ text }) => ends(text)) + 1, lines.length);
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    lines.push({ text: text.slice(start, end), start, end });
    start = end + 1;
  }
  return lines;
}

function frontMatterTitle(text: string): string | undefined {
  const front = /^---\n([^]*?)\n---(?:\n|$)/.exec(text.slice(0, 10_000))?.[1];
  return /^title:\s*["']?(.+?)["']?\s*$/m.exec(front ?? '')?.[1];
}
