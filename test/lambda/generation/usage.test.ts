import { openAiUsage } from '../../../lambda/generation/usage';
import type { ModelPrices } from '../../../lib/contract/model';

const tokens = { input: 10, output: 4, cacheRead: 100, cacheWrite: 20 };

test('counts cached tokens into the prompt', () => {
  const usage = { prompt_tokens: 130, completion_tokens: 4, total_tokens: 134, prompt_tokens_details: { cached_tokens: 100 } };
  expect(openAiUsage(tokens, undefined)).toEqual(usage);
});

test.each([
  [{ input: 1, output: 10 }, 10 + 40 + 100 + 20],
  [{ input: 1, output: 10, cacheRead: 0.1, cacheWrite: 2 }, 10 + 40 + 10 + 40],
  [{ input: 1, output: 10, longPrompt: { above: 129, input: 2, output: 20 } }, 2 * (10 + 40 + 100 + 20)],
  [{ input: 1, output: 10, longPrompt: { above: 130, input: 2, output: 20 } }, 10 + 40 + 100 + 20],
  [{ input: 1, output: 10, tokens: { cacheWriteHour: 5 } }, 10 + 40 + 100 + 15 + 10],
  [{ input: 1, output: 10, cacheWriteHour: 3, tokens: { cacheWriteHour: 20 } }, 10 + 40 + 100 + 60],
  [{ input: 1, output: 10, tokens: { tier: 'flex' as const } }, (10 + 40 + 100 + 20) / 2],
  [{ input: 1, output: 10, tokens: { tier: 'priority' as const } }, (10 + 40 + 100 + 20) * 1.75],
])('tells the cost at the prices %j', ({ tokens: changes, ...prices }: ModelPrices & { tokens?: object }, millionths) => {
  expect(openAiUsage({ ...tokens, ...changes }, prices).cost).toBeCloseTo(millionths / 1e6, 12);
});

test('tells no cost of capacity that is paid by the hour', () => {
  expect(openAiUsage({ ...tokens, tier: 'reserved' }, { input: 1, output: 10 }).cost).toBeUndefined();
});
