import { writeChart } from './chart';
import { openPackage, type Package, type Relations } from './office';
import { equation } from './omml';
import type { ReadBytes } from './reading';
import type { SpanningCell } from './table';
import { MarkdownWriter } from './writer';
import { attribute, childOf, childrenOf, eachElement, elements, rootElement, textOf, type XmlElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { ParseFailure } from '../ports/parsing';

/** Said on every slide. */
const AROUND = new Set(['dt', 'ftr', 'sldNum', 'hdr']);

/** Slide by slide in the order of the show: the title as heading, lists, tables, the data of charts, the speaker's notes. */
export const readPptx: ReadBytes = async (bytes, { policy, signal }) => {
  const show = openPackage(bytes, 'ppt/presentation.xml', policy);
  const slides = slidesOf(show, policy);
  if (slides.length > policy.pages) throw new ParseFailure('tooLarge', `the presentation has ${slides.length} slides; at most ${policy.pages} are read`);
  const writer = new MarkdownWriter(policy.characters);
  writer.title = show.title;
  slides.forEach((part, at) => {
    signal.throwIfAborted();
    writer.page(at + 1);
    const relations = show.relationsOf(part);
    const slide = new Slide(writer, show, relations, policy);
    const content = rootElement(show.zip.read(part), 'sld', policy);
    if (!content) return writer.note(`slide ${at + 1} is missing`);
    if (attribute(content, 'show') === '0') writer.note(`slide ${at + 1} is hidden and was read all the same`);
    const tree = childOf(content, 'cSld', 'spTree');
    if (tree) slide.shapes(tree);
    for (const notes of relations.ofKind('notesSlide')) slide.speakerNotes(rootElement(show.zip.read(notes), 'notes', policy));
  });
  return writer.end('no slide holds any text');
};

function slidesOf({ zip, main, relationsOf }: Package, policy: ParsePolicy): string[] {
  const relations = relationsOf(main);
  const ordered: string[] = [];
  eachElement(zip.read(main), ['sldId'], policy, (element) => {
    const part = relations.byId(element.attributes['r:id'] ?? Object.entries(element.attributes).find(([name]) => name.endsWith(':id'))?.[1]);
    if (part && zip.names.includes(part)) ordered.push(part);
  });
  return ordered.length > 0 ? ordered : zip.names.filter((name) => /^ppt\/slides\/slide\d+\.xml$/.test(name))
    .sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]));
}

class Slide {
  constructor(
    private readonly writer: MarkdownWriter,
    private readonly show: Package,
    private readonly relations: Relations,
    private readonly policy: ParsePolicy,
  ) {}

  /** The title first, wherever in the order of drawing it stands; the rest as it is drawn. */
  shapes(tree: XmlElement): void {
    const shapes = flat(tree);
    const isTitle = (shape: XmlElement) => /^(?:title|ctrTitle)$/.test(placeholder(shape) ?? '');
    for (const shape of [...shapes.filter(isTitle), ...shapes.filter((other) => !isTitle(other))]) {
      this.writer.endList();
      this.shape(shape, isTitle(shape));
    }
  }

  speakerNotes(notes: XmlElement | undefined): void {
    const tree = childOf(notes, 'cSld', 'spTree');
    const bodies = tree ? flat(tree).filter((shape) => placeholder(shape) === 'body') : [];
    const lines = bodies.flatMap((shape) => paragraphs(childOf(shape, 'txBody')).map((paragraph) => paragraph.text));
    const text = lines.filter((line) => line.trim()).join('\n');
    if (text) this.writer.paragraph(`Notes: ${text}`);
  }

