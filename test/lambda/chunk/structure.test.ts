import { documentOf, heading, paragraph, sentences, table } from './documents';
import { cut } from '../../../lambda/chunk/chunker';
import { estimateTokens } from '../../../lambda/chunk/tokens';

const by = 'structure' as const;

test('keeps a short document whole', () => {
  const document = documentOf([heading(1, 'Opening hours'), paragraph('We open at nine. We close at five.')]);
  expect(cut(document, { by, tokens: 200 }).map(({ text }) => text)).toEqual(['# Opening hours\n\nWe open at nine. We close at five.']);
});

test('gives nothing for a document without words', () => {
  expect(cut({ text: ' \n\n ', blocks: [], notes: [] }, { by, tokens: 200 })).toEqual([]);
});

test('cuts a long paragraph into even parts of whole sentences', () => {
  const chunks = cut(documentOf([paragraph(sentences(40))]), { by, tokens: 120 });
  expect(chunks.length).toBeGreaterThan(3);
  for (const { text } of chunks) expect(text).toMatch(/^Sentence number .* stops\.$/s);
  const lengths = chunks.map(({ tokens }) => tokens);
  expect(Math.min(...lengths)).toBeGreaterThan(Math.max(...lengths) / 2);
});

test('never goes on across a top heading', () => {
  const document = documentOf(['Ships', 'Trains', 'Cars'].flatMap((about) => [heading(1, about), paragraph(sentences(6, about))]));
  const chunks = cut(document, { by, tokens: 200 });
  expect(chunks).toHaveLength(3);
  expect(chunks.map(({ text }) => text.split('\n')[0])).toEqual(['# Ships', '# Trains', '# Cars']);
});

test('puts tiny sections together', () => {
  const document = documentOf(['One', 'Two', 'Three'].flatMap((about) => [heading(2, about), paragraph('Short.')]));
  expect(cut(document, { by, tokens: 200 })).toHaveLength(1);
});

test('does not part a heading from what it stands above', () => {
  const document = documentOf([paragraph(sentences(9)), heading(2, 'Fees'), heading(3, 'Late fees'), paragraph(sentences(9, 'fees'))]);
  for (const tokens of [60, 90, 120, 150]) {
    for (const { text } of cut(document, { by, tokens })) expect(text).not.toMatch(/(?:^|\n)#+ [A-Za-z ]+$/);
  }
});

test('says under which headings a chunk stands, without those that it begins with', () => {
  const document = documentOf([heading(1, 'Manual'), heading(2, 'Fees'), paragraph(sentences(20)), heading(2, 'Places #'), paragraph(sentences(3, 'places'))]);
  const chunks = cut(document, { by, tokens: 120 });
  expect(chunks[0].headings).toEqual([]);
  expect(chunks[1].headings).toEqual(['Manual', 'Fees']);
  expect(chunks.at(-1)?.headings).toEqual(['Manual']);
});

test('says on which page a chunk begins', () => {
  const document = documentOf([paragraph(sentences(12)), paragraph(sentences(12, 'ships')), paragraph(sentences(12, 'rain'))], 1);
  expect(cut(document, { by, tokens: 200 }).map(({ page }) => page)).toEqual([1, 2, 3]);
});

test('keeps a table whole where it fits', () => {
  const document = documentOf([paragraph(sentences(8)), { kind: 'table', text: table(4) }, paragraph(sentences(8))]);
  expect(cut(document, { by, tokens: 150 }).filter(({ text }) => text.includes('| City 0')).map(({ text }) => text.includes('| City 3'))).toEqual([true]);
});

test('cuts a long table between rows, and tells each later part the head', () => {
  const chunks = cut(documentOf([{ kind: 'table', text: table(60) }]), { by, tokens: 150 });
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks[0]).toMatchObject({ text: expect.stringMatching(/^\| City \| Country/) });
  expect(chunks[0].tableHead).toBeUndefined();
  for (const { text, tableHead, tokens } of chunks.slice(1)) {
    expect(text).toMatch(/^\| City \d+ .*\|$/s);
    expect(tableHead).toBe('| City | Country | People |\n| --- | --- | --- |');
    expect(tokens + estimateTokens(tableHead ?? '')).toBeLessThanOrEqual(150);
  }
});

test('keeps code whole where it fits, and cuts it between lines', () => {
  const lines = Array.from({ length: 60 }, (_, at) => `const value${at} = compute(${at});`);
  const code = { kind: 'code', text: `\`\`\`\n${lines.join('\n')}\n\`\`\`` } as const;
  for (const { text } of cut(documentOf([code]), { by, tokens: 100 })) for (const line of text.split('\n')) expect([...lines, '```']).toContain(line);
  expect(cut(documentOf([code]), { by, tokens: 2_000 })).toHaveLength(1);
});

