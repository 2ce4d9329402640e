import fc from 'fast-check';
import { Carrier, uncitedIn } from '../../../lambda/knowledge/statements';

const PASSAGE = 'The city lies on the Danube.\nThe minster of Ulm is 161 metres high.  It was begun in 1377! And 768 steps lead up.';

test.each([
  ['has most of its words', 'Ulm\'s minster has 161 metres', 'The minster of Ulm is 161 metres high.'],
  ['and those beside it that add to it', 'The minster, begun in 1377, is 161 metres high', 'The minster of Ulm is 161 metres high.  It was begun in 1377!'],
  ['has its number', 'It has 768 of them', 'And 768 steps lead up.'],
])('finds the sentence that %s', (_, statement, found) => {
  const { start, end } = new Carrier(PASSAGE).spanOf(statement);
  expect(PASSAGE.slice(start, end)).toBe(found);
});

test('a row of a table is what carries a statement about it', () => {
  const table = '| Name | Height |\n| --- | --- |\n| Ulm | 161 |\n| Cologne | 157 |';
  const { start, end } = new Carrier(table).spanOf('Cologne is 157 high');
  expect(table.slice(start, end)).toBe('| Cologne | 157 |');
});

test('takes the whole passage where no word is shared', () => {
  expect(new Carrier('  Ein Satz. ').spanOf('another language')).toEqual({ start: 2, end: 11 });
});

test('gives a part of the passage whatever is said', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (passage, statement) => {
    const { start, end } = new Carrier(passage).spanOf(`${statement} ${passage.slice(0, 10)}`);
    expect(0 <= start && start <= end && end <= passage.length).toBe(true);
  }), { numRuns: 300 });
});

function flagged(answer: string, ...cited: string[]) {
  const spans = cited.map((part) => ({ start: answer.indexOf(part), end: answer.indexOf(part) + part.length }));
  return uncitedIn(answer, spans).map(({ start, end }) => answer.slice(start, end));
}

test('flags each sentence that names no passage', () => {
  expect(flagged('Leave is thirty days [1]. It ends in March. Dr. Smith says so [2].', 'Leave is thirty days', 'Smith says so')).toEqual(['It ends in March.']);
});

test('a mark behind the full stop belongs to the sentence before it', () => {
  expect(flagged('Leave is thirty days. [1] It ends in March.', 'Leave is thirty days.')).toEqual(['It ends in March.']);
});

test('headings, questions, leads to a list, rules, code and exclamations state nothing', () => {
  expect(flagged('# About leave\n\nWhat counts? This counts:\n\n- thirty days [1]\n- three more in June\n---\n```\nlet a = b;\n```\nSure!', 'thirty days')).toEqual(['- three more in June']);
});

test('an answer without marks is flagged as a whole, sentence by sentence', () => {
  expect(flagged('The passages do not say. Ask somebody else.')).toEqual(['The passages do not say.', 'Ask somebody else.']);
  expect(flagged('有給休暇は年間三十日です。')).toEqual(['有給休暇は年間三十日です。']);
  expect(flagged('')).toEqual([]);
});
