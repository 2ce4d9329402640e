import { parseSet } from '../../../lib/contract/evaluation-set';

const rules = { questions: 10, offsets: true, tenants: false, users: false };

test('a set is read line by line, with what is left out filled in', () => {
  const text = '\uFEFF{"question":"How long?","relevant":["a.md",{"document":"b.md","grade":2,"spans":[[0,10]]}]}\r\n\n{"id":"x","question":"Who?","answerable":false}\n';
  expect(parseSet(text, rules)).toEqual([
    {
      id: 'line-1',
      question: 'How long?',
      answerable: true,
      relevant: [{ document: 'a.md', grade: 1, spans: [], passages: [] }, { document: 'b.md', grade: 2, spans: [[0, 10]], passages: [] }],
    },
    { id: 'x', question: 'Who?', answerable: false },
  ]);
});

test.each([
  ['an empty set', '\n', "line 1: 'question' must be there: the set is empty"],
  ['a line without a question', '{"id":"a"}', "line 1: 'question' must be given"],
  ['an unknown field', '{"question":"a","answer":"b"}', "line 1: 'answer' must be one of 'id', 'question'"],
  ['a second question of the same id', '{"id":"a","question":"a"}\n{"id":"a","question":"b"}', "line 2: 'id' must be like no other, got 'a', which line 1 has"],
  ['documents that answer what has no answer', '{"question":"a","answerable":false,"relevant":["b"]}', "line 1: 'relevant' must be left out where 'answerable' is false"],
  ['a span that ends before it begins', '{"question":"a","relevant":[{"document":"b","spans":[[5,2]]}]}', "line 1: 'relevant[0].spans' must be a list of places"],
  ['a document without a name', '{"question":"a","relevant":[{"spans":[]}]}', "line 1: 'relevant[0].document' must be given"],
  ['a tenant where there are none', '{"question":"a","tenant":"b"}', "line 1: 'tenant' must be left out"],
])('refuses %s', (_, text, message) => {
  expect(() => parseSet(text, rules)).toThrow(message);
});

test('refuses spans where nobody knows where passages stand, and questions in nobody\'s name', () => {
  expect(() => parseSet('{"question":"a","relevant":[{"document":"b","spans":[[0,2]]}]}', { ...rules, offsets: false })).toThrow("give their words in 'passages'");
  expect(() => parseSet('{"question":"a"}', { ...rules, tenants: true })).toThrow("line 1: 'tenant' must be given");
});
