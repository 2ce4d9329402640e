import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { type Drawn, lines, pdf } from './pdf-file';
import { docx, expectSound, failure, paragraph, xlsx } from './reading';
import { threadParser, type ThreadParser } from '../../../lambda/adapters/parse-thread';
import { isParseFailure, type ParsedDocument } from '../../../lambda/ports/parsing';
import { PARSE_DEFAULTS, type ParsePolicy } from '../../../lib/contract/parsing';

const script = join(__dirname, '../../../lambda/dist/parse-thread.js');
const opened: ThreadParser[] = [];

function parserWith(policy: Partial<ParsePolicy> = {}): ThreadParser {
  const parser = threadParser(script, { ...PARSE_DEFAULTS, ...policy });
  opened.push(parser);
  return parser;
}

const parser = parserWith();

function read(bytes: string | Uint8Array, name: string, { parse } = parser): Promise<ParsedDocument> {
  return parse(Buffer.from(bytes), { name }, new AbortController().signal);
}

afterAll(() => Promise.all(opened.map((one) => one.close())));

describe('PDF', () => {
  const prose = ['These words are set as most of the docu-', 'ment is, and so they make one paragraph of', 'three lines.'];

  test('lines become paragraphs, words that were cut are whole, headings are told by their size, pages where they begin', async () => {
    const document = await read(pdf([
      [...lines(['Annual report'], { size: 20, y: 740 }), ...lines(prose), ...lines(['Costs'], { size: 14, y: 640 }), ...lines(prose, { y: 615 })],
      lines(['The second page.']),
    ], { title: 'Report 2026' }), 'a.pdf');
    const whole = 'These words are set as most of the document is, and so they make one paragraph of three lines.';
    expect(document.text).toBe(`# Annual report\n\n${whole}\n\n## Costs\n\n${whole}\n\nThe second page.`);
    expect(document.pages).toEqual([{ page: 1, start: 0 }, { page: 2, start: document.text.indexOf('The second') }]);
    expect(document.title).toBe('Report 2026');
    expectSound(document);
  });

  test('columns are read one after the other', async () => {
    const column = (said: string) => ['first', 'second', 'third', 'last'].map((line) => `${line} line of the ${said} column of words`);
    const document = await read(pdf([[...lines(column('left')), ...lines(column('right'), { x: 320 })]]), 'a.pdf');
    expect(document.text.indexOf('last line of the left')).toBeLessThan(document.text.indexOf('first line of the right'));
    expect(document.blocks.every(({ kind }) => kind === 'paragraph')).toBe(true);
  });

  test('lists are lists, and plain columns a table', async () => {
    const row = (y: number, ...cells: readonly string[]): Drawn[] => cells.map((text, at) => ({ x: 60 + at * 120, y, text }));
    const document = await read(pdf([[
      ...lines(['\u0095 bread', '\u0095 butter']), ...row(600, 'Name', 'Size', 'Colour'), ...row(585, 'apple', '10', 'red'), ...row(570, 'plum', '4', 'blue'), ...row(555, 'pear', '', 'green'),
    ]]), 'a.pdf');
    expect(document.text).toBe('- bread\n- butter\n\n| Name | Size | Colour |\n| --- | --- | --- |\n| apple | 10 | red |\n| plum | 4 | blue |\n| pear |  | green |');
    expectSound(document);
  });

  test('a head whose words stand close is cut where the columns are', async () => {
    const row = (y: number, ...cells: readonly (readonly [number, string])[]): Drawn[] => cells.map(([x, text]) => ({ x, y, text }));
    const document = await read(pdf([[
      ...row(600, [60, 'City'], [150, 'Inhabitants'], [211, 'Area']), ...row(585, [60, 'Graz'], [150, '300'], [211, '127']),
      ...row(570, [60, 'Wien'], [150, '2000'], [211, '414']), ...row(555, [60, 'Linz'], [150, '210'], [211, '96']),
    ]]), 'a.pdf');
    expect(document.text.split('\n').slice(0, 3)).toEqual(['| City | Inhabitants | Area |', '| --- | --- | --- |', '| Graz | 300 | 127 |']);
  });

  test('lines that repeat at the edges of pages are left out, numbers apart, and the report says so', async () => {
    const pages = [1, 2, 3, 4].map((page) => [...lines(['Confidential'], { y: 780 }), ...lines([`Words of page ${page}.`], { y: 500 }), ...lines([`Step ${page}`], { size: 20, y: 770 }), ...lines([`Page ${page} of 4`], { y: 20 })]);
    const document = await read(pdf(pages), 'a.pdf');
    expect(document.text).toBe([1, 2, 3, 4].map((page) => `Words of page ${page}.\n\n# Step ${page}`).join('\n\n'));
    expect(document.notes).toEqual(['8 lines that repeat at the top or the foot of pages were left out']);
  });

  test('a scan is told as one, a page without text among others noted', async () => {
    expect(await failure(read(pdf([[], []], { picture: true }), 'a.pdf'))).toEqual({ kind: 'scanned', message: 'the document is a scan: 2 of its 2 pages have no text' });
    expect(await failure(read(pdf([[]]), 'a.pdf'))).toEqual({ kind: 'empty', message: 'no page holds text or a picture' });
    expect((await read(pdf([lines(prose), []], { picture: true }), 'a.pdf')).notes).toEqual(['pages without text: 2']);
  });

  test('refuses one with too many pages, and what only begins like one', async () => {
    expect(await failure(read(pdf([lines(['a']), lines(['b'])]), 'a.pdf', parserWith({ pages: 1 })))).toEqual({ kind: 'tooLarge', message: 'the document has 2 pages; at most 1 are read' });
    expect(await failure(read('%PDF-1.7\nnothing', 'a.pdf'))).toMatchObject({ kind: 'broken', message: expect.stringContaining('the document is damaged') });
  });
});

