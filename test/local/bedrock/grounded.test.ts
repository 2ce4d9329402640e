import { groundedAnswer } from '../../../local/bedrock/grounded';

const asks = (text: string, system?: string) => groundedAnswer({ system: system === undefined ? [] : [{ text: system }], messages: [{ role: 'user', content: [{ text }] }] });
const PASSAGES = '<passage id="a" source="x">Bread is baked at dawn. Milk is cold.</passage>\n<passage number="b" page="3">Bread is sold at noon.</passage>';

test('answers from the passages of a prompt, with the number of each, and nothing that does not answer', () => {
  expect(asks('When is bread baked?', PASSAGES)).toBe('Bread is baked at dawn. [a]');
  expect(asks('When is bread sold, and when baked?', PASSAGES)).toBe('Bread is baked at dawn. [a] Bread is sold at noon. [b]');
});

test('numbers passages that have no id, also those of a question', () => {
  expect(asks('<passage>Cold.</passage><search_result>Water boils at 100 degrees.</search_result> When does water boil?')).toBe('Water boils at 100 degrees. [2]');
});

test('says that it does not know what no passage says', () => {
  expect(asks('Who is king?', PASSAGES)).toBe('I do not know: the passages that I was given say nothing of it.');
});

test('leaves a prompt without passages to others', () => expect(asks('When is bread baked?')).toBeUndefined());
