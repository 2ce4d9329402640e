import { writeChart } from './chart';
import { type ListPlace, Numbering, Styles } from './docx-styles';
import { openPackage, type Package, type Relations } from './office';
import { equation } from './omml';
import type { ReadBytes } from './reading';
import type { SpanningCell } from './table';
import { MarkdownWriter } from './writer';
import { attribute, childOf, eachElement, elements, textOf, type XmlElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';

/** Said twice in one place, for programs that know the one or the other; deleted; settings. */
const MUTE = new Set(['Fallback', 'del', 'moveFrom', 'instrText', 'delText', 'pPr', 'rPr', 'sdtPr', 'fldData', 'annotationRef', 'rt']);
const TICKED = '☒';

/** Paragraph by paragraph: headings by their styles, lists with their numbers, tables, text boxes behind the paragraph that holds them, notes at the end. */
export const readDocx: ReadBytes = async (bytes, { policy, signal }) => {
  const document = openPackage(bytes, 'word/document.xml', policy);
  const writer = new MarkdownWriter(policy.characters);
  writer.title = document.title;
  const body = new Body(writer, document, policy);
  eachElement(document.zip.read(document.main), ['p', 'tbl', 'altChunk'], policy, (element) => body.block(element));
  signal.throwIfAborted();
  for (const kind of ['footnotes', 'endnotes']) {
    for (const part of document.relationsOf(document.main).ofKind(kind)) {
      eachElement(document.zip.read(part), [kind.slice(0, -1)], policy, (note) => body.noteText(note));
    }
  }
  return writer.end('the document holds no text');
};

class Body {
  private code: string[] = [];
  private readonly notes = new Map<string, number>();

  private readonly styles: Styles;
  private readonly numbering: Numbering;
  private readonly relations: Relations;

  constructor(private readonly writer: MarkdownWriter, private readonly document: Package, private readonly policy: ParsePolicy) {
    this.styles = new Styles(document, policy);
    this.numbering = new Numbering(document, policy);
    this.relations = document.relationsOf(document.main);
  }

  block(element: XmlElement): void {
    if (element.name === 'chart') return writeChart(this.writer, this.document, this.relations.byId(element.attributes['r:id']), this.policy);
    if (element.name === 'p') return this.paragraph(element);
    this.endCode();
    if (element.name === 'tbl') return this.table(element);
    if (element.name === 'altChunk') return this.writer.note('a part in another format was not read');
    for (const child of elements(element)) {
      if (!MUTE.has(child.name)) this.block(child);
    }
  }

  /** What a mark in the text stands for. Separators have no mark. */
  noteText(note: XmlElement): void {
    this.endCode();
    const number = this.notes.get(`${note.name}${attribute(note, 'id')}`);
    if (number) this.writer.paragraph(`[^${number}]: ${this.cellText(note)}`);
  }

  private paragraph(paragraph: XmlElement): void {
    const boxes: XmlElement[] = [];
    const text = this.runs(paragraph, boxes);
    const { heading, list, kind } = this.styles.lookOf(childOf(paragraph, 'pPr'));
    if (kind === 'code') {this.code.push(text);} else {
      this.endCode();
      if (text.trim() && kind !== 'contents') this.said(text, heading, list);
    }
    for (const box of boxes) this.block(box);
    if (boxes.length > 0) this.endCode();
  }

  private said(text: string, heading: number | undefined, list: ListPlace | undefined): void {
    const number = list ? this.numbering.next(list) : '';
    if (heading) this.writer.heading(heading, number ? `${number} ${text}` : text);
    else if (!list) this.writer.paragraph(text);
    else if (/^\d+[.)]$/.test(number)) this.writer.item(list.level, number, text);
    else this.writer.item(list.level, '-', number ? `${number} ${text}` : text);
  }

  private endCode(): void {
    if (this.code.length > 0) this.writer.code(this.code.join('\n'));
    this.code = [];
  }

  private table(table: XmlElement): void {
    const rows = rowsOf(table).map((row) => cellsOf(row).map((cell) => ({ cell, properties: childOf(cell, 'tcPr') })));
    if (rows.length === 1 && rows[0].length === 1) return this.block(rows[0][0].cell);
    if (rows.every((row) => row.length === 0)) return;
    const grid = rows.map((row) => {
      let column = 0;
      return row.map(({ cell, properties }) => {
        const columns = Number(attribute(childOf(properties, 'gridSpan'), 'val') ?? 1) || 1;
        const merge = childOf(properties, 'vMerge');
        const at = column;
        column += columns;
        return { text: this.cellText(cell), columns, at, goesOn: merge !== undefined && attribute(merge, 'val') !== 'restart' };
      });
    });
    /** What the row above says at a column, where a cell goes on from there. */
    let above = new Map<number, string | undefined>();
    this.writer.table(grid.map((row) => {
      const said = new Map(row.map(({ text, at, goesOn }) => [at, goesOn ? above.get(at) : text]));
      above = said;
      return row.map(({ text, columns, at }): SpanningCell => ({ text: said.get(at) ?? text, columns }));
    }));
  }

  /** All that a cell holds, in one text. */
  private cellText(cell: XmlElement): string {
    return elements(cell).map((element) => {
      if (MUTE.has(element.name) || element.name === 'tcPr') return '';
      if (element.name === 'tbl') return rowsOf(element).map((row) => cellsOf(row).map((inner) => this.cellText(inner)).join(' ')).join(' ');
      if (element.name !== 'p') return this.cellText(element);
      const boxes: XmlElement[] = [];
      const { list } = this.styles.lookOf(childOf(element, 'pPr'));
      const text = this.runs(element, boxes);
      return [list && text.trim() ? `${this.numbering.next(list) || '-'} ${text}` : text, ...boxes.map((box) => this.cellText(box))].join(' ');
    }).filter((text) => text.trim()).join(' ');
  }

  /** The words of a paragraph; text boxes and charts within are put aside. */
  private runs(element: XmlElement, boxes: XmlElement[]): string {
    return elements(element).map((child) => {
      switch (child.name) {
        case 't': return textOf(child);
        case 'tab': case 'ptab': return ' ';
        case 'br': case 'cr': return attribute(child, 'type') === 'page' ? ' ' : '\n';
        case 'noBreakHyphen': return '-';
        case 'txbxContent': case 'chart':
          boxes.push(child);
          return '';
        case 'oMath': return ` $${equation(child)}$ `;
        case 'footnoteReference': case 'endnoteReference': return this.mark(child);
        case 'checkBox': return attribute(childOf(child, 'checked') ?? childOf(child, 'default'), 'val') === '1' ? TICKED : '☐';
        default: return MUTE.has(child.name) ? '' : this.runs(child, boxes);
      }
    }).join('');
  }

  private mark(reference: XmlElement): string {
    const key = `${reference.name.replace('Reference', '')}${attribute(reference, 'id')}`;
    this.notes.set(key, this.notes.get(key) ?? this.notes.size + 1);
    return `[^${this.notes.get(key)}]`;
  }
}

function rowsOf(table: XmlElement): XmlElement[] {
  return within(table, 'tr').filter((row) => !childOf(row, 'trPr', 'del'));
}

function cellsOf(row: XmlElement): XmlElement[] {
  return within(row, 'tc');
}

/** Children of a name, those in content controls too. */
function within(element: XmlElement, name: string): XmlElement[] {
  return elements(element).flatMap((child) => child.name === name ? [child]
    : ['sdt', 'sdtContent', 'customXml', 'ins', 'moveTo'].includes(child.name) ? within(child, name) : []);
}
