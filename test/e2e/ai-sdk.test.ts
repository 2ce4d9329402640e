import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { runExample } from './run-example';

const example = runExample('chatbot-api');
const model = () => createOpenAICompatible({
  name: 'patterns', baseURL: example.baseUrl, apiKey: example.token('user-a'), includeUsage: true,
})('global.amazon.nova-2-lite-v1:0');

describe('the ai SDK with its OpenAI-compatible provider, unmodified', () => {
  test('streams text with usage and a finish reason', async () => {
    const result = streamText({ model: model(), prompt: 'Tell me of rivers.' });
    const deltas: string[] = [];
    for await (const delta of result.textStream) deltas.push(delta);
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.join('')).toContain('rivers');
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  test('generates text', async () => {
    const { text } = await generateText({ model: model(), system: 'Be brief.', prompt: 'Tell me of rivers.' });
    expect(text).toContain('rivers');
  });

  test('runs a tool to its end', async () => {
    const asked: unknown[] = [];
    const { text, steps } = await generateText({
      model: model(),
      prompt: 'What is the weather in Lisbon? Use get_weather.',
      stopWhen: stepCountIs(3),
      tools: {
        get_weather: tool({
          description: 'The weather of a city',
          inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
          execute: async (input) => {
            asked.push(input);
            return { celsius: 21.5 };
          },
        }),
      },
    });
    expect(asked).toHaveLength(1);
    expect(steps).toHaveLength(2);
    expect(text).toContain('21.5');
  });

  test('reports an error in the middle of a stream as an error part', async () => {
    example.cloud.faults.set({ kind: 'error', times: 1 });
    const parts: string[] = [];
    const result = streamText({ model: model(), prompt: 'Tell me of rivers.', maxRetries: 0, onError: () => undefined });
    for await (const part of result.fullStream) parts.push(part.type);
    expect(parts).toContain('text-delta');
    expect(parts).toContain('error');
  });
});
