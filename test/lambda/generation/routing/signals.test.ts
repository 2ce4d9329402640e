import { asker, request, withImage, withTools } from './requests';
import { languageOf } from '../../../../lambda/generation/routing/language';
import { fits } from '../../../../lambda/generation/routing/signals';

test.each([
  ['en', 'What is the weather like in Lisbon, and how do I get there?'],
  ['de', 'Wie ist das Wetter in Lissabon, und wie komme ich mit der Bahn dorthin?'],
  ['fr', 'Comment est le temps dans les Alpes, et que dois-je emporter avec moi pour une semaine?'],
  ['es', '¿Qué tiempo hace en Lisboa y cómo puedo llegar con el tren?'],
  ['it', 'Che tempo fa a Roma, e come posso arrivare con il treno? Non sono mai stata in questo posto.'],
  ['pt', 'Como é o tempo em Lisboa e por que não chove? Você pode explicar?'],
  ['nl', 'Wat is het weer in Utrecht, en hoe kom ik er met de trein? Ik weet het niet.'],
  ['ja', 'リスボンの天気はどうですか。電車で行けますか。'],
  ['zh', '里斯本的天气怎么样？我怎么去那里？'],
  ['ko', '리스본의 날씨는 어떤가요?'],
  ['ru', 'Какая погода в Лиссабоне?'],
  ['ar', 'كيف حال الطقس في لشبونة؟'],
  ['he', 'מה מזג האוויר בליסבון?'],
  ['el', 'Τι καιρό κάνει στη Λισαβόνα;'],
  ['th', 'อากาศที่ลิสบอนเป็นอย่างไร'],
  ['hi', 'लिस्बन में मौसम कैसा है?'],
])('tells %s', (language, text) => {
  expect(languageOf(text)).toBe(language);
});

test.each(['', '42', '👍', 'Lisbon?', 'The word 天気 is what the sign says, and it is Japanese.'])('takes nothing for a language that does not say so: %j', (text) => {
  expect([undefined, 'en']).toContain(languageOf(text));
});

test.each([
  '```python\nprint(1)\n```', 'def area(r):\n    return r * r', 'const total = items.reduce((a, b) => a + b, 0);', 'SELECT name FROM users WHERE id = 1',
  'Why does this say TypeError: x is not a function?', '#include <stdio.h>', '<div class="box">', 'import os\nimport sys',
])('finds code in %j', (text) => {
  expect(fits({ kind: 'code' }, request(text), asker())).toBe(true);
});

test.each(['What shall I cook tonight?', 'Import duties on cars', 'Is it a class of its own, from time to time?', 'I select you from the list.', 'Write me a poem about the sea.'])('finds no code in %j', (text) => {
  expect(fits({ kind: 'code' }, request(text), asker())).toBe(false);
});

test.each(['What is 12 * 7?', 'Solve for x: x^2 = 2', 'Prove that √2 is irrational', '\\frac{1}{2} + 3', 'the integral of x', '3 + 4 ='])('finds mathematics in %j', (text) => {
  expect(fits({ kind: 'math' }, request(text), asker())).toBe(true);
});

test.each(['I was born on 12-03-1990.', 'Two tickets, please.', 'Open from 9-5', 'It costs $20, or $30 with lunch.'])('finds no mathematics in %j', (text) => {
  expect(fits({ kind: 'math' }, request(text), asker())).toBe(false);
});

test('looks at what is asked now, not at what was said before', () => {
  const messages = [{ role: 'user', content: '```js\n1\n```' }, { role: 'assistant', content: 'A one.' }, { role: 'user', content: 'Thank you.' }];
  expect(fits({ kind: 'code' }, request('', { messages }), asker())).toBe(false);
});

test('counts the tokens of all messages and of the tools', () => {
  expect(fits({ kind: 'tokens', over: 100 }, request('x'.repeat(600)), asker())).toBe(true);
  expect(fits({ kind: 'tokens', over: 1_000 }, request('x'.repeat(600)), asker())).toBe(false);
});

test('sees images and tools', () => {
  expect(fits({ kind: 'image' }, withImage('What is this?'), asker())).toBe(true);
  expect(fits({ kind: 'image' }, request('Hi'), asker())).toBe(false);
  expect(fits({ kind: 'tools' }, withTools('Hi'), asker())).toBe(true);
  expect(fits({ kind: 'tools' }, { ...withTools('Hi'), toolChoice: 'none' }, asker())).toBe(false);
});

test('takes a header at its client’s word, and a group only from what was verified', () => {
  const clever = { headers: { 'x-tier': 'gold', 'cognito:groups': 'premium', 'groups': 'premium' } };
  expect(fits({ kind: 'header', name: 'x-tier', value: 'gold' }, request('Hi'), asker(clever))).toBe(true);
  expect(fits({ kind: 'group', group: 'premium' }, request('Hi'), asker(clever))).toBe(false);
  expect(fits({ kind: 'group', group: 'premium' }, request('Hi'), asker({ groups: ['basic', 'premium'] }))).toBe(true);
});
