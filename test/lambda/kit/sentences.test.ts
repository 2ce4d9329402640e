import fc from 'fast-check';
import { Sentences } from '../../../lambda/kit/sentences';

/** What comes of a text that comes in pieces, and what is left at its end. */
function cut(text: string, size = 3): string[] {
  const sentences = new Sentences();
  const found: string[] = [];
  for (let start = 0; start < text.length; start += size) found.push(...sentences.take(text.slice(start, start + size)));
  return [...found, ...sentences.flush()];
}

test.each<[string, string[]]>([
  ['sentences', ['It rains. ', 'Does it? ', 'Yes! ', 'It does.']],
  ['abbreviations and initials', ['Dr. Smith met J. R. Tolkien, e.g. in Oxford. ', 'Mr. Ward left.']],
  ['German', ['Das kostet z. B. 3,50 Euro, vgl. Abb. 4. ', 'Herr Dr. Braun zahlt am 3. Mai.']],
  ['decimals, versions and addresses', ['It is 3.14 in v2.0 on example.com today. ', 'Good.']],
  ['numbers that are counted', ['See No. 5 and p. 7. ', 'No. ', 'Really not.']],
  ['lists', ['Take:\n', '1. One egg. ', 'Beat it.\n', '2. Salt\n', '- Pepper. ', 'Or not.\n', '\n', 'Done.']],
  ['blocks of code', ['So:\n', '```js\n', 'a.b(); c.d(); // One. Two.\n', '\n', '```\n', 'That. ', 'Is it.']],
  ['other scripts', ['今日は雨です。', '傘を持って。', 'क्या? ', 'हाँ।']],
  ['quotes', ['"Stop." ', 'She left.']],
])('cuts %s', (_, sentences) => {
  for (const size of [1, 3, 1_000]) expect(cut(sentences.join(''), size)).toEqual(sentences);
});

test('holds no more than two thousand characters of what never ends', () => {
  const sentences = new Sentences();
  const told = sentences.take('word '.repeat(500));
  expect(told).toEqual(['word '.repeat(400)]);
  expect(sentences.take('x'.repeat(5_000)).join('').length).toBeGreaterThan(0);
});

test('loses nothing and adds nothing, however a text is cut', () => {
  const piece = fc.constantFrom('Hi. ', 'a', 'Dr. ', '\n', '```\n', '1. ', '? ', ' ', '。', '😀', 'No. ', '5');
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
    const sentences = new Sentences();
    const found = [...pieces.flatMap((text) => sentences.take(text)), ...sentences.flush()];
    expect(found.join('')).toBe(pieces.join(''));
    expect(found).not.toContain('');
  }));
});
