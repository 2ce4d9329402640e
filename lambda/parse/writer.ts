import { type Cell, markdownTable } from './table';
import { type PageStart, type ParsedDocument, ParseFailure, type TextBlock } from '../ports/parsing';

/** Puts the Markdown of a document together, and notes where each block of it stands. */
export class MarkdownWriter {
  title?: string;
  private readonly parts: string[] = [];
  private readonly blocks: TextBlock[] = [];
  private readonly pages: PageStart[] = [];
  private readonly notes: string[] = [];
  /** Pages that began, with nothing written on them yet. */
  private opened: number[] = [];
  private length = 0;
  private openList = false;

  constructor(private readonly mostCharacters: number) {}

  get characters(): number {
    return this.length;
  }

  page(page: number): void {
    this.openList = false;
    this.opened.push(page);
  }

  heading(level: number, text: string): void {
    const line = oneLine(text);
    if (line) this.block('heading', `${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${line}`, Math.min(Math.max(level, 1), 6));
  }

  /** Its line breaks stay, blank lines do not. */
  paragraph(text: string): void {
    const lines = text.split('\n').map(oneLine).filter(Boolean);
    if (lines.length > 0) this.block('paragraph', lines.join('\n'));
  }

  /** Items that follow each other are one list; `depth` counts from 0, `marker` is `-` or a number with its point. */
  item(depth: number, marker: string, text: string): void {
    const lines = text.split('\n').map(oneLine).filter(Boolean);
    if (lines.length === 0) return;
    const indent = '    '.repeat(Math.min(Math.max(depth, 0), 8));
    const item = `${indent}${marker} ${lines.join(`\n${indent}  `)}`;
    if (!this.openList) {
      this.block('list', item);
      this.openList = true;
      return;
    }
    this.append(`\n${item}`);
    const last = this.blocks.length - 1;
    this.blocks[last] = { ...this.blocks[last], end: this.length };
  }

  /** Ends a list, so that the next item begins another. */
  endList(): void {
    this.openList = false;
  }

  /** The first row is the head; rows may differ in length. */
  table(rows: readonly (readonly Cell[])[]): void {
    const text = markdownTable(rows);
    if (text) this.block('table', text);
  }

  code(text: string, language = ''): void {
    const lines = clean(text).split('\n').map((line) => line.trimEnd());
    while (lines[0] === '') lines.shift();
    while (lines.at(-1) === '') lines.pop();
    const body = lines.join('\n');
    if (!body) return;
    const longest = (body.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
    const fence = '`'.repeat(longest + 1);
    this.block('code', `${fence}${language}\n${body}\n${fence}`);
  }

  /** Blocks of another document, a mail's attachment for one, as they are. */
  include({ text, blocks, notes }: ParsedDocument): void {
    for (const { kind, start, end, level } of blocks) this.block(kind, text.slice(start, end), level);
    this.notes.push(...notes);
  }

  note(note: string): void {
    if (!this.notes.includes(note)) this.notes.push(note);
  }

  /** Throws where nothing was written: `nothing` says what to tell. */
  end(nothing: string): ParsedDocument {
    if (this.length === 0) throw new ParseFailure('empty', nothing);
    for (const page of this.opened) this.pages.push({ page, start: this.length });
    const title = this.title && oneLine(this.title);
    return {
      text: this.parts.join(''),
      blocks: this.blocks,
      notes: this.notes,
      ...title && { title },
      ...this.pages.length > 0 && { pages: this.pages },
    };
  }

  private block(kind: TextBlock['kind'], text: string, level?: number): void {
    this.openList = false;
    if (this.length > 0) this.append('\n\n');
    const start = this.length;
    for (const page of this.opened) this.pages.push({ page, start });
    this.opened = [];
    this.append(text);
    this.blocks.push({ kind, start, end: this.length, ...level !== undefined && { level } });
  }

  private append(text: string): void {
    this.parts.push(text);
    this.length += text.length;
    if (this.length > this.mostCharacters) {
      throw new ParseFailure('tooLarge', `the document has more than ${this.mostCharacters} characters of text; split it into smaller ones`);
    }
  }
}

/** Text on one line: what is blank is one space, what cannot be seen is gone. */
export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, ' ').trim();
}

/** Without control characters and halves of characters, which stores and models refuse. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f\u200b\u2060\ufeff\u00ad]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
