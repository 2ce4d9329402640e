import { documentOf, heading, paragraph, sentences, table } from './documents';
import { cut } from '../../../lambda/chunk/chunker';

test('sentences go on across headings', () => {
  const document = documentOf(['Ships', 'Trains'].flatMap((about) => [heading(1, about), paragraph('It is short. It ends.')]));
  expect(cut(document, { by: 'sentences', tokens: 200 })).toHaveLength(1);
  for (const { text } of cut(documentOf([paragraph(sentences(40))]), { by: 'sentences', tokens: 100 })) expect(text).toMatch(/^Sentence .* stops\.$/s);
});

test('no chunk of tokens is there twice, where a letter of many tokens stands behind a blank', () => {
  const family = '👩‍👩‍👧‍👦';
  const starts = cut(documentOf([paragraph(`- ${family} ${family} A \n- Dr. \n\n# a`)]), { by: 'tokens', tokens: 20, overlapTokens: 8 }).map(({ start }) => start);
  expect(starts.length).toBeGreaterThan(2);
  expect(new Set(starts).size).toBe(starts.length);
});

test('chunks of tokens overlap by what is asked for', () => {
  const chunks = cut(documentOf([paragraph(sentences(40))]), { by: 'tokens', tokens: 100, overlapTokens: 20 });
  for (let at = 1; at < chunks.length; at++) {
    const shared = chunks[at - 1].end - chunks[at].start;
    expect(shared).toBeGreaterThan(40);
    expect(shared).toBeLessThan(160);
  }
});

test('each page is a chunk, and a page that is too long is cut by its structure', () => {
  const document = documentOf([paragraph(sentences(4)), paragraph(sentences(4)), paragraph(sentences(30)), paragraph(sentences(4))], 1);
  const chunks = cut(document, { by: 'pages', tokens: 150 });
  expect(chunks.map(({ page }) => page)).toEqual([1, 2, ...Array<number>(chunks.length - 3).fill(3), 4]);
  expect(chunks.length).toBeGreaterThan(4);
});

test('a document without pages is cut by its structure', () => {
  const document = documentOf([heading(1, 'Ships'), paragraph(sentences(9)), heading(1, 'Cars'), paragraph(sentences(9))]);
  expect(cut(document, { by: 'pages', tokens: 150 })).toEqual(cut(document, { by: 'structure', tokens: 150 }));
});

test('rows are chunks with their head, as many as asked for', () => {
  const document = documentOf([paragraph('Cities.'), { kind: 'table', text: table(7) }, paragraph('That was all.')]);
  const chunks = cut(document, { by: 'tables', tokens: 150, rows: 2 });
  expect(chunks.map(({ text }) => text.match(/City \d/g)?.length ?? 0)).toEqual([0, 2, 2, 2, 1, 0]);
  expect(chunks[1].text).toMatch(/^\| City \| Country/);
  expect(chunks.slice(2, 5).map(({ tableHead }) => tableHead?.split('\n')[0])).toEqual(Array(3).fill('| City | Country | People |'));
});

test('as many rows as fit are a chunk where nothing else is asked for, with no word of what is around', () => {
  const document = documentOf([paragraph(sentences(3)), { kind: 'table', text: table(50) }, paragraph(sentences(3))]);
  const chunks = cut(document, { by: 'tables', tokens: 200 });
  expect(chunks.length).toBeLessThan(12);
  for (const { text } of chunks) expect(/Sentence/.test(text) && /\|/.test(text)).toBe(false);
});
