import fc from 'fast-check';
import { distinct, diverse } from '../../../lambda/search/diversity';

const found = (...entries: [string, number, number[]?][]) => entries.map(([text, score, vector]) => ({ text, score, ...vector && { vector } }));
const texts = (list: readonly { readonly text: string }[]) => list.map(({ text }) => text);

test('what says the same is given once, the better one', () => {
  const list = found(['The whale  sings.', 0.9], ['the whale sings', 0.8], ['The whale, sings!', 0.7], ['The whale sang.', 0.6]);
  expect(distinct(list)).toEqual([list[0], list[3]]);
});

test('what says the same behind another lead is something else', () => {
  const list = [{ text: '| tent | 90 |', lead: '| item | price |' }, { text: '| tent | 90 |', lead: '| item | weight |' }, { text: '| tent | 90 |' }];
  expect(distinct([...list, ...list])).toEqual(list);
  const alike = list.map((one, at) => ({ ...one, score: 1 - at / 10 })).concat([{ text: 'a stove', lead: '', score: 0.1 }]);
  expect(texts(diverse(alike, { relevance: 0.1, most: 2 }))).toEqual(['| tent | 90 |', 'a stove']);
});

test.each([
  ['-5 degrees', '5 degrees'], ['from -5 to 5', 'from 5 to -5'], ['\u22125 degrees', '5 degrees'], ['~5 m', '5 m'], ['.5 mg', '5 mg'],
  ['at 5 < 7', 'at 5 > 7'], ['a <= b', 'a < b'], ['a \u2264 b', 'a \u2265 b'], ['a == b', 'a != b'], ['5 \u00b1 1', '5 1'],
  ['\u20ac 90', '$ 90'], ['\u20ac90 or 80', '90 or \u20ac80'], ['90 %', '90'], ['90 %', '90 \u2030'], ['90\u00b0', '90'],
  ['10\u00b2', '10\u00b3'], ['10\u00b2', '102'], ['10\u00b2', '10'], ['m\u00b2', 'm'], ['1\u00bd', '1'], ['5 \u00b5g', '5 g'],
  ['1.5', '1/5'], ['1.5', '1 5'], ['2-3', '2:3'], ['2 \u00d7 3', '2 \u00f7 3'],
])('%j does not say the same as %j, whatever alphabet stands beside it', (one, other) => {
  for (const beside of ['', ' \u6e29\u5ea6']) expect(texts(distinct(found([one + beside, 1], [other + beside, 0.9])))).toEqual([one + beside, other + beside]);
});

test.each([
  ['\u22125 degrees', '-5  Degrees!'], ['\u20ac90', '\u20ac 90'], ['- a well-known rule', 'A well known rule.'], ['| tent | 90 |', 'tent 90'], ['caf\u00e9 \uff11\uff12', 'cafe\u0301 12'], ['5\u201310', '5-10'],
])('%j says the same as %j', (one, other) => expect(texts(distinct(found([one, 1], [other, 0.9])))).toEqual([one]));

test('hundreds that say nearly the same are told apart in milliseconds', () => {
  const long = 'Everybody has thirty days of leave, and it is taken in the year of its own at \u20ac 5 or less. '.repeat(25);
  const many = Array.from({ length: 200 }, (_, at) => ({ text: `${long}${at % 2 === 0 ? '-5' : '5'}`, score: 1 - at / 200 }));
  distinct(many);
  const start = performance.now();
  expect(distinct(many)).toHaveLength(2);
  expect(performance.now() - start).toBeLessThan(500);
});

test('what has no words is told apart by its signs', () => expect(texts(distinct(found(['---', 1], ['---', 1], ['***', 1])))).toEqual(['---', '***']));

test('a near copy gives way to something else', () => {
  const list = found(['whales sing below the ice', 0.9], ['whales sing below thick ice', 0.89], ['penguins walk on land', 0.5]);
  expect(texts(diverse(list, { relevance: 0.5, most: 2 }))).toEqual([list[0].text, list[2].text]);
  expect(diverse(list, { relevance: 1, most: 3 })).toEqual(list);
});

test('vectors tell what is alike, where there are some', () => {
  const list = found(['one', 0.9, [1, 0]], ['two', 0.8, [2, 0.01]], ['three', 0.5, [0, 1]]);
  expect(texts(diverse(list, { relevance: 0.6, most: 3 }))).toEqual(['one', 'three', 'two']);
});

test('words do, where one has no vector', () => {
  const list = found(['whale song', 0.9, [1, 0]], ['whale song', 0.8], ['penguin', 0.5, [1, 0]]);
  expect(texts(diverse(list, { relevance: 0.3, most: 2 }))).toEqual(['whale song', 'whale song']);
  expect(texts(diverse(list.slice(0, 2).concat(found(['penguin', 0.5])), { relevance: 0.3, most: 2 }))).toEqual(['whale song', 'penguin']);
});

test('as many as there are, where more are asked for', () => {
  expect(diverse(found(['a', 1]), { relevance: 0.5, most: 9 })).toHaveLength(1);
  expect(diverse([], { relevance: 0.5, most: 9 })).toEqual([]);
});

test('two hundred are chosen from in milliseconds', () => {
  const many = Array.from({ length: 200 }, (_, at) => ({ text: `text ${at}`, score: 1 - at / 200, vector: Array.from({ length: 1_024 }, (__, place) => Math.sin(at * place)) }));
  const start = performance.now();
  expect(diverse(many, { relevance: 0.7, most: 10 })).toHaveLength(10);
  expect(performance.now() - start).toBeLessThan(500);
});

test('chooses what marginal relevance says, though it does not look at all of it', () => {
  const vector = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 3 })).map((numbers) => [...numbers]);
  const some = fc.array(fc.record({ text: fc.uuid(), score: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10), vector }), { maxLength: 25 });
  fc.assert(fc.property(some, fc.constantFrom(0, 0.3, 0.8, 1), fc.integer({ min: 1, max: 8 }), (list, relevance, most) => {
    const cosine = ([a, b]: number[], [c, d]: number[]) => (a * c + b * d) / Math.sqrt((a ** 2 + b ** 2) * (c ** 2 + d ** 2));
    const chosen: typeof list = [];
    for (const left = [...list]; left.length > 0 && chosen.length < most;) {
      const worths = left.map((one) => relevance * one.score - (1 - relevance) * Math.max(0, ...chosen.map((other) => cosine(one.vector, other.vector))));
      chosen.push(...left.splice(worths.indexOf(Math.max(...worths)), 1));
    }
    expect(diverse(list, { relevance, most })).toEqual(chosen);
  }), { numRuns: 300 });
});
