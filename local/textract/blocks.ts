import { randomUUID } from 'node:crypto';

/** As far as it is told here, in the words of the service. */
export interface LocalBlock {
  readonly BlockType: string;
  readonly Id: string;
  readonly Page: number;
  readonly Text?: string;
  readonly Confidence?: number;
  readonly RowIndex?: number;
  readonly ColumnIndex?: number;
  readonly Geometry: { readonly BoundingBox: { readonly Left: number; readonly Top: number; readonly Width: number; readonly Height: number } };
  readonly Relationships?: readonly { readonly Type: 'CHILD'; readonly Ids: readonly string[] }[];
}

const LINE_HEIGHT = 0.015;
const LINE_STEP = 0.018;
const FIRST_TOP = 0.05;
const LEFT = 0.1;
const LETTER_WIDTH = 0.01;
const RULE = /^\|[\s|:-]+\|$/;

/**
 * What the service would find on a page that says this: lines and their words, and where the layout is asked for titles (`# …`), section headers (`## …`), texts parted
 * by blank lines, and tables (`| … | … |`).
 */
export function pageBlocks(text: string, page: number, layout: boolean): LocalBlock[] {
  const made = new PageOfBlocks(page);
  for (const part of text.split(/\n\s*\n/)) {
    const lines = part.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !RULE.test(line));
    if (lines.length === 0) continue;
    if (lines.every((line) => /^\|.*\|$/.test(line))) made.table(lines.map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim())));
    else made.text(lines);
    made.gap();
  }
  return made.blocks.filter(({ BlockType }) => layout || ['PAGE', 'LINE', 'WORD'].includes(BlockType));
}

class PageOfBlocks {
  private readonly found: LocalBlock[] = [];
  private top = FIRST_TOP;

  constructor(private readonly page: number) {}

  get blocks(): LocalBlock[] {
    const lines = this.found.filter(({ BlockType }) => BlockType === 'LINE');
    return [this.block('PAGE', { children: lines }), ...this.found];
  }

  text(lines: readonly string[]): void {
    const [first] = lines;
    const [, mark] = /^(#{1,6}) /.exec(first) ?? [];
    const own = mark === undefined ? lines : [first.slice(mark.length + 1)];
    const made = own.map((line) => this.line(line));
    this.found.push(this.block(mark === undefined ? 'LAYOUT_TEXT' : mark === '#' ? 'LAYOUT_TITLE' : 'LAYOUT_SECTION_HEADER', { children: made }));
    if (mark !== undefined && lines.length > 1) this.text(lines.slice(1));
  }

  table(rows: readonly (readonly string[])[]): void {
    const lines: LocalBlock[] = [];
    const cells = rows.flatMap((row, RowIndex) => {
      const words = row.map((cell) => this.words(cell));
      lines.push(this.line(row.filter(Boolean).join(' '), words.flat()));
      return row.map((_, ColumnIndex) => this.block('CELL', { children: words[ColumnIndex], RowIndex: RowIndex + 1, ColumnIndex: ColumnIndex + 1 }));
    });
    this.found.push(this.block('TABLE', { children: cells }), ...cells, this.block('LAYOUT_TABLE', { children: lines }));
  }

  gap(): void {
    this.top += LINE_STEP;
  }

  private line(Text: string, words = this.words(Text)): LocalBlock {
    const line = this.block('LINE', { children: words, Text });
    this.found.push(line, ...words);
    this.top += LINE_STEP;
    return line;
  }

  private words(text: string): LocalBlock[] {
    return text.split(/\s+/).filter(Boolean).map((Text) => this.block('WORD', { Text }));
  }

  private block(BlockType: string, { children = [], ...more }: Partial<LocalBlock> & { readonly children?: readonly LocalBlock[] }): LocalBlock {
    const { Text = '' } = more;
    return {
      BlockType,
      Id: randomUUID(),
      Page: this.page,
      Confidence: 99,
      Geometry: { BoundingBox: { Left: LEFT, Top: Math.min(0.98, this.top), Width: Math.min(0.8, Text.length * LETTER_WIDTH), Height: LINE_HEIGHT } },
      ...more,
      ...children.length > 0 && { Relationships: [{ Type: 'CHILD', Ids: children.map(({ Id }) => Id) }] },
    };
  }
}
