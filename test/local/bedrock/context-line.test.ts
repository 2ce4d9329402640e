import { contextLine } from '../../../local/bedrock/context-line';

const asks = (document: string, part: string) => contextLine({
  messages: [{ role: 'user', content: [{ text: document }] }, { role: 'assistant', content: [{ text: 'I have read it.' }] }, { role: 'user', content: [{ text: part }] }],
} as never);

test('says what a part stands in, by the document\'s title or its first line', () => {
  expect(asks('<document>\nTitle: Harbour rules\n\nShips wait.\n</document>', '<part>\nShips wait.\n</part>')).toBe('This part stands in Harbour rules.');
  expect(asks('<document>\n\n## Fees of 2026\n\nShips pay.\n</document>', '<part>\nShips pay.\n</part>')).toBe('This part stands in Fees of 2026.');
});

test('is for nothing else', () => {
  expect(asks('Hello', '<part>\nShips wait.\n</part>')).toBeUndefined();
  expect(asks('<document>\nHello\n</document>', 'And now?')).toBeUndefined();
});
