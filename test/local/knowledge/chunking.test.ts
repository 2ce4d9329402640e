import { cut } from '../../../local/knowledge/chunking';
import type { Chunking } from '../../../local/knowledge/definition';
import { cosine, embed } from '../../../local/knowledge/embedding';
import { readSidecar } from '../../../local/knowledge/metadata';
import { parse } from '../../../local/knowledge/parse';
import { sentences, terms } from '../../../local/knowledge/words';

const chunking = (changes: Partial<Chunking>): Chunking => ({ strategy: 'FIXED_SIZE', maxTokens: 12, overlapTokens: 0, parentTokens: 0, breakpoint: 95, ...changes });
const CATS = 'Cats like warm milk. Cats like cold fish.';
const SUNS = 'Suns are very hot. Suns warm many moons.';
const TEXT = `${CATS} ${SUNS}`;
const texts = (changes: Partial<Chunking>, text = TEXT) => cut([{ text }], chunking(changes)).map((piece) => piece.text);

describe('a document is cut', () => {
  test('not at all', () => expect(texts({ strategy: 'NONE' })).toEqual([TEXT]));

  test('into groups of sentences, each beginning with the end of the one before it', () => {
    expect(texts({})).toEqual([CATS, SUNS]);
    expect(texts({ overlapTokens: 6 })).toEqual([CATS, 'Cats like cold fish. Suns are very hot.', SUNS]);
  });

  test('in the middle of a sentence where it is too long, and loses nothing', () => {
    const long = 'abcd '.repeat(50).trim();
    const pieces = texts({ maxTokens: 20 }, long);
    expect(pieces).toHaveLength(3);
    expect(pieces.join(' ')).toBe(long);
  });

  test('into children with the parent that is given back', () => {
    const pieces = cut([{ text: TEXT }], chunking({ strategy: 'HIERARCHICAL', maxTokens: 6, parentTokens: 12 }));
    expect(pieces.map(({ text }) => text)).toEqual(['Cats like warm milk.', 'Cats like cold fish.', 'Suns are very hot.', 'Suns warm many moons.']);
    expect(new Set(pieces.map(({ parent }) => parent))).toEqual(new Set([CATS, SUNS]));
  });

  test('where its sentences speak of something else', () => {
    expect(texts({ strategy: 'SEMANTIC', maxTokens: 300, breakpoint: 70 })).toEqual([CATS, SUNS]);
  });

  test('page by page', () => {
    expect(cut(parse('a.txt', Buffer.from('One.\fTwo.')), chunking({}))).toEqual([{ text: 'One.', page: 1 }, { text: 'Two.', page: 2 }]);
  });
});

test('sentences are the text again', () => {
  for (const text of [TEXT, 'No end', '', 'A.\n\nB!? C', '…\n.', '日本語。次。']) expect(sentences(text).join('')).toBe(text);
});

test('texts with the same words are near, whatever their endings; others are not', () => {
  const near = (one: string, other: string) => cosine(embed(one, 1024), embed(other, 1024));
  expect(terms('The Holidays of cities')).toEqual(terms('holiday city'));
  expect(near('holidays in cities', 'a holiday in the city')).toBeCloseTo(1);
  expect(Math.abs(near('holidays in cities', 'prices of copper'))).toBeLessThan(0.1);
  expect(embed('the of', 16).every((value) => value === 0)).toBe(true);
});

describe('a file', () => {
  const content = (text: string) => Buffer.from(text);

  test('of a web page is its text', () => {
    expect(parse('a.HTML', content('<title>T</title><!-- x --><h1>Head</h1><p>One&nbsp;&#38; <b>two</b></p><script>no()</script>'))[0].text.trim()).toBe('T\nHead\nOne & two');
  });

  test('is read by the type that came with it before its name', () => {
    expect(parse('file', content('<p>x</p>'), 'text/html; charset=utf-8')[0].text.trim()).toBe('x');
  });

  test.each([
    ['a.pdf', content('%PDF'), 'File format was not supported: pdf'],
    ['a', content('x'), 'File format was not supported: none'],
    ['a.txt', content(''), 'The file is empty'],
    ['a.txt', Buffer.from([0xff, 0xfe]), 'not UTF-8'],
  ])('is refused as %s with %j', (name, bytes, message) => expect(() => parse(name, bytes)).toThrow(message));
});

describe('a sidecar', () => {
  const read = (attributes: unknown) => readSidecar(Buffer.from(JSON.stringify({ metadataAttributes: attributes })));

  test('has plain values, or values with a type and whether they are embedded', () => {
    const typed = { t: { value: { type: 'STRING', stringValue: 'z' }, includeForEmbedding: true }, s: { value: { type: 'STRING_LIST', stringListValue: ['p', 'q'] } } };
    expect(read({ a: 'x', n: 1, l: ['y'], ...typed })).toEqual({
      metadata: { a: 'x', n: 1, l: ['y'], t: 'z', s: ['p', 'q'] }, embedded: { t: 'z' },
    });
  });

  test('is refused where it is no JSON, too large, or has something else', () => {
    expect(() => readSidecar(Buffer.from('{'))).toThrow('not JSON');
    expect(() => read({ a: 'x'.repeat(11_000) })).toThrow('larger than 10 KB');
    expect(() => read({ a: null })).toThrow("'a' must be a string, a number, a boolean or a list of strings");
  });
});
