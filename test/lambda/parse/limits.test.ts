import { zipSync } from 'fflate';
import { docx, failure, paragraph, read, text, zipped } from './reading';

const MB = 1024 * 1024;
const content = (words: string) => `<?xml version="1.0"?><w:document xmlns:w="w"><w:body>${words}</w:body></w:document>`;

test('refuses more bytes than the policy allows', async () => {
  expect(await failure(read('12345', 'a.txt', { policy: { bytes: 4 } }))).toEqual({ kind: 'tooLarge', message: 'the document has 5 bytes; at most 4 are read' });
});

test('refuses more text than the policy allows, whatever it comes from', async () => {
  const policy = { characters: 10 };
  for (const [document, name] of [['word '.repeat(9), 'a.txt'], ['# word\n'.repeat(9), 'a.md'], ['<p>word'.repeat(9), 'a.html'], ['a,b\n'.repeat(9), 'a.csv'], ['["abcdefgh","abcdefgh"]', 'a.json']]) {
    expect(await failure(read(document, name, { policy }))).toMatchObject({ kind: 'tooLarge' });
  }
  expect(await failure(read(docx(paragraph('word '.repeat(9))), 'a.docx', { policy }))).toMatchObject({ kind: 'tooLarge' });
});

describe('archives', () => {
  test('refuses one that unpacks to many times its size, and reads what is small all the same', async () => {
    const bomb = docx(`<w:p><w:r><w:t>${' '.repeat(30 * MB)}</w:t></w:r></w:p>`);
    expect(bomb.length).toBeLessThan(MB / 10);
    expect(await failure(read(bomb, 'a.docx'))).toEqual({ kind: 'tooLarge', message: expect.stringContaining('and 200 times its size') });
    expect(await text(docx(paragraph(`${' '.repeat(100_000)}x`)), 'a.docx')).toBe('x');
  });

  test('refuses one whose directory lies about sizes', async () => {
    const bomb = Buffer.from(docx(`<w:p><w:r><w:t>${' '.repeat(30 * MB)}</w:t></w:r></w:p>`));
    for (let at = bomb.indexOf('PK\x01\x02'); at >= 0; at = bomb.indexOf('PK\x01\x02', at + 1)) bomb.writeUInt32LE(100, at + 24);
    expect(await failure(read(bomb, 'a.docx'))).toMatchObject({ kind: 'tooLarge' });
  });

  test('refuses what is too much in all', async () => {
    const noise = Array.from({ length: 20_000 }, (_, at) => paragraph(String(at * 7919 % 10_007))).join('');
    expect(await failure(read(docx(noise), 'a.docx', { policy: { unpackedBytes: 1000 } }))).toMatchObject({ kind: 'tooLarge' });
  });

  test('refuses too many files', async () => {
    const many = zipped(Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`word/${at}.xml`, ''])));
    expect(await failure(read(many, 'a.docx', { policy: { entries: 20 } }))).toEqual({ kind: 'tooLarge', message: 'the archive holds 30 files; at most 20 are read' });
  });

  test('an archive within is not opened', async () => {
    const inner = zipSync({ 'x.xml': Buffer.alloc(5 * MB) });
    expect(await failure(read(zipped({ 'inner.zip': inner }), 'a.docx'))).toMatchObject({ kind: 'unsupported' });
  });

  test('refuses one with a password', async () => {
    const locked = Buffer.from(docx(paragraph('x')));
    for (let at = locked.indexOf('PK\x01\x02'); at >= 0; at = locked.indexOf('PK\x01\x02', at + 1)) locked.writeUInt16LE(1, at + 8);
    expect(await failure(read(locked, 'a.docx'))).toEqual({ kind: 'encrypted', message: 'the archive is protected by a password; save the document without one' });
  });

  test('refuses one that is cut short or damaged', async () => {
    const whole = docx(paragraph('x'));
    expect(await failure(read(whole.subarray(0, whole.length - 30), 'a.docx'))).toEqual({ kind: 'broken', message: 'the archive is cut short: its directory is missing' });
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, damaged.indexOf('word/document.xml') + 17, damaged.indexOf('word/document.xml') + 40);
    expect(await failure(read(damaged, 'a.docx'))).toEqual({ kind: 'broken', message: 'word/document.xml cannot be unpacked' });
  });
});

describe('XML', () => {
  test('entities that a document declares do not grow', async () => {
    const laughs = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
    const document = zipped({ 'word/document.xml': `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">${laughs}]><w:document><w:body>${paragraph('Before &l9; after')}</w:body></w:document>` });
    expect((await text(document, 'a.docx')).length).toBeLessThan(100);
  });

  test('entities point to no file', async () => {
    const document = zipped({ 'word/document.xml': `<!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/hostname">]><w:document><w:body>${paragraph('A &f; b')}</w:body></w:document>` });
    expect(await text(document, 'a.docx')).toBe('A &f; b');
  });

  test('refuses elements that nest too deep', async () => {
    const deep = zipped({ 'word/document.xml': content(`<w:p>${'<w:r>'.repeat(1_000)}<w:t>x</w:t>${'</w:r>'.repeat(1_000)}</w:p>`) });
    expect(await failure(read(deep, 'a.docx'))).toEqual({ kind: 'tooLarge', message: 'elements stand within each other more than 500 deep' });
  });

  test('a document that breaks off is read as far as it goes', async () => {
    expect(await text(zipped({ 'word/document.xml': `<w:document><w:body>${paragraph('Whole')}<w:p><w:r><w:t>Half` }), 'a.docx')).toBe('Whole\n\nHalf');
  });
});

test('a merged range over all of a sheet takes no time', async () => {
  const merges = Array.from({ length: 1_000 }, () => '<mergeCell ref="A1:XFD1048576"/>').join('');
  const sheet = `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>x</v></c></row></sheetData><mergeCells>${merges}</mergeCells></worksheet>`;
  const book = zipped({
    'xl/workbook.xml': '<workbook><sheets><sheet name="S" r:id="s"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="s" Type="x/worksheet" Target="s.xml"/></Relationships>',
    'xl/s.xml': sheet,
  });
  const began = performance.now();
  expect(await text(book, 'a.xlsx')).toContain('## S');
  expect(performance.now() - began).toBeLessThan(5_000);
});
