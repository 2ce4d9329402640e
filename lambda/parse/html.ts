import { htmlTree } from './html-tree';
import type { ReadText } from './reading';
import type { SpanningCell } from './table';
import { MarkdownWriter, oneLine } from './writer';
import { descendantsOf, elements, textOf, type XmlElement } from './xml';
import { isParseFailure, type ParsedDocument } from '../ports/parsing';

/** Never words of the page. */
const MUTE = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object', 'embed', 'canvas', 'audio', 'video', 'head', 'select', 'datalist',
  'button', 'input', 'textarea', 'map', 'area', 'frameset', 'link', 'meta']);
/** Words that stand on every page of a site. */
const AROUND = new Set(['nav', 'footer', 'dialog', 'menu']);
const AROUND_ROLES = new Set(['navigation', 'contentinfo', 'search', 'banner', 'menu', 'menubar', 'dialog', 'alertdialog', 'tooltip']);
const INLINE = new Set(['a', 'abbr', 'acronym', 'b', 'bdi', 'bdo', 'big', 'cite', 'code', 'data', 'del', 'dfn', 'em', 'font', 'i', 'img', 'ins', 'kbd', 'label', 'mark', 'math',
  'nobr', 'output', 'q', 'rp', 'rt', 'ruby', 's', 'samp', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'time', 'tt', 'u', 'var', 'wbr']);
const HEADING = /^h([1-6])$/;
/** A cell with more words holds a page, not a value. */
const LONGEST_CELL = 600;
/** How much of a page its main part has to hold to be taken for the whole. */
const MAIN_SHARE = 0.25;
const ARTICLE_SHARE = 0.5;

export const readHtml: ReadText = (html, { policy }) => {
  const root = htmlTree(html, policy.depth);
  const title = oneLine(descendantsOf(root, 'title').map(textOf)[0] ?? '');
  try {
    return written(mainPart(root), title, policy.characters, true);
  } catch (error) {
    // A page that is nothing but what stands around others.
    if (isParseFailure(error) && error.kind === 'empty') return written(root, title, policy.characters, false);
    throw error;
  }
};

function written(part: XmlElement, title: string, characters: number, leaveOut: boolean): ParsedDocument {
  const writer = new MarkdownWriter(characters);
  writer.title = title;
  const page = new Page(writer, leaveOut);
  page.walk(part);
  page.flush();
  return writer.end('the page shows no text');
}

/** What the page marks as its main part, or its one article, where that is most of it. */
function mainPart(root: XmlElement): XmlElement {
  const all = oneLine(spoken(root)).length;
  const holds = (part: XmlElement | undefined, share: number) => part && oneLine(spoken(part)).length >= all * share ? part : undefined;
  const articles = descendantsOf(root, 'article');
  return holds(find(root, ({ name, attributes }) => name === 'main' || attributes.role === 'main'), MAIN_SHARE)
    ?? holds(articles.length === 1 ? articles[0] : undefined, ARTICLE_SHARE) ?? root;
}

function find(element: XmlElement, is: (element: XmlElement) => boolean): XmlElement | undefined {
  if (is(element)) return element;
  for (const child of elements(element)) {
    const found = find(child, is);
    if (found) return found;
  }
  return undefined;
}

function spoken(element: XmlElement): string {
  return element.children.map((child) => typeof child === 'string' ? child : isMute(child) ? '' : spoken(child)).join(' ');
}

function isMute({ name, attributes }: XmlElement): boolean {
  return MUTE.has(name) || attributes.hidden !== undefined || attributes['aria-hidden'] === 'true' || /display:\s*none|visibility:\s*hidden/i.test(attributes.style ?? '');
}

class Page {
  private text = '';
  private lists = 0;

  constructor(private readonly writer: MarkdownWriter, private readonly leaveOut: boolean) {}

  walk(element: XmlElement): void {
    for (const child of element.children) {
      if (typeof child === 'string') this.text += child.replace(/\s+/g, ' ');
      else this.element(child);
    }
  }

  flush(): void {
    const { text } = this;
    this.text = '';
    if (text.trim()) this.writer.paragraph(text);
  }

  private element(element: XmlElement): void {
    const { name } = element;
    if (isMute(element) || this.stands(element)) return;
    if (name === 'br') {this.text += '\n';} else if (name === 'img') {this.text += ` ${element.attributes.alt ?? ''} `;} else if (INLINE.has(name)) {this.walk(element);} else {
      this.flush();
      this.block(element);
      this.flush();
    }
  }

  private block(element: XmlElement): void {
    const { name } = element;
    const level = HEADING.exec(name)?.[1];
    if (level) return this.writer.heading(Number(level), inlineText(element));
    if (name === 'ul' || name === 'ol' || name === 'dl') return this.list(element);
    if (name === 'li' || name === 'dt' || name === 'dd') return this.item(element, '-');
    if (name === 'pre') return this.writer.code(preformatted(element), language(element));
    if (name === 'table') return this.table(element);
    this.walk(element);
  }

