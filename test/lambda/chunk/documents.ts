import fc from 'fast-check';
import type { ParsedDocument, TextBlock } from '../../../lambda/ports/parsing';

/** What a document is put together from. */
export interface Piece {
  readonly kind: TextBlock['kind'];
  readonly text: string;
  readonly level?: number;
}

/** A document of pieces with blank lines between them. */
export function documentOf(pieces: readonly Piece[], pageEvery?: number): ParsedDocument {
  let text = '';
  const blocks: TextBlock[] = [];
  const pages: { page: number; start: number }[] = [];
  pieces.forEach(({ kind, text: said, level }, at) => {
    if (pageEvery !== undefined && at % pageEvery === 0) pages.push({ page: pages.length + 1, start: text.length });
    blocks.push({ kind, start: text.length, end: text.length + said.length, ...(level !== undefined && { level }) });
    text += `${said}\n\n`;
  });
  return { text, blocks, ...(pageEvery !== undefined && { pages }), notes: [] };
}

export const heading = (level: number, text: string): Piece => ({ kind: 'heading', level, text: `${'#'.repeat(level)} ${text}` });
export const paragraph = (text: string): Piece => ({ kind: 'paragraph', text });

/** A paragraph of as many different sentences of about twelve tokens. */
export function sentences(count: number, about = 'the harbour'): string {
  return Array.from({ length: count }, (_, at) => `Sentence number ${at + 1} says one more thing about ${about} and stops.`).join(' ');
}

export function table(rows: number): string {
  return ['| City | Country | People |', '| --- | --- | --- |', ...Array.from({ length: rows }, (_, at) => `| City ${at} | Country ${at} | ${at * 1000} |`)].join('\n');
}

const word = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-zA-Z]{1,12}$/) },
  { weight: 2, arbitrary: fc.constantFrom('Dr.', 'e.g.', '3.14', 'München', '東京都', 'こんにちは。', 'สวัสดีครับ', '안녕하세요', 'Привет.', '👩‍👩‍👧‍👦', 'e\u0301', '—', '"', '\t', '</td>', '`x`', '['.repeat(9)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }) },
);
const prose = fc.array(fc.tuple(word, fc.constantFrom(' ', ' ', ' ', '. ', '! ', '\n', ', ', '')), { minLength: 1, maxLength: 120 })
  .map((parts) => parts.flat().join('')).filter((text) => text.trim() !== '');

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 5, arbitrary: prose.map(paragraph) },
  { weight: 2, arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.stringMatching(/^[a-zA-Z ]{0,60}[a-z]$/)).map(([level, text]) => heading(level, text)) },
  { weight: 1, arbitrary: fc.array(prose, { minLength: 1, maxLength: 8 }).map((items) => ({ kind: 'list' as const, text: items.map((item) => `- ${item}`).join('\n') })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((rows) => ({ kind: 'table' as const, text: table(rows) })) },
  { weight: 1, arbitrary: prose.map((text) => ({ kind: 'code' as const, text: `\`\`\`\n${text}\n\`\`\`` })) },
);

/** Any document, with pages or without. */
export const anyDocument = fc.tuple(fc.array(piece, { maxLength: 14 }), fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }))
  .map(([pieces, pageEvery]) => documentOf(pieces, pageEvery));