test('cuts a list between items', () => {
  const items = Array.from({ length: 30 }, (_, at) => `- Item ${at} is about something. It has two sentences.`);
  for (const { text } of cut(documentOf([{ kind: 'list', text: items.join('\n') }]), { by, tokens: 100 })) {
    expect(text).toMatch(/^- Item .* two sentences\.$/s);
  }
});

test('cuts a sentence that is longer than a chunk behind a clause, and where there is none behind a word', () => {
  const clauses = Array.from({ length: 40 }, (_, at) => `clause number ${at} of a sentence that has no end`).join(', ');
  for (const { text } of cut(documentOf([paragraph(clauses)]), { by, tokens: 60 }).slice(0, -1)) expect(text).toMatch(/,$/);
  const words = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
  for (const { text } of cut(documentOf([paragraph(words)]), { by, tokens: 60 })) expect(text).toMatch(/^word\d+ .* ?word\d+$/s);
});

test('cuts Chinese between sentences and Thai between words', () => {
  const chinese = Array.from({ length: 30 }, (_, at) => `这是关于港口的第${at}句话。`).join('');
  for (const { text } of cut(documentOf([paragraph(chinese)]), { by, tokens: 80 })) expect(text).toMatch(/^这是.*。$/s);
  const thai = 'ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรคระหว่างคำ'.repeat(10);
  const words = new Set([...new Intl.Segmenter('th', { granularity: 'word' }).segment(thai)].map(({ index }) => index));
  for (const { start } of cut(documentOf([paragraph(thai)]), { by, tokens: 80 })) expect(words).toContain(start);
});

/** A line of so many sentences, in words that no other has. */
const lineOf = (word: string, count: number) => Array.from({ length: count }, (_, at) => `Every ${word}er ${word}s what ${word}ing ${word}ists have ${word}ed ${at + 1}.`).join(' ');

test('takes a long line that ends as a sentence does for a paragraph, which is better kept alone than with another', () => {
  const lines = ['sail', 'farm', 'climb', 'paint'].map((word) => lineOf(word, 7));
  expect(cut(documentOf([paragraph(lines.join('\n'))]), { by, tokens: 200 }).map(({ text }) => text)).toEqual(lines);
  const listed = lines.map((line) => line.replace(/\./g, ''));
  expect(cut(documentOf([paragraph(listed.join('\n'))]), { by, tokens: 200 }).length).toBeLessThan(lines.length);
});

test('takes a short line above a long one for the beginning of something', () => {
  const sections = ['sail', 'farm', 'climb', 'paint'].map((word) => `= ${word} =\n${lineOf(word, 3)}\n${lineOf(word, 3)}`);
  expect(cut(documentOf([paragraph(sections.join('\n'))]), { by, tokens: 200 }).map(({ text }) => text)).toEqual(sections);
});

test('parts records of JSON before sentences', () => {
  const records = [8, 5, 8, 5, 8].map((count, at) => `{"role": "user ${at}", "content": "${sentences(count)}"}`);
  const text = `[${records.join(', ')}]`;
  const chunks = cut(documentOf([paragraph(text)]), { by, tokens: 200 });
  expect(chunks.length).toBeGreaterThan(2);
  for (const { text: part } of chunks) expect(part).toMatch(/^\[?\{"role".*\}[,\]]$/);
});

test('takes a line that was wrapped for no end of a sentence', () => {
  const wrapped = sentences(12).replace(/(.{60,75}) /g, '$1\n');
  for (const { text } of cut(documentOf([paragraph(wrapped)]), { by, tokens: 80 })) expect(text).toMatch(/^Sentence\snumber\s.*\sstops\.$/s);
});

test.each(['structure', 'tables'] as const)('cuts a line of a quarter of a million sentences, by %s', (way) => {
  const text = 'Aye. '.repeat(250_000).trim();
  const chunks = cut(documentOf([paragraph(text)]), { by: way, tokens: 300 });
  expect(chunks.map((chunk) => chunk.text).join(' ')).toHaveLength(text.length);
});

test('cuts a megabyte and a half in less than two seconds', () => {
  const pieces = Array.from({ length: 400 }, (_, at) => [heading(2, `Part ${at}`), paragraph(`${sentences(52, `subject ${at}`)}`)]).flat();
  const document = documentOf(pieces);
  expect(document.text.length).toBeGreaterThan(1_400_000);
  const before = process.cpuUsage();
  cut(document, { by, tokens: 300 });
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(4_000);
});