  private list(list: XmlElement): void {
    if (this.lists === 0) this.writer.endList();
    this.lists++;
    let number = Number.parseInt(list.attributes.start ?? '1', 10) || 1;
    for (const child of elements(list)) {
      if (isMute(child) || this.stands(child)) continue;
      if (child.name === 'li') {this.item(child, list.name === 'ol' ? `${number++}.` : '-');} else if (child.name === 'dt') {this.item(child, '-');} else if (child.name === 'dd') {this.item(child, '-', 1);} else if (child.name === 'div' && list.name === 'dl') {
        this.lists--;
        this.list({ ...child, name: 'dl' });
        this.lists++;
      } else {this.element(child);}
    }
    this.lists--;
    if (this.lists === 0) this.writer.endList();
  }

  /** Its own words are the item; lists within are items below it, and tables and code stand for themselves. */
  private item(item: XmlElement, marker: string, deeper = 0): void {
    const apart = elements(item).filter(holdsBlocks);
    const words = { ...item, children: item.children.filter((child) => typeof child === 'string' || !apart.includes(child)) };
    const heading = elements(words).length === 1 && HEADING.exec(elements(words)[0].name);
    if (heading && !textOf({ ...words, children: words.children.filter((child) => typeof child === 'string') }).trim()) this.block(elements(words)[0]);
    else this.writer.item(Math.max(0, this.lists - 1) + deeper, marker, inlineText(words, this.leaveOut));
    for (const child of apart) {
      this.lists += deeper;
      this.element(child);
      this.flush();
      this.lists -= deeper;
    }
  }

  private table(table: XmlElement): void {
    const rows = rowsOf(table);
    const caption = elements(table).find(({ name }) => name === 'caption');
    if (caption) this.writer.paragraph(inlineText(caption));
    const cells = rows.map((row) => elements(row).filter(({ name }) => name === 'td' || name === 'th'));
    const layout = rows.length === 0 || /^(?:presentation|none)$/.test(table.attributes.role ?? '')
      || cells.every((row) => row.length <= 1) || cells.flat().some((cell) => oneLine(spoken(cell)).length > LONGEST_CELL)
      || cells.flat().some((cell) => descendantsOf(cell, 'table').some((inner) => rowsOf(inner).length > 1));
    if (layout) {
      for (const cell of cells.flat()) {
        this.walk(cell);
        this.flush();
      }
      if (cells.flat().length === 0) this.walk({ ...table, children: table.children.filter((child) => child !== caption) });
      return;
    }
    this.writer.table(cells.map((row) => row.map((cell): SpanningCell => ({
      text: inlineText(cell, this.leaveOut), columns: span(cell.attributes.colspan), rows: span(cell.attributes.rowspan),
    }))));
  }

  private stands({ name, attributes }: XmlElement): boolean {
    return this.leaveOut && (AROUND.has(name) || AROUND_ROLES.has(attributes.role ?? ''));
  }
}

function holdsBlocks(element: XmlElement): boolean {
  return ['ul', 'ol', 'dl', 'table', 'pre'].includes(element.name) || (!INLINE.has(element.name) && elements(element).some(holdsBlocks));
}

function rowsOf(table: XmlElement): XmlElement[] {
  return elements(table).flatMap((child) => child.name === 'tr' ? [child] : /^t(?:head|body|foot)$/.test(child.name) ? rowsOf(child) : []);
}

/** All that an element shows, its blocks on lines of their own. */
function inlineText(element: XmlElement, leaveOut = false): string {
  return element.children.map((child) => {
    if (typeof child === 'string') return child.replace(/\s+/g, ' ');
    if (isMute(child) || (leaveOut && AROUND.has(child.name))) return '';
    if (child.name === 'br') return '\n';
    if (child.name === 'img') return ` ${child.attributes.alt ?? ''} `;
    const text = inlineText(child, leaveOut);
    return INLINE.has(child.name) ? text : `\n${text}\n`;
  }).join('');
}

function preformatted(element: XmlElement): string {
  return element.children.map((child) => typeof child === 'string' ? child : child.name === 'br' ? '\n' : preformatted(child)).join('');
}

function language(element: XmlElement): string {
  const named = [element, ...elements(element)].map(({ attributes }) => /(?:^|\s)(?:lang|language|highlight-source)-([\w+#-]+)/.exec(attributes.class ?? '')?.[1]);
  return named.find(Boolean) ?? '';
}

function span(value: string | undefined): number {
  return Math.min(Math.max(Number.parseInt(value ?? '1', 10) || 1, 1), 1_000);
}
