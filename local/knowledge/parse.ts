/** A page of a document; files without pages are one without a number. */
export interface Page {
  readonly text: string;
  readonly number?: number;
}

/** Why a document cannot be indexed; its words stand in the document's status. */
export class Unreadable extends Error {}

export const LARGEST_BYTES = 50 * 1024 * 1024;

/** By extension or type, as the service's own parser knows them; the local one reads text, not files of office programs. */
const READERS: Readonly<Record<string, (text: string) => string>> = {
  txt: (text) => text,
  md: (text) => text,
  markdown: (text) => text,
  csv: (text) => text,
  json: (text) => text,
  html: htmlText,
  htm: htmlText,
};

const TYPES: Readonly<Record<string, string>> = {
  'text/plain': 'txt', 'text/markdown': 'md', 'text/csv': 'csv', 'text/html': 'html', 'application/json': 'json',
};

/** Extensions that the service reads and this machine cannot. */
const NOT_HERE = ['pdf', 'doc', 'docx', 'xls', 'xlsx', 'png', 'jpg', 'jpeg'];

/** The text of a file by its name, or by the type that came with it. */
export function parse(name: string, content: Buffer, contentType?: string): Page[] {
  const [, extension = ''] = /\.([^./]+)$/.exec(name.toLowerCase()) ?? [];
  const kind = TYPES[contentType?.split(';')[0].trim() ?? ''] ?? extension;
  if (content.length > LARGEST_BYTES) throw new Unreadable(`The file is larger than ${LARGEST_BYTES / 1024 / 1024} MB.`);
  if (content.length === 0) throw new Unreadable('The file is empty.');
  const read = READERS[kind];
  if (!read) throw new Unreadable(`File format was not supported: ${kind || 'none'}${NOT_HERE.includes(kind) ? ' (by the local cloud; the service reads it)' : ''}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new Unreadable('The file is not UTF-8.');
  }
  // A form feed is where one page of a text ends.
  const pages = read(text).split('\f');
  return pages.length === 1 ? [{ text: pages[0] }] : pages.map((page, at) => ({ text: page, number: at + 1 }));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: ' ' };

function htmlText(html: string): string {
  return html
    .replace(/<!--[^]*?-->/g, '')
    .replace(/<(script|style|head)\b[^]*?<\/\1\s*>/gi, '')
    .replace(/<(?:br|\/p|\/div|\/li|\/h[1-6]|\/tr|\/title)\b[^>]*>/gi, '\n')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (entity, decimal?: string, hex?: string, name?: string) =>
      name ? ENTITIES[name.toLowerCase()] ?? entity : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16)))
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n');
}
