import { estimateTokens, tokensEnd } from '../../../lambda/chunk/tokens';

/** As public examples of an encoding of 100,000 pieces tell them. */
test.each([
  ['2 + 2 = 4', 7],
  ['お誕生日おめでとう', 9],
  ['Hello, world!', 4],
  ['The quick brown fox jumps over the lazy dog.', 10],
])('%s is %d tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

test('white space between words costs nothing, and what has no words little', () => {
  expect(estimateTokens('one two three four')).toBe(4);
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('-'.repeat(60))).toBeLessThan(8);
});

test('code costs about a token in three characters', () => {
  const code = 'export function add(left: number, right: number): number {\n  return left + right;\n}\n'.repeat(20);
  expect(code.length / estimateTokens(code)).toBeGreaterThan(2.8);
  expect(code.length / estimateTokens(code)).toBeLessThan(4.6);
});

test('Chinese costs more than a token for each character', () => {
  const text = '港口每天早上九点开放，下午五点关闭。'.repeat(20);
  expect(estimateTokens(text) / text.length).toBeGreaterThan(1);
  expect(estimateTokens(text) / text.length).toBeLessThan(1.4);
});

test('as many tokens end at a word', () => {
  const text = 'alpha beta gamma delta epsilon zeta eta theta';
  expect(text.slice(0, tokensEnd(text, 0, text.length, 3)).trim()).toBe('alpha beta gamma');
  expect(tokensEnd(text, 0, text.length, 100)).toBe(text.length);
});
