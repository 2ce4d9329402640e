import fc from 'fast-check';
import { type CitedEvent, CitationReader, type Mark, snippetOf } from '../../../lambda/knowledge/citations';

test('finds marks, the statements they are for and their places in the answer', () => {
  const { text, marks } = read(['Ulm is on the Danube [1]. It has a minster [2][3]. Rest.'], 3);
  expect(text).toBe('Ulm is on the Danube [1]. It has a minster [2][3]. Rest.');
  expect(marks.map(({ number, start, end }) => [number, text.slice(start, end)])).toEqual([
    [1, 'Ulm is on the Danube'], [2, 'It has a minster'], [3, 'It has a minster'],
  ]);
  expect(marks.map(({ number, at }) => text.slice(at, at + 3) === `[${number}]`)).toEqual([true, true, true]);
});

test('a mark after the full stop is for the sentence before it', () => {
  const { text, marks } = read(['First one. Second one. [1] Third one. [2]'], 2);
  expect(marks.map(({ start, end }) => text.slice(start, end))).toEqual(['Second one.', 'Third one.']);
});

test.each([
  ['पहला वाक्य। दूसरा वाक्य [1]।', 'दूसरा वाक्य'],
  ['ما هذا؟ هذه أولم [1].', 'هذه أولم'],
  ['یہ پہلا ہے۔ یہ دوسرا ہے [1]۔', 'یہ دوسرا ہے'],
  ['He called it “old.” It has a minster [1].', 'It has a minster'],
  ['Er sagt: „Ulm ist alt.“ Das Münster ist hoch [1].', 'Das Münster ist hoch'],
  ['Il dit : « Ulm est vieille. » La tour est haute [1].', 'La tour est haute'],
])('a statement begins behind the sentence before it: %s', (said, statement) => {
  const { text, marks: [{ start, end }] } = read([said], 1);
  expect(text.slice(start, end)).toBe(statement);
});

test('tells several numbers in one pair of brackets one by one', () => {
  expect(read(['So [1, 3].'], 3)).toMatchObject({ text: 'So [1][3].', marks: [{ number: 1, at: 3 }, { number: 3, at: 6 }] });
});

test('reads the marks of models with brackets of their own', () => {
  expect(read(['So 【2†L1-L4】.'], 3)).toMatchObject({ text: 'So [2].', marks: [{ number: 2 }] });
});

test.each([
  ['a number that no passage has', 'So it is [7].', 'So it is.'],
  ['zero', 'So it is [0].', 'So it is.'],
  ['the one of two that no passage has', 'So it is [1, 9].', 'So it is [1].'],
])('takes %s out of the text', (_, said, told) => {
  expect(read([said], 2).text).toBe(told);
});

test.each(['a [link](https://example.com)', 'an [unclosed', 'array[x] [] [1.5] [a1]', 'in code `list[1]` and ```\nlist[9]\n```', '[a very long text in brackets '.padEnd(120, 'x') + ']', 'spaces   '])(
  'leaves %j as it is', (said) => {
    expect(read([said], 2)).toEqual({ text: said, marks: [] });
  });

test('finds marks behind code, and behind a backtick that nothing closes', () => {
  expect(read(['`a[1]` is [1].\n```\nb[2]\n``` [2]\nA lone ` here [1].\nThen [1].'], 2).marks.map(({ number }) => number)).toEqual([1, 2, 1]);
});

test('finds the same wherever the answer is cut', () => {
  const said = fc.array(fc.constantFrom('Ulm is old', '. ', ' [1]', '[2]', ' [9]', '[1, 2]', '`a[1]`', '`', '```', '[x]', '[', ']', ' ', '\n', '【1】', 'ä'), { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(fc.property(said, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (answer, sizes) => {
    const pieces: string[] = [];
    for (let at = 0; at < answer.length;) {
      const size: number = sizes.next().value;
      pieces.push(answer.slice(at, at + size));
      at += size;
    }
    const whole = read([answer], 2);
    expect(read(pieces, 2)).toEqual(whole);
    for (const { start, end, at, number } of whole.marks) {
      expect(whole.text.slice(at)).toMatch(new RegExp(`^\\[${number}\\]`));
      expect(start).toBeLessThanOrEqual(end);
      expect(end).toBeLessThanOrEqual(at);
    }
  }), { numRuns: 500 });
});

test('shows the part of a passage that a statement is from', () => {
  const passage = `${'Something else is told at length here. '.repeat(20)}The minster of Ulm is 161 metres high. ${'And more of that. '.repeat(30)}`;
  const snippet = snippetOf(passage, 'The minster is 161 metres high');
  expect(snippet).toMatch(/^…The minster of Ulm is 161 metres high\. And more .*…$/);
  expect(snippet.length).toBeLessThanOrEqual(302);
  expect(snippetOf('A short  one.', 'anything')).toBe('A short one.');
});

test('shows it in languages that put no spaces between words, too', () => {
  const passage = `${'这里详细介绍了其他内容。'.repeat(30)}乌尔姆大教堂高一百六十一米。${'还有更多内容。'.repeat(3)} 完`;
  expect(snippetOf(passage, '大教堂的高度是一百六十一米')).toMatch(/^….*乌尔姆大教堂高一百六十一米。/);
  expect(snippetOf(`${passage}${'还有更多内容。'.repeat(60)}`, '大教堂的高度是一百六十一米')).toMatch(/^…乌尔姆大教堂高一百六十一米。/);
  const pairs = '🎉'.repeat(400);
  for (const snippet of [snippetOf(pairs, 'x'), snippetOf(`x${pairs}`, 'x'), snippetOf(`${pairs}. 乌尔姆。${pairs.slice(0, 200)}`, '乌尔姆'), snippetOf(`${'🎉. '.repeat(200)}${pairs}x. y`, 'y')]) {
    expect([snippet.length > 200, /\p{Surrogate}/u.test(snippet)]).toEqual([true, false]);
  }
});

function read(pieces: readonly string[], passages: number): { text: string; marks: Mark[] } {
  const reader = new CitationReader(() => passages);
  const events: CitedEvent[] = [...pieces.flatMap((piece) => reader.take(piece)), ...reader.end()];
  const text = events.map((event) => event.type === 'text' ? event.text : '').join('');
  expect(text).toBe(reader.said);
  return { text, marks: events.flatMap((event) => event.type === 'mark' ? [event.mark] : []) };
}
