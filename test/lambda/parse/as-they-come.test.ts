import { docx, paragraph, read, text } from './reading';

/** Files as programs and people leave them. */
describe('a text that speaks of a format', () => {
  test.each([
    ['of PDF', '# Größe\n\nA PDF begins with `%PDF-1.7`, and ends with %%EOF – always.\n'],
    ['of MP3', 'ID3 tags stand at the beginning of a file.'],
    ['of SQLite', 'SQLite format 3 is what such a file begins with.'],
    ['of GIF', 'GIF89a was the second version.'],
    ['of Parquet', 'PAR1 is a magic number.'],
  ])('%s is a text', async (_, content) => {
    expect(await text(content, 'notes.md')).toBe(content);
  });

  test('and a file of that format is none', async () => {
    await expect(read(Buffer.concat([Buffer.from('ID3'), Buffer.alloc(200)]), 'a.mp3')).rejects.toMatchObject({ kind: 'unsupported', message: expect.stringContaining('is MP3') });
    await expect(read('{\\rtf1 words}', 'a.rtf')).rejects.toMatchObject({ kind: 'unsupported', message: expect.stringContaining('is RTF') });
  });

  test('a PDF behind something else is a PDF still', async () => {
    await expect(read('HTTP/1.1 200 OK\r\n\r\n%PDF-1.7\n1 0 obj\n<<>>\nendobj\n', 'a.bin')).rejects.toThrow('read in the thread');
    await expect(read('\ufeff\n%PDF-1.7', 'a.pdf')).rejects.toThrow('read in the thread');
  });
});

test('a byte that is wrong does not spoil a text in UTF-8', async () => {
  const words = 'Größe und Übergänge, für alle Straßen. '.repeat(20);
  expect(await text(Buffer.concat([Buffer.from(words), Buffer.from([0xff, 0x20]), Buffer.from(words)]), 'a.txt')).toBe(`${words}\ufffd ${words}`.trim());
  expect(await text(Buffer.from(words).subarray(0, -4 - 2 * 4 - 1), 'a.txt')).not.toContain('Ã');
});

test('a table of very many rows is a table', async () => {
  const rows = Array.from({ length: 300_000 }, (_, at) => `${at % 10},2`);
  const { text: all, blocks } = await read(`a,b\n${rows.join('\n')}`, 'a.csv');
  expect([blocks.map(({ kind }) => kind), all.split('\n').length]).toEqual([['table'], 300_002]);
});

test('a code of very many marks is a code, fenced by more than it has', async () => {
  const code = '`a``b'.repeat(200_000);
  expect((await text(`<pre>${code}</pre>`, 'a.html'))).toBe(`\`\`\`\n${code}\n\`\`\``);
});

test('cells that go over very many rows are said in each', async () => {
  const row = (at: number) => `<w:tr><w:tc><w:tcPr><w:vMerge${at === 0 ? ' w:val="restart"' : ''}/></w:tcPr>${at === 0 ? paragraph('a') : '<w:p/>'}</w:tc><w:tc>${paragraph(String(at))}</w:tc></w:tr>`;
  const began = Date.now();
  const said = await text(docx(`<w:tbl>${Array.from({ length: 20_000 }, (_, at) => row(at)).join('')}</w:tbl>`), 'a.docx');
  expect(said.endsWith('\n| a | 19998 |\n| a | 19999 |')).toBe(true);
  expect(Date.now() - began).toBeLessThan(8_000);
}, 60_000);

test('very many paragraphs take no longer each than few', async () => {
  const paragraphs = Array.from({ length: 60_000 }, (_, at) => `Line ${at}.`).join('\n\n');
  const began = Date.now();
  expect((await read(paragraphs, 'a.md')).blocks.length).toBe(60_000);
  expect(Date.now() - began).toBeLessThan(3_000);
}, 60_000);

test('an archive whose sizes stand in the wide fields, as programs write that do not know them before, is read', async () => {
  expect(await text(wide(docx(paragraph('Words'))), 'a.docx')).toBe('Words');
});

/** Moves sizes and places of each file of an archive into fields of 64 bits. */
function wide(archive: Uint8Array): Uint8Array {
  const file = Buffer.from(archive);
  const end = file.lastIndexOf('PK\x05\x06');
  const first = file.readUInt32LE(end + 16);
  const entries: Buffer[] = [];
  for (let at = first; at < end;) {
    const nameEnd = at + 46 + file.readUInt16LE(at + 28);
    const next = nameEnd + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
    const head = Buffer.from(file.subarray(at, nameEnd));
    const extra = Buffer.alloc(28);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [place, field] of [[4, 24], [12, 20], [20, 42]]) {
      extra.writeBigUInt64LE(BigInt(head.readUInt32LE(field)), place);
      head.writeUInt32LE(0xffffffff, field);
    }
    head.writeUInt16LE(28, 30);
    head.writeUInt16LE(0, 32);
    entries.push(head, extra);
    at = next;
  }
  const directory = Buffer.concat(entries);
  const tail = Buffer.from(file.subarray(end));
  tail.writeUInt32LE(directory.length, 12);
  return Buffer.concat([file.subarray(0, first), directory, tail]);
}
