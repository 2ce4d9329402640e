import { questionsAsked } from '../../../local/bedrock/questions';

const asks = (text: string) => questionsAsked({ messages: [{ role: 'user', content: [{ text }] }] } as never);
const conversation = (...said: string[]) => `<conversation>\n${said.map((text, at) => (at % 2 ? `<assistant>\n${text}\n</assistant>` : `<user>\n${text}\n</user>`)).join('\n')}\n</conversation>\nThe last message asks:`;

test('writes each question down by itself', () => {
  expect(asks(conversation('Who? And when?'))).toBe('Who?\nAnd when?');
});

test('tells a follow-up with what it follows', () => {
  expect(asks(conversation('A badge is lost.', 'Call.', 'And who answers?'))).toBe('A badge is lost. And who answers?');
  expect(asks(conversation('A badge is lost.', 'Call.', 'Who answers?'))).toBe('Who answers?');
});

test('puts a question in the words that it knows others for, and states what may answer it', () => {
  const said = conversation('How much vacation is there?');
  expect(asks(said.replace('The last message asks:', 'The last message asked otherwise:'))).toBe('How much leave is there?');
  expect(asks(said.replace('The last message asks:', 'A passage that answers the last message:'))).toBe('It is written: How much leave is there.');
});

test('is for nothing else', () => {
  expect(asks('Who?')).toBeUndefined();
});
