import type { PageLines } from './furniture';
import { type Line, mostOf } from './lines';
import { tablesOf } from './tables';
import type { MarkdownWriter } from '../writer';

/** What most of a document is set in. */
export interface Body {
  readonly size: number;
  readonly font: string;
  /** Sizes of headings, the largest first. */
  readonly sizes: readonly number[];
}

/** Heights of text, by which a heading is larger. */
const LARGER = 1.12;
/** A size that more of the document is set in is no heading's. */
const MOST_HEADING_SHARE = 0.4;
const LONGEST_HEADING = 180;
const MOST_HEADING_LINES = 3;
/** From one baseline to the next, in heights: where nothing tells it, of lines set close, of lines set wide. */
const LEADING = 1.75;
const LEADING_FROM = 1.45;
const WIDEST_LEADING = 2.6;
const BULLET = /^(?:[•●○▪■□◦‣⁃∙·➢➤✓❖\uf0b7\uf0a7\uf0d8]|[-–—*](?=\s)|o(?=\s))\s*/;
const NUMBERED = /^(\d{1,3}[.)]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})\))\s+\S/;
const SECTION = /^(?:\d+(?:\.\d+)*\.?|[IVX]+\.|[A-Z]\.|§\s?\d+|(?:chapter|section|part|appendix|article|kapitel|abschnitt|chapitre)\s+[\dIVX]+)\s+\S/i;
const ENDED = /[.!?:;。！？」』”"')\]]$/;

export function bodyOf(pages: readonly PageLines[]): Body {
  const sizes = new Map<number, number>();
  const fonts = new Map<string, number>();
  for (const { size, font, text } of pages.flatMap(({ lines }) => lines)) {
    sizes.set(half(size), (sizes.get(half(size)) ?? 0) + text.length);
    fonts.set(font, (fonts.get(font) ?? 0) + text.length);
  }
  if (sizes.size === 0) return { size: 0, font: '', sizes: [] };
  const size = mostOf(sizes);
  const all = [...sizes.values()].reduce((sum, count) => sum + count, 0);
  const larger = [...sizes].filter(([other, count]) => other >= size * LARGER && count < all * MOST_HEADING_SHARE).map(([other]) => other)
    .sort((a, b) => b - a);
  // Sizes a little apart are one level.
  return { size, font: mostOf(fonts), sizes: larger.filter((other, at) => at === 0 || other < larger[at - 1] * 0.96) };
}

/** Writes a page: tables, headings, lists, and lines put together to paragraphs. */
export function writePage(writer: MarkdownWriter, { lines, aside }: PageLines, body: Body): void {
  const tables = tablesOf(lines);
  let at = 0;
  for (const table of tables) {
    writeText(writer, lines.slice(at, table.from), body);
    writer.table(table.rows);
    at = table.until;
  }
  writeText(writer, lines.slice(at), body);
  if (aside.length > 0) writer.paragraph(aside.map(({ text }) => text).join('\n'));
}

/** Lines of one size, without headings. */
export function writeParagraphs(writer: MarkdownWriter, lines: readonly Line[]): void {
  writeText(writer, lines, { size: Infinity, font: '', sizes: [] });
}

function writeText(writer: MarkdownWriter, lines: readonly Line[], body: Body): void {
  let open: Line[] = [];
  const leading = leadingOf(lines);
  const close = () => {
    if (open.length > 0) writeBlock(writer, open, body);
    open = [];
  };
  for (const line of lines) {
    if (open.length > 0 && !goesOn(open, line, lines, leading)) close();
    open.push(line);
  }
  close();
}

function writeBlock(writer: MarkdownWriter, lines: readonly Line[], body: Body): void {
  const text = together(lines);
  const level = headingLevel(lines, text, body);
  if (level) return writer.heading(level, text);
  const bullet = BULLET.exec(text)?.[0];
  if (bullet && text.length > bullet.length) return writer.item(0, '-', text.slice(bullet.length));
  const number = NUMBERED.exec(text)?.[1];
  if (number) return /^\d+[.)]$/.test(number) ? writer.item(0, number, text.slice(number.length)) : writer.item(0, '-', text);
  writer.paragraph(text);
}

