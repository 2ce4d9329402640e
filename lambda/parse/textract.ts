import { type Line, lineOf } from './pdf/lines';
import { together, writeParagraphs } from './pdf/paragraphs';
import { MarkdownWriter } from './writer';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { type ParsedDocument, ParseFailure } from '../ports/parsing';
import type { ScanBlock, ScannedDocument, ScanResult } from '../ports/scans';

/** A page as tall as others: its unit counts for nothing. */
const HEIGHT = 800;
const WIDTH = 600;
/** Said on every page. */
const AROUND = new Set(['LAYOUT_HEADER', 'LAYOUT_FOOTER', 'LAYOUT_PAGE_NUMBER']);

/** Blocks that are in memory at most, some hundred megabytes: as long as there are no more, they may come in any order. */
const MOST_HELD = 200_000;

/** A document of what Textract found: page by page, tables once, headings and lists where the layout was asked for, lines joined to paragraphs. */
export async function fromTextract(
  { pages, parts }: ScanResult, policy: Pick<ParsePolicy, 'pages' | 'characters'>, mostHeld = MOST_HELD,
): Promise<ScannedDocument> {
  requirePages(pages, policy);
  const pagesHeld = new Pages(policy, mostHeld);
  const failed = new Set<number>();
  for await (const { blocks, failedPages } of parts) {
    for (const block of blocks) pagesHeld.add(block);
    failedPages.forEach((page) => failed.add(page));
  }
  return { document: pagesHeld.end([...failed].sort((a, b) => a - b)), pages: Math.max(pages, pagesHeld.last) };
}

function requirePages(pages: number, policy: Pick<ParsePolicy, 'pages'>): void {
  if (pages > policy.pages) throw new ParseFailure('tooLarge', `the document is a scan of ${pages} pages; at most ${policy.pages} are read`);
}

/** Pages on their way to Markdown: those that are sure to be whole are written when there is no room for more. */
class Pages {
  last = 0;
  private readonly writer: MarkdownWriter;
  private readonly open = new Map<number, ScanBlock[]>();
  private readonly late = new Set<number>();
  private held = 0;
  private written = 0;

  constructor(private readonly policy: Pick<ParsePolicy, 'pages' | 'characters'>, private readonly mostHeld: number) {
    this.writer = new MarkdownWriter(policy.characters);
  }

  add(block: ScanBlock): void {
    const { page } = block;
    if (page <= this.written) {
      this.late.add(page);
      return;
    }
    const blocks = this.open.get(page);
    if (blocks) blocks.push(block);
    else this.open.set(page, [block]);
    this.last = Math.max(this.last, page);
    if (!blocks) requirePages(this.last, this.policy);
    if (++this.held > this.mostHeld) this.write(this.last - 1);
    if (this.held > this.mostHeld) throw new ParseFailure('tooLarge', `page ${page} has more than ${this.mostHeld} words and lines`);
  }

  end(failed: readonly number[]): ParsedDocument {
    this.write(this.last);
    if (failed.length > 0) this.writer.note(`pages that Textract could not read: ${failed.join(', ')}`);
    if (this.late.size > 0) this.writer.note(`pages of which Textract told some too late, which is left out: ${[...this.late].join(', ')}`);
    return this.writer.end('Textract found no text in the document');
  }

  private write(upTo: number): void {
    for (const page of [...this.open.keys()].filter((number) => number <= upTo).sort((a, b) => a - b)) {
      const blocks = this.open.get(page)!;
      this.open.delete(page);
      this.held -= blocks.length;
      this.writer.page(page);
      new ScannedPage(blocks).write(this.writer);
    }
    this.written = Math.max(this.written, upTo);
  }
}

class ScannedPage {
  private readonly byId: ReadonlyMap<string, ScanBlock>;
  /** By a word within: its table. */
  private readonly tables = new Map<string, ScanBlock>();
  private readonly written = new Set<string>();

  constructor(private readonly blocks: readonly ScanBlock[]) {
    this.byId = new Map(blocks.map((block) => [block.id, block]));
    for (const block of blocks) if (block.type === 'TABLE') this.wordsOf(block).forEach((word) => this.tables.set(word, block));
  }

  write(writer: MarkdownWriter): void {
    const { blocks } = this;
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
