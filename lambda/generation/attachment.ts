import { type DocumentFormat, IMAGE_FORMATS, type ImageFormat } from '../ports/model';

export type AttachmentFormat = ImageFormat | DocumentFormat;

/** Something that a request brings along, before it is known what it is. */
export interface Attached {
  /** Where in the request it stands. */
  readonly path: string;
  /** By which the message's part names it. */
  readonly id: string;
  readonly filename?: string;
  /** Whether it stands where only an image may. */
  readonly image?: boolean;
  /** Absent: the caller uploaded it before. */
  readonly content?: Uint8Array;
}

/** A file that is at hand. */
export interface LoadedFile {
  readonly format: AttachmentFormat;
  readonly content: Uint8Array;
}

export type Files = ReadonlyMap<string, LoadedFile>;

/** Formats that are nothing but text: the only documents that a guardrail can read, for it takes words and no files. */
export const TEXT_FORMATS: readonly AttachmentFormat[] = ['txt', 'md', 'csv', 'html'];

/** As many as the service takes in one request. */
export const MOST_DOCUMENTS = 5;
export const MOST_IMAGES = 20;

/** What the service takes of one image, and of one document. */
export const IMAGE_BYTES = 3_932_160;
export const DOCUMENT_BYTES = 4_718_592;

/** The most that the models at hand charge for one image. */
const IMAGE_TOKENS = 1_600;
/** What a page of a document comes to, with its picture. */
const PAGE_TOKENS = 1_500;
const PAGE_BYTES = 50_000;

export function isImage(format: AttachmentFormat): format is ImageFormat {
  return (IMAGE_FORMATS as readonly string[]).includes(format);
}

/**
 * What bytes are, by what is in them; undefined for what no model reads. A name decides between kinds of text only, which nothing
 * in them tells apart.
 */
export function sniff(content: Uint8Array, filename = ''): AttachmentFormat | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const head = bytes.toString('latin1', 0, 1024);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.includes('%PDF-')) return 'pdf';
  if (head.startsWith('PK\x03\x04')) return officeFormat(bytes, 'latin1', [['word/document', 'docx'], ['xl/workbook', 'xlsx']]);
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return officeFormat(bytes, 'utf16le', [['WordDocument', 'doc'], ['Workbook', 'xls']]);
  return textFormat(bytes, filename);
}

export function decodeText(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** Rather too many than too few, as for text. */
export function attachmentTokens(format: AttachmentFormat, content: Uint8Array): number {
  if (isImage(format)) return IMAGE_TOKENS;
  if (TEXT_FORMATS.includes(format)) return Math.ceil(content.length / 3);
  const pages = format === 'pdf' ? Buffer.from(content).toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0 : 0;
  return PAGE_TOKENS * Math.max(pages, Math.ceil(content.length / PAGE_BYTES));
}

/** `image/png` and the like. */
export function mediaTypeOf(format: AttachmentFormat): string {
  return isImage(format) ? `image/${format}` : MEDIA_TYPES[format];
}

const MEDIA_TYPES: Readonly<Record<DocumentFormat, string>> = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
};

function officeFormat(bytes: Buffer, encoding: 'latin1' | 'utf16le', marks: readonly (readonly [string, AttachmentFormat])[]): AttachmentFormat | undefined {
  return marks.find(([mark]) => bytes.includes(Buffer.from(mark, encoding)))?.[1];
}

function textFormat(bytes: Buffer, filename: string): AttachmentFormat | undefined {
  const text = decodeText(bytes);
  // No text holds these, and files of other kinds hardly go without.
  // eslint-disable-next-line no-control-regex
  if (text === undefined || /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) return undefined;
  if (/^\s*(<!doctype\s+html|<html[\s>])/i.test(text)) return 'html';
  const extension = /\.([a-z]+)$/i.exec(filename)?.[1].toLowerCase();
  return ({ csv: 'csv', md: 'md', markdown: 'md', html: 'html', htm: 'html' } as const)[extension ?? ''] ?? 'txt';
}

/** Names of documents as the service takes them, each given once in a prompt. A name is read by the model, so little of one is left. */
export class DocumentNames {
  private readonly given = new Set<string>();

  add(filename = ''): string {
    const plain = filename.normalize('NFKD').replace(/\.[A-Za-z0-9]{1,8}$/, '').replace(/\p{Mark}/gu, '');
    const clean = plain.replace(/[^A-Za-z0-9()[\]-]+/g, ' ').trim().slice(0, 60).trim() || 'document';
    let unique = clean;
    for (let copy = 2; this.given.has(unique); copy++) unique = `${clean} (${copy})`;
    this.given.add(unique);
    return unique;
  }
}