/** Whether a line is of one paragraph with those above. */
function goesOn(open: readonly Line[], line: Line, lines: readonly Line[], leading: number): boolean {
  const last = open[open.length - 1];
  if (BULLET.test(line.text) || (NUMBERED.test(line.text) && !(open.length > 1 && /[a-z,]$/.test(last.text)))) return false;
  const larger = Math.max(line.size, last.size);
  if (Math.min(line.size, last.size) < larger * 0.9) return false;
  const step = line.y - last.y;
  // The next column: what was cut in its middle goes on there.
  if (step <= -larger) return !ENDED.test(last.text) && /^[\p{Ll}]/u.test(line.text);
  if (step < larger * 0.3) return Math.abs(step) < larger * 0.3 && line.x >= last.right;
  if (step > larger * leading || step > usualStep(open, larger * leading) * 1.35) return false;
  if (line.x > Math.max(last.right, open[0].right) || line.right < Math.min(last.x, open[0].x)) return false;
  const first = open.length === 1;
  const indent = line.x - last.x;
  // Set in from the line above: a new paragraph begins so, and what belongs to a bullet.
  if (indent > larger * 0.8 && indent < larger * 6 && !first && ENDED.test(last.text)) return false;
  // A line that ends long before the others ends its paragraph.
  const edge = Math.max(...open.map(({ right }) => right), columnEdge(lines, line));
  const wordFits = edge - last.right > widthOfFirstWord(line) + larger;
  return !(wordFits && (ENDED.test(last.text) || /^[\p{Lu}\d]/u.test(line.text)));
}

function usualStep(open: readonly Line[], most: number): number {
  const step = open.length < 2 ? 0 : open[open.length - 1].y - open[open.length - 2].y;
  return step > 0 ? step : most;
}

/** From one baseline to the next within a paragraph at most, in heights: what most lines keep, and a little more. */
function leadingOf(lines: readonly Line[]): number {
  const steps = new Map<number, number>();
  lines.forEach((line, at) => {
    const above = lines[at - 1];
    if (!above || line.y <= above.y || Math.abs(line.size - above.size) > 0.5 || Math.abs(line.x - above.x) > line.size * 3) return;
    const step = Math.round((line.y - above.y) / line.size * 10) / 10;
    if (step >= 0.8 && step <= WIDEST_LEADING) steps.set(step, (steps.get(step) ?? 0) + Math.min(line.text.length, above.text.length));
  });
  return steps.size > 0 ? Math.min(Math.max(mostOf(steps) * 1.15, LEADING_FROM), WIDEST_LEADING) : LEADING;
}

/** As far right as lines near this one go that begin where it does. */
function columnEdge(lines: readonly Line[], line: Line): number {
  const beside = lines.filter(({ x, size, y }) => Math.abs(x - line.x) < size * 2 && Math.abs(y - line.y) < size * 20);
  return Math.max(line.right, ...beside.map(({ right }) => right));
}

function widthOfFirstWord({ text, x, right }: Line): number {
  return (right - x) * (text.split(' ', 1)[0].length / Math.max(text.length, 1));
}

function headingLevel(lines: readonly Line[], text: string, { size, font, sizes }: Body): number | undefined {
  if (lines.length > MOST_HEADING_LINES || text.length > LONGEST_HEADING || !/\p{L}{2}/u.test(text)) return undefined;
  const own = half(Math.max(...lines.map((line) => line.size)));
  const rank = sizes.findIndex((other) => own >= other * 0.98);
  if (own >= size * LARGER && rank >= 0) return Math.min(rank + 1, 5);
  const apart = lines.every((line) => line.font !== font) && own >= size * 0.95;
  return apart && lines.length === 1 && text.length < 100 && SECTION.test(text) && !/[.,;]$/.test(text) ? Math.min(sizes.length + 1, 6) : undefined;
}

/** One text of lines; a word that was cut at a line's end is whole again. */
export function together(lines: readonly Pick<Line, 'text'>[]): string {
  let text = '';
  for (const { text: next } of lines) {
    if (!text) text = next;
    else if (/\p{L}[-\u00ad\u2010]$/u.test(text) && /^\p{Ll}/u.test(next)) text = text.replace(/[-\u00ad\u2010]$/, '') + next;
    else if (/[-\u2010/]$/.test(text) && !/\s[-\u2010/]$/.test(text)) text += next;
    // Between characters of languages that write no blanks there is none.
    else text += isUnspaced(text.at(-1)) && isUnspaced(next[0]) ? next : ` ${next}`;
  }
  return text;
}

function isUnspaced(character = ''): boolean {
  return /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/.test(character);
}

function half(size: number): number {
  return Math.round(size * 2) / 2;
}
