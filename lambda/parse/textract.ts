import { type Line, lineOf } from './pdf/lines';
import { together, writeParagraphs } from './pdf/paragraphs';
import { MarkdownWriter } from './writer';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { type ParsedDocument, ParseFailure } from '../ports/parsing';
import type { ScanBlock, ScanResult } from '../ports/scans';

/** A page as tall as others: its unit counts for nothing. */
const HEIGHT = 800;
const WIDTH = 600;
/** Said on every page. */
const AROUND = new Set(['LAYOUT_HEADER', 'LAYOUT_FOOTER', 'LAYOUT_PAGE_NUMBER']);

/** A document of what Textract found: page by page, tables once, headings and lists where the layout was asked for, lines joined to paragraphs. */
export function fromTextract({ blocks, failedPages }: ScanResult, policy: ParsePolicy): ParsedDocument {
  const scan = new Scan(blocks);
  const numbers = [...new Set(blocks.map(({ page }) => page))].sort((a, b) => a - b);
  if (numbers.length > policy.pages) throw new ParseFailure('tooLarge', `the document has ${numbers.length} pages; at most ${policy.pages} are read`);
  const writer = new MarkdownWriter(policy.characters);
  for (const number of numbers) {
    writer.page(number);
    scan.write(writer, number);
  }
  if (failedPages.length > 0) writer.note(`pages that Textract could not read: ${failedPages.join(', ')}`);
  return writer.end('Textract found no text in the document');
}

class Scan {
  private readonly byId: ReadonlyMap<string, ScanBlock>;
  /** By a word within: its table. */
  private readonly tables = new Map<string, ScanBlock>();
  private readonly pages = new Map<number, ScanBlock[]>();
  private readonly written = new Set<string>();

  constructor(blocks: readonly ScanBlock[]) {
    this.byId = new Map(blocks.map((block) => [block.id, block]));
    for (const block of blocks) {
      const page = this.pages.get(block.page);
      if (page) page.push(block);
      else this.pages.set(block.page, [block]);
      if (block.type === 'TABLE') this.wordsOf(block).forEach((word) => this.tables.set(word, block));
    }
  }

  write(writer: MarkdownWriter, number: number): void {
    const blocks = this.pages.get(number) ?? [];
    const layout = blocks.filter(({ type }) => type.startsWith('LAYOUT_'));
    for (const part of layout) this.part(writer, part);
    // All of the page where there is no layout; what it leaves out where there is.
    this.lines(writer, blocks.filter(({ type }) => type === 'LINE'));
    for (const table of blocks) if (table.type === 'TABLE') this.table(writer, table);
  }

  private part(writer: MarkdownWriter, part: ScanBlock): void {
    if (this.written.has(part.id)) return;
    this.written.add(part.id);
    if (part.type === 'LAYOUT_LIST') {
      for (const item of this.childrenOf(part)) {
        this.written.add(item.id);
        writer.item(0, '-', this.said(writer, item.type === 'LINE' ? [item] : this.childrenOf(item)).replace(/^[-–•·*]\s*/, ''));
      }
      return;
    }
    const lines = this.childrenOf(part).filter(({ type }) => type === 'LINE');
    if (AROUND.has(part.type)) return lines.forEach(({ id }) => this.written.add(id));
    const text = this.said(writer, lines);
    if (part.type === 'LAYOUT_TITLE') writer.heading(1, text);
    else if (part.type === 'LAYOUT_SECTION_HEADER') writer.heading(2, text);
    else writer.paragraph(text);
  }

  /** The text of lines; tables that they belong to are written in their place. */
  private said(writer: MarkdownWriter, lines: readonly ScanBlock[]): string {
    return together(this.outsideTables(writer, lines).map(({ text = '' }) => ({ text })));
  }

  private lines(writer: MarkdownWriter, lines: readonly ScanBlock[]): void {
    let open: ScanBlock[] = [];
    const close = () => {
      writeParagraphs(writer, asLines(open));
      open = [];
    };
    for (const line of lines) {
      const table = this.tableOf(line);
      if (table && !this.written.has(table.id)) close();
      open.push(...this.outsideTables(writer, [line]));
    }
    close();
  }

  private outsideTables(writer: MarkdownWriter, lines: readonly ScanBlock[]): ScanBlock[] {
    return lines.filter((line) => {
      if (this.written.has(line.id)) return false;
      this.written.add(line.id);
      const table = this.tableOf(line);
      if (table) this.table(writer, table);
      return !table;
    });
  }

  private tableOf(line: ScanBlock): ScanBlock | undefined {
    return line.children.map((word) => this.tables.get(word)).find(Boolean);
  }

  private table(writer: MarkdownWriter, table: ScanBlock): void {
    if (this.written.has(table.id)) return;
    this.written.add(table.id);
    const grid: string[][] = [];
    const put = ({ row = 1, column = 1 }: ScanBlock, text: string) => {
      while (grid.length < row) grid.push([]);
      grid[row - 1][column - 1] = text;
    };
    for (const cell of this.childrenOf(table)) if (cell.type === 'CELL') put(cell, this.textOf(cell));
    for (const merged of (table.mergedCells ?? []).flatMap((id) => this.byId.get(id) ?? [])) {
      const cells = this.childrenOf(merged);
      const text = cells.map((cell) => this.textOf(cell)).filter(Boolean).join(' ');
      for (const cell of cells) put(cell, text);
    }
    writer.table(grid.map((row) => Array.from(row, (text) => text ?? '')));
  }

  private textOf(cell: ScanBlock): string {
    return this.childrenOf(cell).map(({ type, text = '', selected }) => type === 'SELECTION_ELEMENT' ? selected ? '☒' : '☐' : text).join(' ');
  }

  private wordsOf(table: ScanBlock): string[] {
    return this.childrenOf(table).flatMap((cell) => cell.children);
  }

  private childrenOf({ children }: ScanBlock): ScanBlock[] {
    return children.flatMap((id) => this.byId.get(id) ?? []);
  }
}

/** Lines of one size: how tall a line was found to be depends on its letters. */
function asLines(blocks: readonly ScanBlock[]): Line[] {
  const heights = blocks.flatMap(({ box }) => box ? [box.height * HEIGHT] : []).sort((a, b) => a - b);
  const size = (heights[Math.floor(heights.length / 2)] ?? 10) * 0.8;
  return blocks.map(({ text = '', box = { left: 0, top: 0, width: 1, height: 0.01 } }) => {
    const [x, right] = [box.left * WIDTH, (box.left + box.width) * WIDTH];
    return lineOf([{ text, x, right, y: (box.top + box.height) * HEIGHT, size, font: '', pieces: [{ text, x, right }] }]);
  });
}
