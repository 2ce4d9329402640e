import { sentenceStarts } from '../../../lambda/chunk/sentences';

const cutUp = (text: string) => [0, ...sentenceStarts(text, 0, text.length)].map((start, at, all) => text.slice(start, all[at + 1]).trim());

test.each([
  ['We open at nine. We close at five.', ['We open at nine.', 'We close at five.']],
  ['Dr. Smith lives at No. 5 with e.g. a dog. It barks!', ['Dr. Smith lives at No. 5 with e.g. a dog.', 'It barks!']],
  ['“Is it open?” She asked twice. (He did not.) They left…', ['“Is it open?”', 'She asked twice.', '(He did not.)', 'They left…']],
  ['It costs 3.14 dollars at example.com. Cheap.', ['It costs 3.14 dollars at example.com.', 'Cheap.']],
  ['Der Termin ist am 3. März. Bis bald!', ['Der Termin ist am 3. März.', 'Bis bald!']],
  ['Привет. Как дела?', ['Привет.', 'Как дела?']],
  ['今日は雨です。明日は晴れます。', ['今日は雨です。', '明日は晴れます。']],
  ['[{"a": "One. Two"}, {"b": "Three"}]', ['[{"a": "One.', 'Two"},', '{"b": "Three"}]']],
  ['[{"问": "今天下雨吗？会的。"}, {"答": "好"}]', ['[{"问": "今天下雨吗？', '会的。"},', '{"答": "好"}]']],
  [String.raw`[{"a": "Ideas:\n\n1. Walk\n2. Ride\r\nor both"}]`, [String.raw`[{"a": "Ideas:\n\n`, String.raw`1. Walk\n`, String.raw`2. Ride\r\nor both"}]`]],
  [String.raw`{"a": "A line that\nwas wrapped.\nAnother."}`, [String.raw`{"a": "A line that\nwas wrapped.\n`, 'Another."}']],
  [String.raw`{"a": "It is in C:\\new, not here.\\new is none."}`, [String.raw`{"a": "It is in C:\\new, not here.\\new is none."}`]],
  [String.raw`It is in C:\temp.\new is none.`, [String.raw`It is in C:\temp.\new is none.`]],
])('%s', (text, expected) => {
  expect(cutUp(text)).toEqual(expected);
});

test('the quick way finds what Unicode\'s own finds', () => {
  const text = 'The law passed. It was hard! Was it? Yes (it was). “Never again,” they said. Then came 2024. What next? He said: go. '.repeat(3)
    + 'Mr. Speaker, members of Congress, my fellow Americans. In January 1941, Franklin Roosevelt came to this chamber. He said so… and left.';
  const unicode = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)].map(({ index }) => index).filter((at) => at > 0 && !/Mr\. $/.test(text.slice(0, at)));
  expect(sentenceStarts(text, 0, text.length)).toEqual(unicode);
});
