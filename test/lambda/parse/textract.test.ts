import { GetDocumentAnalysisCommand, GetDocumentTextDetectionCommand, StartDocumentAnalysisCommand, StartDocumentTextDetectionCommand, TextractClient } from '@aws-sdk/client-textract';
import { mockClient } from 'aws-sdk-client-mock';
import { expectSound } from './reading';
import { textractScans } from '../../../lambda/adapters/textract';
import { fromTextract } from '../../../lambda/parse/textract';
import type { ScanBlock, ScanPart } from '../../../lambda/ports/scans';
import { PARSE_DEFAULTS } from '../../../lib/contract/parsing';

let ids = 0;
const made = (type: string, more: Partial<ScanBlock> = {}): ScanBlock => ({ id: `b${ids++}`, type, page: 1, children: [], ...more });

/** A line and its words, the line first. */
function line(text: string, top: number, { left = 0.1, page = 1 } = {}): ScanBlock[] {
  const words = text.split(' ').map((word) => made('WORD', { text: word, page }));
  return [made('LINE', { text, page, children: words.map(({ id }) => id), box: { left, top, width: text.length * 0.012, height: 0.015 } }), ...words];
}

async function* inParts(blocks: readonly ScanBlock[], size: number, failedPages: readonly number[] = []): AsyncGenerator<ScanPart, void> {
  for (let at = 0; at < Math.max(1, blocks.length); at += size) yield { blocks: blocks.slice(at, at + size), failedPages: at === 0 ? failedPages : [] };
}

async function read(blocks: readonly ScanBlock[], failedPages: readonly number[] = []) {
  const { document } = await fromTextract({ pages: 1, parts: inParts(blocks, 3, failedPages) }, PARSE_DEFAULTS);
  return document;
}

describe('what Textract found', () => {
  test('lines are joined to paragraphs, pages begin where they do, pages that failed are noted', async () => {
    const document = await read([
      ...line('These lines belong to one paragraph, as their distance tells, and', 0.1), ...line('this one ends it.', 0.12), ...line('Another one.', 0.2), ...line('On page two.', 0.1, { page: 2 }),
    ], [3]);
    expect(document.text).toBe('These lines belong to one paragraph, as their distance tells, and this one ends it.\n\nAnother one.\n\nOn page two.');
    expect(document.pages).toEqual([{ page: 1, start: 0 }, { page: 2, start: document.text.indexOf('On page') }]);
    expect(document.notes).toEqual(['pages that Textract could not read: 3']);
    expectSound(document);
  });

  test('a table is said once, in its place, merged cells in each', async () => {
    const [before, head, first, after] = [line('Before.', 0.1), line('Size', 0.2), line('small 4', 0.22), line('After.', 0.4)];
    const cells = [[1, 1, head[1]], [1, 2, undefined], [2, 1, first[1]], [2, 2, first[2]]] as const;
    const cellBlocks = cells.map(([row, column, word]) => made('CELL', { row, column, children: word ? [word.id] : [] }));
    const merged = made('MERGED_CELL', { row: 1, column: 1, children: cellBlocks.slice(0, 2).map(({ id }) => id) });
    const table = made('TABLE', { children: cellBlocks.map(({ id }) => id), mergedCells: [merged.id] });
    const document = await read([...before, ...head, ...first, ...after, table, ...cellBlocks, merged]);
    expect(document.text).toBe('Before.\n\n| Size | Size |\n| --- | --- |\n| small | 4 |\n\nAfter.');
    expectSound(document);
  });

  test('the layout tells headings and lists, and what stands on every page is left out', async () => {
    const [title, section, item, other, foot] = [line('Report', 0.1), line('Costs', 0.2), line('- bread and', 0.3), line('butter', 0.32), line('Page 1', 0.9)];
    const text = made('LAYOUT_TEXT', { children: [item[0].id, other[0].id] });
    const layout = [
      made('LAYOUT_TITLE', { children: [title[0].id] }), made('LAYOUT_SECTION_HEADER', { children: [section[0].id] }), made('LAYOUT_LIST', { children: [text.id] }), text,
      made('LAYOUT_FOOTER', { children: [foot[0].id] }),
    ];
    expect((await read([...title, ...section, ...item, ...other, ...foot, ...layout])).text).toBe('# Report\n\n## Costs\n\n- bread and butter');
  });

  test('refuses what shows no text', async () => {
    await expect(read([made('PAGE')])).rejects.toThrow('Textract found no text in the document');
  });

  test('a document of more pages than are read is refused before its pages are asked for', async () => {
    let asked = 0;
    const parts = (async function* (): AsyncGenerator<ScanPart, void> {
      for (let page = 1; page <= 50; page++) {
        asked++;
        yield { blocks: line(`On page ${page}.`, 0.1, { page }), failedPages: [] };
      }
    });
    await expect(fromTextract({ pages: 50, parts: parts() }, { ...PARSE_DEFAULTS, pages: 10 })).rejects.toMatchObject({ kind: 'tooLarge', message: expect.stringContaining('a scan of 50 pages; at most 10') });
    expect(asked).toBe(0);
    // Where the service does not say how many there are.
    await expect(fromTextract({ pages: 0, parts: parts() }, { ...PARSE_DEFAULTS, pages: 10 })).rejects.toMatchObject({ kind: 'tooLarge' });
    expect(asked).toBe(11);
  });

  test('pages are written as soon as there is no room for more, and what comes too late is noted', async () => {
    const pages = Array.from({ length: 40 }, (_, at) => line(`On page number ${at + 1}.`, 0.1, { page: at + 1 }));
    const late = made('LINE', { text: 'Too late.', page: 2, box: { left: 0.1, top: 0.5, width: 0.1, height: 0.01 } });
    const { document, pages: count } = await fromTextract({ pages: 40, parts: inParts([...pages.flat(), late], 7) }, PARSE_DEFAULTS, 30);
    expect(document.text).toBe(pages.map((_, at) => `On page number ${at + 1}.`).join('\n\n'));
    expect([count, document.pages?.length]).toEqual([40, 40]);
    expect(document.notes).toEqual(['pages of which Textract told some too late, which is left out: 2']);
    // With room for all, nothing is late.
    const all = await fromTextract({ pages: 40, parts: inParts([...pages.flat(), late], 7) }, PARSE_DEFAULTS);
    expect(all.document.text).toContain('Too late.');
  });

  test('a page without end is refused', async () => {
    const parts = inParts(line(Array.from({ length: 50 }, () => 'word').join(' '), 0.1), 10);
    await expect(fromTextract({ pages: 1, parts }, PARSE_DEFAULTS, 30)).rejects.toMatchObject({ kind: 'tooLarge', message: 'page 1 has more than 30 words and lines' });
  });
});

