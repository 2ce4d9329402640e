import { strToU8, zipSync } from 'fflate';
import { parse, type Readers } from '../../../lambda/parse/parse';
import { guessCharset } from '../../../lambda/parts/parse-charset';
import { readHtml } from '../../../lambda/parts/parse-html';
import { office } from '../../../lambda/parts/parse-office';
import { isParseFailure, type ParsedDocument, type ParseFailure } from '../../../lambda/ports/parsing';
import { PARSE_DEFAULTS, type ParsePolicy } from '../../../lib/contract/parsing';

/** Those whose libraries run in a test as they are; the others are tested as bundled, in their thread. */
const readers: Readers = {
  office: async () => office,
  html: async () => readHtml,
  charset: async () => guessCharset,
  pdf: () => Promise.reject(new Error('read in the thread')),
  mail: () => Promise.reject(new Error('read in the thread')),
};

export interface ReadOptions {
  readonly policy?: Partial<ParsePolicy>;
  readonly contentType?: string;
}

export function read(content: string | Uint8Array, name: string, { policy, contentType }: ReadOptions = {}): Promise<ParsedDocument> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return parse(bytes, { name, contentType }, { ...PARSE_DEFAULTS, ...policy }, readers, new AbortController().signal);
}

export async function text(content: string | Uint8Array, name: string, options?: ReadOptions): Promise<string> {
  return (await read(content, name, options)).text;
}

/** The failure as users are told it. */
export async function failure(reading: Promise<unknown>): Promise<Pick<ParseFailure, 'kind' | 'message'>> {
  const error: unknown = await reading.then(() => { throw new Error('it was read'); }, (failed: unknown) => failed);
  if (!isParseFailure(error)) throw error;
  return { kind: error.kind, message: error.message };
}

/** What holds of every document: blocks in order and apart, with nothing but blanks between, pages in order. */
export function expectSound({ text: all, blocks, pages = [] }: ParsedDocument): void {
  let end = 0;
  for (const block of blocks) {
    expect(block.start).toBeGreaterThanOrEqual(end);
    expect(block.end).toBeGreaterThan(block.start);
    expect(all.slice(end, block.start).trim()).toBe('');
    expect(all.slice(block.start, block.end)).toBe(all.slice(block.start, block.end).trim());
    end = block.end;
  }
  expect(all.slice(end).trim()).toBe('');
  expect(pages.map(({ start }) => start)).toEqual(pages.map(({ start }) => start).sort((a, b) => a - b));
}

export function zipped(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, typeof content === 'string' ? strToU8(content) : content])));
}

const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export function relations(of: Readonly<Record<string, readonly [string, string]>>): string {
  return `<Relationships>${Object.entries(of).map(([id, [kind, target]]) => `<Relationship Id="${id}" Type="${RELATIONS}/${kind}" Target="${target}"/>`).join('')}</Relationships>`;
}

export function docx(body: string, more: Readonly<Record<string, string>> = {}): Uint8Array {
  return zipped({
    '_rels/.rels': relations({ r1: ['officeDocument', 'word/document.xml'] }),
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`,
    ...more,
  });
}

export const paragraph = (said: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${said}</w:t></w:r></w:p>`;

export function pptx(...slides: readonly string[]): Uint8Array {
  return zipped({
    'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="s${at}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(Object.fromEntries(slides.map((_, at) => [`s${at}`, ['slide', `slides/slide${slides.length - at}.xml`] as const]))),
    ...Object.fromEntries(slides.map((slide, at) => [`ppt/slides/slide${slides.length - at}.xml`, `<p:sld><p:cSld><p:spTree>${slide}</p:spTree></p:cSld></p:sld>`])),
  });
}

export function xlsx(sheets: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = Object.keys(sheets);
  return zipped({
    'xl/workbook.xml': `<workbook><sheets>${names.map((name, at) => `<sheet name="${name}" r:id="s${at}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(Object.fromEntries(names.map((_, at) => [`s${at}`, ['worksheet', `worksheets/sheet${at}.xml`] as const]))),
    ...Object.fromEntries(names.map((name, at) => [`xl/worksheets/sheet${at}.xml`, `<worksheet>${sheets[name]}</worksheet>`])),
    ...more,
  });
}
