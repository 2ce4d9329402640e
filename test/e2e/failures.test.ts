import { type ErrorBody, runExample, userMessage } from './run-example';
import { useContent } from './use-content';

const example = runExample('chatbot-api');

/** The data of every event of a stream, as text. */
async function events(response: Response): Promise<string[]> {
  return [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data]) => data);
}

const streamed = (id: string) => example.chat({ ...userMessage('Tell me of rivers.'), stream: true, conversation_id: id });

describe('when the model fails', () => {
  afterEach(() => example.cloud.faults.set({ kind: 'none' }));

  test('retries a throttled call before the first token', async () => {
    example.cloud.faults.set({ kind: 'throttle', times: 1 });
    const response = await streamed('throttled-once');
    expect(response.status).toBe(200);
    expect((await events(response)).at(-1)).toBe('[DONE]');
    expect((await example.stored('throttled-once')).messages).toHaveLength(2);
  });

  test('retries a throttle that arrives inside the stream before the first token', async () => {
    example.cloud.faults.set({ kind: 'throttle-in-stream', times: 1 });
    expect((await events(await streamed('throttled-inside'))).at(-1)).toBe('[DONE]');
  });

  test('answers 429 with retry-after when it stays throttled, and stores nothing', async () => {
    example.cloud.faults.set({ kind: 'throttle' });
    const response = await example.chat({ ...userMessage('hello'), conversation_id: 'throttled' });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await response.json() as ErrorBody).error.type).toBe('rate_limit_error');
    expect((await example.stored('throttled')).status).toBe(404);
  }, 60_000);

  test.each(['error', 'unfinished', 'cut'] as const)('ends a stream that fails with %s in a typed error chunk, and stores nothing', async (kind) => {
    example.cloud.faults.set({ kind, times: 1 });
    const frames = await events(await streamed(`failed-${kind}`));
    const last = JSON.parse(frames.at(-1)!) as Partial<ErrorBody>;
    expect(last.error).toMatchObject({ message: expect.stringMatching(/./), type: expect.stringMatching(/./) });
    expect(frames).not.toContain('[DONE]');
    expect(frames.filter((frame) => frame.includes('"content"')).length).toBeGreaterThan(0);
    expect((await example.stored(`failed-${kind}`)).status).toBe(404);
  });

  test.each(['error', 'unfinished', 'cut'] as const)('answers a JSON request that fails with %s with an error status', async (kind) => {
    example.cloud.faults.set({ kind, times: 1 });
    const response = await example.chat(userMessage('Tell me of rivers.'));
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect((await response.json() as ErrorBody).error.message).toMatch(/./);
  });

  test('takes the same turn again after a failure', async () => {
    example.cloud.faults.set({ kind: 'error', times: 1 });
    await (await streamed('again')).text();
    expect((await events(await streamed('again'))).at(-1)).toBe('[DONE]');
    expect((await example.stored('again')).messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  test('refuses a second turn while one is running, and mixes nothing', async () => {
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    // A slow answer takes a second for each token.
    const first = await example.chat({ ...userMessage('Tell me of rivers.'), stream: true, conversation_id: 'busy', max_tokens: 4 });
    const second = await example.chat({ ...userMessage('me too'), conversation_id: 'busy' });
    expect(second.status).toBe(409);
    expect((await second.json() as ErrorBody).error.code).toBe('conversation_busy');
    await first.text();
    expect((await example.stored('busy')).messages).toHaveLength(2);
  });
});

describe('what is logged', () => {
  test('holds no word of a prompt or an answer', async () => {
    const canary = 'canary-5f0c2a';
    await example.chat({ ...userMessage(canary), conversation_id: 'canary' });
    await example.chat({ messages: [{ role: 'user', content: [canary] }] });
    example.cloud.faults.set({ kind: 'error', times: 1 });
    await (await example.chat({ ...userMessage(canary), stream: true })).text();
    const lines = example.cloud.logs.map(({ line }) => line);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => line.includes(canary))).toEqual([]);
  });

  test('carries tokens, time to first token and cost as metrics', async () => {
    await example.chat(userMessage('hello'));
    const { line } = await example.cloud.waitForLog((logged) => logged.line.includes('CloudWatchMetrics'));
    for (const metric of ['InputTokens', 'OutputTokens', 'TimeToFirstToken', 'Cost', 'Turns']) expect(line).toContain(metric);
  });
});

describe('permissions', () => {
  test('every call was allowed by the template, and every grant that can be seen was used', async () => {
    await example.get('v1/conversations');
    await example.stored('canary');
    expect((await example.send('DELETE', 'v1/conversations/canary')).status).toBe(200);
    await useContent(example);
    const { roles } = await example.cloud.report();
    expect(roles.length).toBeGreaterThan(0);
    for (const { denied, unknown, unused } of roles) expect({ denied, unknown, unused }).toEqual({ denied: [], unknown: [], unused: [] });
  });
});