  private shape(shape: XmlElement, title: boolean): void {
    if (AROUND.has(placeholder(shape) ?? '')) return;
    if (shape.name === 'graphicFrame') return this.graphic(shape);
    const said = paragraphs(childOf(shape, 'txBody'));
    if (title) return this.writer.heading(1, said.map(({ text }) => text).join(' '));
    const inBody = ['body', 'obj', ''].includes(placeholder(shape) ?? 'none');
    const listed = said.filter(({ text }) => text.trim()).length > 1;
    let number = 0;
    for (const { text, level, bullet } of said) {
      number = bullet === 'number' ? number + 1 : 0;
      if (bullet === 'number') this.writer.item(level, `${number}.`, text);
      else if (bullet === 'sign' || (bullet === undefined && inBody && listed)) this.writer.item(level, '-', text);
      else this.writer.paragraph(text);
    }
  }

  private graphic(frame: XmlElement): void {
    const data = childOf(frame, 'graphic', 'graphicData');
    if (!data) return;
    for (const table of childrenOf(data, 'tbl')) this.table(table);
    for (const chart of childrenOf(data, 'chart')) writeChart(this.writer, this.show, this.relations.byId(chart.attributes['r:id']), this.policy);
    for (const diagram of childrenOf(data, 'relIds')) {
      const part = this.relations.byId(diagram.attributes['r:dm']);
      const model = rootElement(part ? this.show.zip.read(part) : undefined, 'dataModel', this.policy);
      for (const point of childrenOf(childOf(model, 'ptLst'), 'pt')) this.writer.item(0, '-', paragraphs(childOf(point, 't')).map(({ text }) => text).join(' '));
    }
  }

  private table(table: XmlElement): void {
    this.writer.table(childrenOf(table, 'tr').map((row) => childrenOf(row, 'tc').filter(({ attributes: { hMerge, vMerge } }) => !on(hMerge) && !on(vMerge)).map((cell): SpanningCell => ({
      text: paragraphs(childOf(cell, 'txBody')).map(({ text }) => text).join(' '),
      columns: Number(cell.attributes.gridSpan ?? 1) || 1,
      rows: Number(cell.attributes.rowSpan ?? 1) || 1,
    }))));
  }
}

/** Shapes in the order of drawing, those of groups in the group's place. */
function flat(tree: XmlElement): XmlElement[] {
  return elements(tree).flatMap((child) => {
    if (child.name === 'sp' || child.name === 'graphicFrame' || child.name === 'cxnSp') return [child];
    if (child.name === 'AlternateContent') return flat(childOf(child, 'Choice') ?? childOf(child, 'Fallback') ?? child);
    return child.name === 'grpSp' ? flat(child) : [];
  });
}

/** What a shape is on its slide; '' for one that its place alone tells, undefined for a shape of its own. */
function placeholder(shape: XmlElement): string | undefined {
  const [mark] = ['nvSpPr', 'nvGraphicFramePr'].flatMap((name) => childOf(shape, name, 'nvPr', 'ph') ?? []);
  return mark && (attribute(mark, 'type') ?? '');
}

interface Paragraph {
  readonly text: string;
  readonly level: number;
  /** Undefined where the paragraph leaves it to its place. */
  readonly bullet?: 'sign' | 'number' | 'none';
}

function paragraphs(body: XmlElement | undefined): Paragraph[] {
  return childrenOf(body, 'p').map((paragraph) => {
    const properties = childOf(paragraph, 'pPr');
    const bullet = childOf(properties, 'buNone') ? 'none' : childOf(properties, 'buAutoNum') ? 'number' : childOf(properties, 'buChar') || childOf(properties, 'buBlip') ? 'sign' : undefined;
    return { text: words(paragraph), level: Number(attribute(properties, 'lvl') ?? 0) || 0, ...bullet && { bullet } };
  });
}

function words(element: XmlElement): string {
  return elements(element).map((child) => {
    if (child.name === 't') return textOf(child);
    if (child.name === 'br') return '\n';
    if (child.name === 'tab') return ' ';
    if (child.name === 'oMath') return ` $${equation(child)}$ `;
    if (child.name === 'AlternateContent') return words(childOf(child, 'Choice') ?? child);
    return child.name.endsWith('Pr') ? '' : words(child);
  }).join('');
}

function on(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