describe('mail', () => {
  const mail = (...parts: readonly string[]) => ['From: Ann <ann@example.org>', 'To: bob@example.org', 'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'Date: Sat, 21 Nov 2026 10:00:00 +0000', 'MIME-Version: 1.0', ...parts].join('\r\n');

  test('says who wrote, the words, and what was attached as text; other attachments are noted', async () => {
    const document = await read(mail('Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/html', '', '<p>Hello <b>you</b></p>', '--b',
      'Content-Type: text/csv; name="costs.csv"', 'Content-Disposition: attachment; filename="costs.csv"', '', 'a,b', '1,2', '--b',
      'Content-Type: application/zip', 'Content-Disposition: attachment; filename="all.zip"', 'Content-Transfer-Encoding: base64', '', 'UEsDBA==', '--b--', ''), 'a.eml');
    expect(document.text).toBe('# Grüße\n\nFrom: Ann <ann@example.org>\nTo: bob@example.org\nDate: 2026-11-21T10:00:00.000Z\n\nHello you\n\n'
      + '## Attachment: costs.csv\n\n| a | b |\n| --- | --- |\n| 1 | 2 |');
    expect(document.notes).toEqual(['the attachment all.zip (application/zip) was not read']);
    expectSound(document);
  });

  test('words come before HTML that says the same', async () => {
    const document = await read(mail('Content-Type: multipart/alternative; boundary=b', '', '--b', 'Content-Type: text/plain', '', 'Hello you', '--b', 'Content-Type: text/html', '', '<h1>Hello you</h1>', '--b--', ''), 'a.eml');
    expect(document.text).toMatch(/\n\nHello you$/);
  });

  test('refuses one that is encrypted', async () => {
    expect(await failure(read(mail('Content-Type: multipart/encrypted; boundary=b', '', '--b--'), 'a.eml'))).toEqual({ kind: 'encrypted', message: 'the mail is encrypted for its readers; store it decrypted' });
  });
});

describe('the thread', () => {
  test('a document that takes too long is ended, and the next one is read', async () => {
    const hurried = parserWith({ milliseconds: 300, characters: 1e9, pages: 1e6, bytes: 1e9 });
    const endless = pdf([[]], { before: '(x) Tj '.repeat(4_000_000) });
    expect(await failure(read(endless, 'a.pdf', hurried))).toEqual({ kind: 'tooLarge', message: 'the document takes longer than 300 ms to read' });
    expect((await read('fine', 'a.txt', hurried)).text).toBe('fine');
  });

  test('a document that takes too much memory is ended, and the next one is read', async () => {
    const small = parserWith({ memoryBytes: 150 * 1024 * 1024 });
    const packed = deflateSync(Buffer.alloc(600 * 1024 * 1024, ' '), { level: 1 });
    const bomb = Buffer.from(pdf([lines(['x'])]).toString('latin1').replace(/<< {2}\/Length \d+ >>\nstream\n[^]*?\nendstream/,
      () => `<< /Filter /FlateDecode /Length ${packed.length} >>\nstream\n${packed.toString('latin1')}\nendstream`), 'latin1');
    expect(await failure(read(bomb, 'a.pdf', small))).toEqual({ kind: 'tooLarge', message: 'the document takes more than 150 MB of memory to read' });
    expect((await read('fine', 'a.txt', small)).text).toBe('fine');
  });

  test('whoever gives up waiting is told his own reason', async () => {
    const patient = parserWith();
    const reason = new Error('the function ends');
    await expect(patient.parse(pdf([[]], { before: '(x) Tj '.repeat(2_000_000) }), { name: 'a.pdf' }, AbortSignal.timeout(1))).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(patient.parse(Buffer.from('x'), { name: 'a.txt' }, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect((await read('fine', 'a.txt', patient)).text).toBe('fine');
  });

  test('documents that come at once are read one after the other', async () => {
    const documents = await Promise.all(Array.from({ length: 20 }, (_, at) => read(`document ${at}`, 'a.txt')));
    expect(documents.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, at) => `document ${at}`));
  });
});

describe('whatever comes', () => {
  const names = ['a.pdf', 'a.docx', 'a.html', 'a.md', 'a.eml', 'a.csv', 'a.json', 'a.jsonl', 'a.txt', 'a'];
  const samples = [
    pdf([lines(['One line', 'and another']), lines(['more'])]), docx(paragraph('Words') + '<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>'),
    xlsx({ A: '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>' }), Buffer.from('<h1>x<table><tr><td colspan=3>a<ul><li>b'), Buffer.from('Subject: x\nFrom: a@b\nDate: today\n\nbody'),
    Buffer.from('# a\n\n|b|\n|-|\n\n```\nc'), Buffer.from('a,"b\n""c",d\n;;'), Buffer.from('[{"a":[1,{"b":null}]}]'),
  ];
  const outcome = (bytes: Uint8Array, name: string) => read(bytes, name).then(expectSound, (error: unknown) => {
    if (!isParseFailure(error)) throw error;
    expect(error.message.length).toBeGreaterThan(5);
  });

  test('random bytes are read or refused', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...names), outcome), { numRuns: 300 });
  });

  test('text of any kind is read or refused', async () => {
    const pieces = fc.constantFrom('#', ' ', '\n', '|', '-', '"', ',', ';', '<', '>', '<td>', '</', '{', '}', '[', ']', ':', '`', '```', '1.', 'a', 'é', '\t', '---', 'Subject: ', '\ud83d', '&#', '=');
    await fc.assert(fc.asyncProperty(fc.array(pieces, { maxLength: 60 }).map((all) => Buffer.from(all.join(''))), fc.constantFrom(...names), outcome), { numRuns: 500 });
  });

  test('documents that were cut or damaged are read or refused', async () => {
    const share = fc.double({ min: 0, max: 0.999, noNaN: true });
    const damaged = fc.tuple(fc.constantFrom(...samples), share, share, fc.integer({ min: 0, max: 255 }))
      .map(([sample, kept, at, byte]) => {
        const bytes = Buffer.from(sample);
        bytes[Math.floor(at * bytes.length)] = byte;
        return bytes.subarray(0, Math.ceil(kept * bytes.length));
      });
    await fc.assert(fc.asyncProperty(damaged, fc.constantFrom(...names), outcome), { numRuns: 400 });
  });
});
