import { documentOf, heading, paragraph } from './documents';
import { chunker } from '../../../lambda/chunk/chunker';
import { isChunkFailure } from '../../../lambda/ports/chunks';

const document = documentOf([heading(1, 'Fees'), paragraph('One dollar. Two dollars.')], 1);
const forever = new AbortController().signal;
const answering = (answer: unknown) => chunker({ by: 'custom', tokens: 20, functionArn: 'arn' }, () => Promise.resolve(answer)).chunk(document, forever);

test('a function is asked with all that was read, and its places become chunks', async () => {
  const asked: unknown[] = [];
  const cutting = chunker({ by: 'custom', tokens: 50 }, async (request) => {
    asked.push(request);
    return { chunks: [{ start: 20, end: document.text.length }, { start: 0, end: 20 }] };
  });
  expect(await cutting.chunk(document, forever)).toEqual([
    { text: '# Fees\n\nOne dollar.', start: 0, end: 19, headings: [], page: 1, tokens: expect.any(Number) },
    { text: 'Two dollars.', start: 20, end: 32, headings: ['Fees'], page: 2, tokens: expect.any(Number) },
  ]);
  expect(asked).toEqual([{ version: 1, document: { text: document.text, blocks: document.blocks, pages: document.pages } }]);
});

test('chunks of nothing but blanks are left out', async () => {
  expect(await answering({ chunks: [{ start: 6, end: 8 }, { start: 0, end: 6 }] })).toMatchObject([{ text: '# Fees' }]);
});

test.each<[string, unknown, string]>([
  ['no list', { parts: [] }, "must answer with a list 'chunks'"],
  ['nothing', null, "must answer with a list 'chunks'"],
  ['places outside the text', { chunks: [{ start: 0, end: 1_000 }] }, "must give 'start' and 'end' of chunk 0 as whole numbers from 0 to"],
  ['an end before its start', { chunks: [{ start: 0, end: 5 }, { start: 5, end: 5 }] }, 'of chunk 1'],
  ['half a place', { chunks: [{ start: 0.5, end: 5 }] }, 'of chunk 0'],
])('refuses %s', async (_, answer, message) => {
  const failure = await answering(answer).catch((error: unknown) => error);
  expect(isChunkFailure(failure) && failure.kind).toBe('refused');
  expect((failure as Error).message).toContain(message);
});

test.each([[[]], [[{ start: 6, end: 8 }]]])('refuses no chunks of a document that has text, and takes them of one that has none: %j', async (chunks) => {
  await expect(answering({ chunks })).rejects.toMatchObject({ kind: 'refused', message: 'the function that cuts documents must answer with at least one chunk that is not blank, for the document has text, got none' });
  expect(await chunker({ by: 'custom', tokens: 20 }, () => Promise.resolve({ chunks })).chunk(documentOf([paragraph(' '.repeat(10))]), forever)).toEqual([]);
});

test('refuses a chunk that is longer than chunks may be', async () => {
  const long = documentOf([paragraph('word '.repeat(40))]);
  await expect(chunker({ by: 'custom', tokens: 20 }, () => Promise.resolve({ chunks: [{ start: 0, end: 200 }] })).chunk(long, forever))
    .rejects.toThrow('must keep chunks within 20 tokens, but chunk 0 has about 40');
});
