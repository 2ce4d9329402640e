import { openPackage, type Package } from './office';
import type { ReadBytes } from './reading';
import { MarkdownWriter } from './writer';
import { cellNumber, numberFormats, type NumberFormat } from './xlsx-numbers';
import { attribute, childOf, childrenOf, eachElement, elements, textOf, type XmlElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { ParseFailure } from '../ports/parsing';

interface Sheet {
  readonly name: string;
  readonly hidden: boolean;
  readonly part?: string;
}

/** What a cell shows, by its row and column, both from 0. */
type Grid = Map<number, Map<number, string>>;

const LAST_COLUMN = 16_384;
const LAST_ROW = 1_048_576;
/** Cells that merged ones are said in, of a sheet. */
const MOST_MERGED = 100_000;

/** Sheet by sheet under its name: what stands together is a table, values as they are shown, formulas as what they came to. */
export const readXlsx: ReadBytes = async (bytes, { policy, signal }) => {
  const book = openPackage(bytes, 'xl/workbook.xml', policy);
  const { sheets, from1904 } = workbook(book, policy);
  if (sheets.length > policy.pages) throw new ParseFailure('tooLarge', `the workbook has ${sheets.length} sheets; at most ${policy.pages} are read`);
  const relations = book.relationsOf(book.main);
  const shared: string[] = [];
  eachElement(book.zip.read(relations.ofKind('sharedStrings')[0] ?? 'xl/sharedStrings.xml'), ['si'], policy, (element) => shared.push(richText(element)));
  const formats = numberFormats(book.zip.read(relations.ofKind('styles')[0] ?? 'xl/styles.xml'), policy);
  const writer = new MarkdownWriter(policy.characters);
  writer.title = book.title;
  let said = false;
  sheets.forEach(({ name, hidden, part }, at) => {
    signal.throwIfAborted();
    writer.page(at + 1);
    if (hidden) return writer.note(`the sheet ${name} is hidden and was not read`);
    const grid = part ? readSheet(book.zip.read(part), shared, formats, from1904, policy) : new Map<number, Map<number, string>>();
    if (grid.size === 0) return;
    said = true;
    writer.heading(2, name);
    for (const table of tables(grid)) writeTable(writer, table);
  });
  if (!said) throw new ParseFailure('empty', 'no cell of the workbook holds anything');
  return writer.end('no cell of the workbook holds anything');
};

function workbook({ zip, main, relationsOf }: Package, policy: ParsePolicy): { readonly sheets: Sheet[]; readonly from1904: boolean } {
  const relations = relationsOf(main);
  const sheets: Sheet[] = [];
  let from1904 = false;
  eachElement(zip.read(main), ['sheet', 'workbookPr'], policy, (element) => {
    if (element.name === 'workbookPr') {from1904 = /^(?:1|true)$/.test(attribute(element, 'date1904') ?? '');} else {
      const id = element.attributes['r:id'] ?? Object.entries(element.attributes).find(([name]) => name.endsWith(':id'))?.[1];
      const part = relations.byId(id);
      sheets.push({ name: attribute(element, 'name') ?? '', hidden: (attribute(element, 'state') ?? 'visible') !== 'visible', ...part && { part } });
    }
  });
  return { sheets, from1904 };
}

function readSheet(xml: Buffer | undefined, shared: readonly string[], formats: readonly NumberFormat[], from1904: boolean, policy: ParsePolicy): Grid {
  const grid: Grid = new Map();
  const merged: string[] = [];
  let row = -1;
  let characters = 0;
  eachElement(xml, ['row', 'mergeCell'], policy, (element) => {
    if (element.name === 'mergeCell') return void merged.push(attribute(element, 'ref') ?? '');
    const number = Number(attribute(element, 'r'));
    row = Number.isInteger(number) && number > 0 && number <= LAST_ROW ? number - 1 : row + 1;
    const cells = new Map<number, string>();
    let column = -1;
    for (const cell of childrenOf(element, 'c')) {
      column = place(attribute(cell, 'r') ?? '')?.column ?? column + 1;
      const text = shown(cell, shared, formats, from1904);
      if (text.trim()) cells.set(column, text);
      characters += text.length;
    }
    if (characters > policy.characters) throw new ParseFailure('tooLarge', `a sheet has more than ${policy.characters} characters; split the workbook`);
    if (cells.size > 0) grid.set(row, cells);
  });
  spreadMerged(grid, merged);
  return grid;
}

/** A cell that goes over others is said in each of them. */
function spreadMerged(grid: Grid, merged: readonly string[]): void {
  let left = MOST_MERGED;
  for (const range of merged) {
    const [from, to] = range.split(':').map(place);
    const text = from && grid.get(from.row)?.get(from.column);
    // A title over a table stands once.
    if (!from || !to || !text || (from.row === to.row && grid.get(from.row)?.size === 1)) continue;
    for (let row = from.row; row <= to.row && left > 0; row++, left--) {
      const cells = grid.get(row);
      // A row that holds nothing else is merged for its looks.
      for (let column = from.column; cells && column <= to.column && left > 0; column++, left--) {
        if (!cells.has(column)) cells.set(column, text);
      }
    }
  }
}

function shown(cell: XmlElement, shared: readonly string[], formats: readonly NumberFormat[], from1904: boolean): string {
  const value = textOf(childOf(cell, 'v'));
  switch (attribute(cell, 't')) {
    case 's': return shared[Number(value)] ?? '';
    case 'inlineStr': return richText(childOf(cell, 'is') ?? cell);
    case 'b': return value === '1' ? 'TRUE' : value === '0' ? 'FALSE' : value;
    case 'str': case 'e': case 'd': return value;
    default: return value === '' ? '' : cellNumber(value, formats[Number(attribute(cell, 's') ?? 0)] ?? 'plain', from1904);
  }
}

/** Runs of a text, without how it is read aloud. */
function richText(element: XmlElement): string {
  return elements(element).map((child) => child.name === 't' ? textOf(child) : child.name === 'r' ? richText(child) : '').join('');
}

function place(reference: string): { readonly row: number; readonly column: number } | undefined {
  const [, letters, digits] = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/.exec(reference) ?? [];
  if (!letters) return undefined;
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  return column < LAST_COLUMN ? { row: Number(digits) - 1, column } : undefined;
}

/** Rows of one cell above the others are titles. */
function writeTable(writer: MarkdownWriter, rows: string[][]): void {
  const head = rows.findIndex((row) => row.filter(Boolean).length > 1);
  const titles = head < 0 && rows.length > 1 ? 0 : head < 0 ? 1 : head;
  for (const row of rows.slice(0, titles)) writer.paragraph(row.find(Boolean) ?? '');
  writer.table(rows.slice(titles));
}

/** Rows that follow each other are a table; within them, so are two columns or more that a blank column parts from two or more others. */
function tables(grid: Grid): string[][][] {
  const rows = [...grid.keys()].sort((a, b) => a - b);
  return runs(rows).flatMap((band) => {
    const columns = [...new Set(band.flatMap((row) => [...(grid.get(row)?.keys() ?? [])]))].sort((a, b) => a - b);
    const groups: number[][] = [];
    for (const run of runs(columns)) {
      const last = groups.at(-1);
      // A column alone belongs to those beside it: blank columns are often put in for their looks.
      if (last && (run.length === 1 || last.length === 1)) last.push(...run);
      else groups.push(run);
    }
    return groups.map((group) => band.map((row) => group.map((column) => grid.get(row)?.get(column) ?? '')).filter((cells) => cells.some(Boolean)));
  });
}

/** Numbers in order, those that follow each other together. */
function runs(numbers: readonly number[]): number[][] {
  const all: number[][] = [];
  for (const number of numbers) {
    const last = all.at(-1);
    if (last && last.at(-1) === number - 1) last.push(number);
    else all.push([number]);
  }
  return all;
}
