import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, jsonSchema } from 'ai';
import OpenAI from 'openai';
import { type ErrorBody, runExample } from './run-example';

const example = runExample('chatbot-api');
const model = 'global.amazon.nova-2-lite-v1:0';
const schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const }, days: { type: 'integer' as const, minimum: 1 } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const response_format = { type: 'json_schema' as const, json_schema: { name: 'trip', strict: true, schema } };
const ask = (content: string) => ({ model, response_format, messages: [{ role: 'user' as const, content }] });
const client = () => new OpenAI({ baseURL: example.baseUrl, apiKey: example.token('user-a'), maxRetries: 0 });

describe('an answer by a schema', () => {
  test('is what the openai client parses', async () => {
    const { choices } = await client().chat.completions.parse(ask('Plan 3 days in "Lisbon"'));
    expect([choices[0].finish_reason, choices[0].message.refusal]).toEqual(['stop', null]);
    expect(JSON.parse(choices[0].message.content!)).toEqual({ city: 'Lisbon', days: 3 });
  });

  test('streams once it holds', async () => {
    const completion = await client().chat.completions.stream(ask('Plan 3 days in "Lisbon"')).finalChatCompletion();
    expect(JSON.parse(completion.choices[0].message.content!)).toEqual({ city: 'Lisbon', days: 3 });
  });

  test('is repaired once, and both answers are told in the usage', async () => {
    const plain = await client().chat.completions.create(ask('Plan 3 days in "Lisbon"'));
    const repaired = await client().chat.completions.create({ ...ask('Plan 3 days in "Lisbon", careless'), messages: [{ role: 'user', content: 'Plan 3 days in "Lisbon", careless' }] });
    expect(JSON.parse(repaired.choices[0].message.content!)).toEqual({ city: 'Lisbon', days: 3 });
    expect(repaired.usage!.prompt_tokens).toBeGreaterThan(2 * plain.usage!.prompt_tokens);
  });

  test('is what the ai SDK makes an object of', async () => {
    const provider = createOpenAICompatible({ name: 'patterns', baseURL: example.baseUrl, apiKey: example.token('user-a'), supportsStructuredOutputs: true });
    const { object } = await generateObject({ model: provider(model), schema: jsonSchema<{ city: string; days: number }>(schema), prompt: 'Plan 3 days in "Lisbon"' });
    expect(object).toEqual({ city: 'Lisbon', days: 3 });
  });

  test('that cannot hold is an error, and nothing of it is kept', async () => {
    const impossible = { type: 'json_schema', json_schema: { name: 'none', schema: { type: 'object', required: ['a'], properties: { a: { type: 'string', minLength: 9, maxLength: 1 } } } } };
    const response = await example.chat({ response_format: impossible, conversation_id: 'impossible', messages: [{ role: 'user', content: 'Try' }] });
    const { error } = await response.json() as ErrorBody;
    expect([response.status, error.code, error.message]).toEqual([502, 'invalid_output', expect.stringContaining('#/a')]);
    expect((await example.stored('impossible')).messages).toEqual([]);
  });
});
