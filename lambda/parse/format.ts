import { openZip } from './zip';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { type DocumentAbout, ParseFailure } from '../ports/parsing';

export type DocumentFormat = 'pdf' | OfficeFormat | TextFormat;
export type OfficeFormat = 'docx' | 'pptx' | 'xlsx';
export type TextFormat = 'html' | 'markdown' | 'eml' | 'csv' | 'json' | 'jsonl' | 'text';

const TEXT_ENDINGS: Readonly<Record<string, TextFormat>> = {
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  shtml: 'html',
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  eml: 'eml',
  mht: 'eml',
  mhtml: 'eml',
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'text',
  text: 'text',
  log: 'text',
};

const TEXT_TYPES: Readonly<Record<string, TextFormat>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'message/rfc822': 'eml',
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'jsonl',
  'application/jsonl': 'jsonl',
};

/** What begins so is known, and not read; of what a text may begin with only where no text follows. */
const UNREAD: readonly (readonly [string, string])[] = [
  ['{\\rtf', 'RTF'], ['\x1f\x8b', 'gzip'], ['%!PS', 'PostScript'], ['Rar!', 'RAR'], ['7z\xbc\xaf', '7-Zip'], ['GIF8', 'GIF'], ['BM', 'BMP'],
  ['ID3', 'MP3'], ['\x7fELF', 'a program'], ['MZ', 'a program'], ['SQLite format 3', 'SQLite'], ['PAR1', 'Parquet'], ['\x00\x00\x01\x00', 'an icon'],
];

/** Those that are written in letters. */
const WRITTEN = new Set(['{\\rtf', '%!PS']);

/** Pictures that Textract reads. */
const PICTURES: readonly (readonly [string, string])[] = [['\x89PNG\r\n\x1a\n', 'PNG'], ['\xff\xd8\xff', 'JPEG'], ['II*\x00', 'TIFF'], ['MM\x00*', 'TIFF']];

const READ = 'PDF, DOCX, PPTX, XLSX, HTML, Markdown, e-mail, CSV, JSON and text are read';

/** A format that its bytes tell; undefined for what looks like text. Throws for what is not read. */
export function formatOfBytes(bytes: Uint8Array, policy: ParsePolicy): Exclude<DocumentFormat, TextFormat> | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = file.toString('latin1', 0, 1024);
  if (isPdf(head)) return 'pdf';
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return officeFormat(openZip(bytes, policy).names);
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) {
    if (file.includes('EncryptedPackage', 0, 'utf16le')) throw new ParseFailure('encrypted', 'the document is protected by a password; save it without one');
    throw new ParseFailure('unsupported', 'the document is of an Office format from before 2007; save it as DOCX, PPTX or XLSX');
  }
  const picture = PICTURES.find(([start]) => head.startsWith(start));
  if (picture) throw new ParseFailure('scanned', `the document is a picture (${picture[1]}) without text`);
  const unread = UNREAD.find(([start]) => head.startsWith(start) && (WRITTEN.has(start) || isBinary(file)));
  if (unread) throw new ParseFailure('unsupported', `the document is ${unread[1]}; ${READ}`);
  return undefined;
}

/** Some have something else before them; a text that speaks of PDF has none of its objects. */
function isPdf(head: string): boolean {
  return /^[\s\xef\xbb\xbf]*%PDF-/.test(head) || /%PDF-\d\.\d\s*(?:%[\x80-\xff]|[^]*?\d\s+\d+\s+obj\b)/.test(head);
}

function officeFormat(names: readonly string[]): OfficeFormat {
  if (names.some((name) => /^word\/.*\.xml$/i.test(name))) return 'docx';
  if (names.some((name) => /^ppt\/.*\.xml$/i.test(name))) return 'pptx';
  if (names.some((name) => /^xl\/.*\.xml$/i.test(name))) return 'xlsx';
  throw new ParseFailure('unsupported', `the document is an archive that is no DOCX, PPTX or XLSX; ${READ}`);
}

/** More than a few bytes that no text has. */
export function isBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 4096);
  let odd = 0;
  for (const byte of head) {
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd++;
  }
  return odd > head.length / 50;
}

/** Which text it is: what the text says beyond doubt, the name's ending, the type it was uploaded as, what the text looks like. */
export function formatOfText(text: string, { name, contentType = '' }: DocumentAbout): TextFormat {
  const head = text.slice(0, 2048).trimStart();
  if (/^(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*(?:<!doctype html|<html[\s>])/i.test(head)) return 'html';
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1].toLowerCase() ?? '';
  return TEXT_ENDINGS[ending] ?? TEXT_TYPES[contentType.split(';')[0].trim().toLowerCase()] ?? looksLike(text, head);
}

const MAIL_HEADER = /^(?:return-path|received|message-id|mime-version|delivered-to|from|to|cc|subject|date|content-type|x-[a-z-]+):/i;

function looksLike(text: string, head: string): TextFormat {
  if (/^(?:<head|<body|<div|<p|<h1|<table)[\s>]/i.test(head)) return 'html';
  const lines = head.split('\n', 12);
  if (MAIL_HEADER.test(lines[0]) && lines.filter((line) => MAIL_HEADER.test(line)).length >= 3) return 'eml';
  if (/^[{[]/.test(head) && isJson(text)) return 'json';
  if (/^\{/.test(head) && isJson(lines[0])) return 'jsonl';
  return /^#{1,6} \S/m.test(head) ? 'markdown' : 'text';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
