import { withoutFurniture, type PageLines } from './furniture';
import { type Glyphs, linesOf } from './lines';
import { bodyOf, writePage } from './paragraphs';
import { loadPdf, type PdfFile, type PdfPage, type PdfText } from './pdfjs';
import { ParseFailure } from '../../ports/parsing';
import type { ReadBytes } from '../reading';
import { clean, MarkdownWriter } from '../writer';

/** Fewer letters than this, and a page shows nothing but perhaps its number. */
const FEWEST_LETTERS = 10;
/** A document with text on fewer of its pages is a scan. */
const TEXT_SHARE = 0.2;
/** Pages that are looked at for pictures. */
const LOOKED_AT = 3;

/** Page by page: headings by their size, lines joined to paragraphs, plain tables; what repeats at the edges of pages is left out. */
export const readPdf: ReadBytes = async (bytes, { policy, signal }) => {
  const hasPictures = /\/Subtype\s*\/Image\b/.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  const file = await loadPdf(bytes);
  try {
    if (file.numPages > policy.pages) throw new ParseFailure('tooLarge', `the document has ${file.numPages} pages; at most ${policy.pages} are read`);
    const pages: PageLines[] = [];
    const damaged: number[] = [];
    let characters = 0;
    for (let number = 1; number <= file.numPages; number++) {
      signal.throwIfAborted();
      const lines = await linesOfPage(file, number).catch((error: unknown) => {
        damaged.push(number);
        if (damaged.length === file.numPages) throw new ParseFailure('broken', `no page can be read: ${String(error)}`, { cause: error });
        return { height: 1, lines: [], aside: [] };
      });
      pages.push(lines);
      characters += lines.lines.reduce((sum, { text }) => sum + text.length, 0);
      if (characters > policy.characters) throw new ParseFailure('tooLarge', `the document has more than ${policy.characters} characters of text; split it`);
    }
    const silent = pages.flatMap(({ lines, aside }, at) => letters([...lines, ...aside]) < FEWEST_LETTERS ? [at + 1] : []);
    const scan = pages.length - silent.length < pages.length * TEXT_SHARE && (hasPictures || await showsPictures(file));
    if (scan) throw new ParseFailure('scanned', `the document is a scan: ${silent.length} of its ${pages.length} pages have no text`, { pages: pages.length });
    return written(pages, silent, damaged, await titleOf(file), policy.characters);
  } finally {
    await file.destroy();
  }
};

function written(read: readonly PageLines[], silent: readonly number[], damaged: readonly number[], title: string | undefined, characters: number) {
  const { pages, left } = withoutFurniture(read, bodyOf(read).size);
  const writer = new MarkdownWriter(characters);
  writer.title = title;
  const body = bodyOf(pages);
  pages.forEach((page, at) => {
    writer.page(at + 1);
    writePage(writer, page, body);
  });
  if (left > 0) writer.note(`${left} lines that repeat at the top or the foot of pages were left out`);
  const empty = silent.filter((page) => !damaged.includes(page));
  if (empty.length > 0) writer.note(`pages without text: ${empty.slice(0, 20).join(', ')}${empty.length > 20 ? ' …' : ''}`);
  if (damaged.length > 0) writer.note(`pages that cannot be read: ${damaged.slice(0, 20).join(', ')}${damaged.length > 20 ? ' …' : ''}`);
  return writer.end('no page holds text or a picture');
}

async function linesOfPage(file: PdfFile, number: number): Promise<PageLines> {
  const page = await file.getPage(number);
  try {
    const { height, transform } = page.getViewport({ scale: 1 });
    const { items } = await page.getTextContent();
    const byAngle = new Map<number, Glyphs[]>();
    for (const item of items) {
      if (!('str' in item)) continue;
      const { glyphs, angle } = placed(item, transform);
      const group = byAngle.get(angle);
      if (group) group.push(glyphs);
      else byAngle.set(angle, [glyphs]);
    }
    const [main = [], ...others] = [...byAngle.values()].sort((a, b) => b.length - a.length);
    return { height, lines: linesOf(main), aside: others.flatMap(linesOf) };
  } finally {
    page.cleanup();
  }
}

/** Where a piece of text stands on the page as it is looked at; text that runs up or down is laid flat. */
function placed({ str, transform: own, width, fontName }: PdfText, view: readonly number[]): { readonly glyphs: Glyphs; readonly angle: number } {
  const [a, b, c, d] = [
    view[0] * own[0] + view[2] * own[1], view[1] * own[0] + view[3] * own[1], view[0] * own[2] + view[2] * own[3], view[1] * own[2] + view[3] * own[3],
  ];
  const x = view[0] * own[4] + view[2] * own[5] + view[4];
  const y = view[1] * own[4] + view[3] * own[5] + view[5];
  const size = Math.hypot(c, d) || Math.hypot(a, b) || 1;
  const angle = Math.round(Math.atan2(b, a) / (Math.PI / 2)) * 90;
  const at = angle === 90 ? { x: y, y: -x } : angle === -90 ? { x: -y, y: x } : Math.abs(angle) === 180 ? { x: -x, y: -y } : { x, y };
  return { glyphs: { text: clean(str).replace(/\n/g, ' '), ...at, width, size, font: fontName }, angle };
}

/** Only where no picture is kept as a file within: those drawn from within a page are found by reading how it is drawn. */
async function showsPictures(file: PdfFile): Promise<boolean> {
  for (let number = 1; number <= Math.min(file.numPages, LOOKED_AT); number++) {
    const page: PdfPage = await file.getPage(number);
    const drawn = await page.getOperatorList().catch(() => ({ fnArray: [] as number[] }));
    if (drawn.fnArray.some((operator) => file.pictures.has(operator))) return true;
  }
  return false;
}

async function titleOf(file: PdfFile): Promise<string | undefined> {
  const { info } = await file.getMetadata().catch(() => ({ info: {} as { Title?: unknown } }));
  const title = typeof info.Title === 'string' ? info.Title.trim() : '';
  // What a program writes of itself: `Microsoft Word - x.doc`, `untitled`.
  return title && !/^(?:untitled|microsoft |.*\.(?:docx?|pdf|tex|indd|qxd|dvi|pptx?|xlsx?)$)/i.test(title) ? title : undefined;
}

function letters(lines: PageLines['lines']): number {
  return lines.reduce((sum, { text }) => sum + (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0), 0);
}