describe('jobs', () => {
  const textract = mockClient(TextractClient);
  const source = { bucket: 'docs', key: 'scan.pdf' };
  const { signal } = new AbortController();
  const scans = (detail: 'text' | 'layout' = 'layout') => textractScans(new TextractClient({ region: 'eu-west-1' }), detail);
  const named = (name: string) => Object.assign(new Error('no'), { name });

  beforeEach(() => textract.reset());

  test('are begun once for a token, for words alone or with tables and layout', async () => {
    textract.on(StartDocumentAnalysisCommand).resolves({ JobId: 'a' }).on(StartDocumentTextDetectionCommand).resolves({ JobId: 't' });
    expect([await scans().begin(source, 'token'), await scans('text').begin(source, 'token')]).toEqual(['a', 't']);
    const location = { S3Object: { Bucket: 'docs', Name: 'scan.pdf' } };
    expect(textract.commandCalls(StartDocumentAnalysisCommand)[0].args[0].input)
      .toEqual({ DocumentLocation: location, ClientRequestToken: 'token', JobTag: 'DiyRag', FeatureTypes: ['TABLES', 'LAYOUT'] });
    expect(textract.commandCalls(StartDocumentTextDetectionCommand)[0].args[0].input).toEqual({ DocumentLocation: location, ClientRequestToken: 'token', JobTag: 'DiyRag' });
  });

  test('give nothing while they run, and the parts of their result at the end, each when it is asked for', async () => {
    textract.on(GetDocumentAnalysisCommand).resolvesOnce({ JobStatus: 'IN_PROGRESS' })
      .resolvesOnce({ JobStatus: 'PARTIAL_SUCCESS', NextToken: 'n', DocumentMetadata: { Pages: 7 }, Blocks: [{ Id: '1', BlockType: 'CELL', Page: 2, RowIndex: 1, ColumnIndex: 3, Relationships: [{ Type: 'CHILD', Ids: ['2'] }] }] })
      .resolvesOnce({ JobStatus: 'PARTIAL_SUCCESS', Warnings: [{ ErrorCode: 'x', Pages: [7, 4] }], Blocks: [{ Id: '2', BlockType: 'WORD', Text: 'w', Page: 2 }] });
    expect(await scans().result('a', signal)).toBeUndefined();
    const { pages, parts } = (await scans().result('a', signal))!;
    expect([pages, textract.commandCalls(GetDocumentAnalysisCommand).length]).toEqual([7, 2]);
    const told: ScanPart[] = [];
    for await (const part of parts) told.push(part);
    expect(told).toEqual([
      { failedPages: [], blocks: [{ id: '1', type: 'CELL', page: 2, row: 1, column: 3, children: ['2'] }] },
      { failedPages: [7, 4], blocks: [{ id: '2', type: 'WORD', page: 2, text: 'w', children: [] }] },
    ]);
    expect(textract.commandCalls(GetDocumentAnalysisCommand)[2].args[0].input.NextToken).toBe('n');
  });

  test.each([
    ['BadDocumentException', { name: 'ParseFailure', kind: 'broken' }],
    ['UnsupportedDocumentException', { name: 'ParseFailure', kind: 'unsupported' }],
    ['DocumentTooLargeException', { name: 'ParseFailure', kind: 'tooLarge' }],
    ['LimitExceededException', { name: 'ScanDelay', kind: 'busy' }],
    ['ThrottlingException', { name: 'ScanDelay', kind: 'busy' }],
    ['InvalidJobIdException', { name: 'ScanDelay', kind: 'lost' }],
    ['AccessDeniedException', { name: 'AccessDeniedException' }],
  ])('%s', async (name, expected) => {
    textract.on(StartDocumentAnalysisCommand).rejects(named(name));
    await expect(scans().begin(source, 'token')).rejects.toMatchObject(expected);
  });

  test('that come to nothing say why', async () => {
    textract.on(GetDocumentTextDetectionCommand).resolves({ JobStatus: 'FAILED', StatusMessage: 'UNSUPPORTED_DOCUMENT' });
    await expect(scans('text').result('t', signal)).rejects.toMatchObject({ kind: 'unsupported' });
    textract.on(GetDocumentTextDetectionCommand).resolves({ JobStatus: 'FAILED', StatusMessage: 'INTERNAL' });
    await expect(scans('text').result('t', signal)).rejects.toThrow('Textract could not read the document: INTERNAL');
  });
});
