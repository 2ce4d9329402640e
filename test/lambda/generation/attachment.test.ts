import * as fc from 'fast-check';
import { attachmentTokens, DocumentNames, sniff } from '../../../lambda/generation/attachment';

const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)));

test.each<[string | undefined, Buffer, string]>([
  ['png', bytes('\x89PNG\r\n\x1a\n...'), 'a.pdf'],
  ['jpeg', bytes([0xff, 0xd8, 0xff, 0xe0]), 'a.png'],
  ['gif', bytes('GIF89a...'), 'a'],
  ['webp', bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 '), 'a'],
  ['pdf', bytes('\n%PDF-1.7\n'), 'a.txt'],
  ['docx', bytes('PK\x03\x04....[Content_Types].xml....word/document.xml'), 'a.xlsx'],
  ['xlsx', bytes('PK\x03\x04....xl/workbook.xml'), 'a.docx'],
  [undefined, bytes('PK\x03\x04....evil.exe'), 'a.docx'],
  ['doc', Buffer.concat([bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.from('WordDocument', 'utf16le')]), 'a.xls'],
  ['xls', Buffer.concat([bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.from('Workbook', 'utf16le')]), 'a.doc'],
  ['html', Buffer.from('  <!DOCTYPE HTML><p>'), 'a.txt'],
  ['csv', Buffer.from('a,b\n1,2'), 'Table.CSV'],
  ['md', Buffer.from('# Ünder'), 'a.markdown'],
  ['txt', Buffer.from('Ünder\tall\r\n'), 'a.pdf'],
  [undefined, bytes([0xff, 0xfe, 0x00, 0x41]), 'a.txt'],
  [undefined, bytes('MZ\x90\x00\x03'), 'a.txt'],
  [undefined, bytes('\x7fELF\x02\x01\x01\x00'), 'a.md'],
])('finds %s by what is in the bytes', (format, content, filename) => {
  expect(sniff(content, filename)).toBe(format);
});

test('counts pages of a document, and words of a text', () => {
  expect(attachmentTokens('pdf', bytes('%PDF /Type /Pages /Type /Page /Type/Page '))).toBe(3000);
  expect(attachmentTokens('pdf', Buffer.alloc(500_000))).toBe(15_000);
  expect(attachmentTokens('txt', Buffer.alloc(300))).toBe(100);
  expect(attachmentTokens('png', Buffer.alloc(3_000_000))).toBe(1600);
});

test.each([
  ['Report (final) [2]-v1.pdf', 'Report (final) [2]-v1'],
  ['Übersicht  2026.Q3.docx', 'Ubersicht 2026 Q3'],
  ['a\u3000b\u00a0c.txt', 'a b c'],
  ['報告.pdf', 'document'],
  ['', 'document'],
  ['../../etc/passwd', 'etc passwd'],
])('names %j as %j', (filename, name) => expect(new DocumentNames().add(filename)).toBe(name));

test('gives every name once, and only such as the service takes', () => {
  const taken = /^[a-zA-Z0-9\-()[\]]+(?: [a-zA-Z0-9\-()[\]]+)*$/;
  fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a.pdf', 'a', 'a (2)', 'A.txt')), { maxLength: 12 }), (filenames) => {
    const names = new DocumentNames();
    const given = filenames.map((filename) => names.add(filename));
    expect(new Set(given).size).toBe(filenames.length);
    for (const name of given) expect(name).toMatch(taken);
  }), { numRuns: 500 });
});
