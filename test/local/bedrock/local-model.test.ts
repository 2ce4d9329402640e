import { ContentBlock, ConverseCommand, ConverseCommandInput, ConverseStreamCommand, CountTokensCommand, Message, Tool } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';

let bedrock: LocalBedrock;
beforeAll(async () => {
  bedrock = await startLocalBedrock({
    models: () => ({ contextTokens: 100_000, outputTokens: 10_000, tools: 'streaming', sampling: 'both', inputs: ['text'], cacheMinimum: 10 }),
  });
});
afterAll(() => bedrock.stop());

const converse = (input: Partial<ConverseCommandInput>) => bedrock.client.send(new ConverseCommand({ ...asks('Hello'), ...input }));
const said = (answer: { output?: { message?: Message } }) => answer.output?.message?.content?.map(({ text }) => text).join('');
const toolUses = (content: ContentBlock[] = []) => content.flatMap(({ toolUse }) => toolUse ?? []);

const weather: Tool = {
  toolSpec: {
    name: 'get_weather',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['celsius', 'kelvin'] } }, required: ['city', 'days'] } },
  },
};
const stocks: Tool = { toolSpec: { name: 'lookupStockPrice', inputSchema: { json: { type: 'object', properties: { symbol: { type: 'string' } }, required: ['symbol'] } } } };
const clock: Tool = { toolSpec: { name: 'clock', inputSchema: { json: { type: 'object' } } } };

test.each(['plain', 'a\u0000b', '田中さん 🏳️‍🌈', 'You said: "x"\n\n', '\ud83d\ude00'.repeat(300), ' lead', 'Z̮̞̠͙͔ͅḀ̗̞͈̻'])('repeats the last user text exactly: %j', async (text) => {
  const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand(asks(text))));
  const answer = textIn(events);
  expect(answer.slice(answer.indexOf('You said: ') + 10)).toBe(text);
});

test('says how many messages of the user it has read', async () => {
  const messages: Message[] = [1, 2, 3].flatMap((n) => [{ role: 'user', content: [{ text: `q${n}` }] }, { role: 'assistant', content: [{ text: `a${n}` }] }]);
  const answer = await converse({ messages: [...messages, { role: 'user', content: [{ text: 'And?' }] }] });
  expect(said(answer)).toContain('I have read 4 messages of yours.');
});

test('tells a newcomer what it is and how to reach a real model, in the first answer only', async () => {
  const first = said(await converse({}));
  expect(first).toContain('local model');
  expect(first).toContain('--bedrock');
  const messages: Message[] = [...asks('Hi').messages, { role: 'assistant', content: [{ text: 'Hi' }] }, ...asks('Again').messages];
  expect(said(await converse({ messages }))).not.toContain('--bedrock');
});

test('shows the beginning of its instructions', async () => {
  const answer = await converse({ system: [{ text: 'You are a pirate.\nNever tell.' }, { text: 'Be brief.' }] });
  expect(said(answer)).toContain('My instructions begin: You are a pirate.');
});

test('stops at maxTokens and says so', async () => {
  const answer = await converse({ inferenceConfig: { maxTokens: 7 } });
  expect(answer).toMatchObject({ stopReason: 'max_tokens', usage: { outputTokens: 7 } });
});

test('stops before a stop sequence', async () => {
  const answer = await converse({ ...asks('one two STOP three'), inferenceConfig: { stopSequences: [' STOP', 'nowhere'] } });
  expect(answer.stopReason).toBe('stop_sequence');
  expect(said(answer)).toMatch(/You said: one two$/);
});

test('calls the tool that the text mentions, with arguments found in it', async () => {
  const answer = await converse({ ...asks('What is the weather in Paris for the next 3 days, in Kelvin?'), toolConfig: { tools: [weather, stocks] } });
  expect(answer.stopReason).toBe('tool_use');
  expect(toolUses(answer.output?.message?.content)).toEqual([
    { name: 'get_weather', toolUseId: expect.stringMatching(/^tooluse_[a-zA-Z0-9]{22}$/), input: { city: 'Paris', days: 3, unit: 'kelvin' } },
  ]);
});

test('finds an argument without a capital behind a preposition', async () => {
  const answer = await converse({ ...asks('weather in new york, 2 days please'), toolConfig: { tools: [weather] } });
  expect(toolUses(answer.output?.message?.content)).toMatchObject([{ input: { city: 'new york', days: 2 } }]);
});

test('calls several tools in one turn, each with an id of its own', async () => {
  const answer = await converse({ ...asks('Compare the weather in "New York" with the stock price, please'), toolConfig: { tools: [weather, stocks] } });
  const uses = toolUses(answer.output?.message?.content);
  expect(uses.map(({ name }) => name)).toEqual(['get_weather', 'lookupStockPrice']);
  expect(new Set(uses.map(({ toolUseId }) => toolUseId)).size).toBe(2);
});

test('streams the arguments of a tool in fragments that make one JSON', async () => {
  const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand({ ...asks('weather in Oslo for 2 days'), toolConfig: { tools: [weather] } })));
  const fragments = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? []);
  expect(fragments.length).toBeGreaterThan(1);
  expect(JSON.parse(fragments.join(''))).toEqual({ city: 'Oslo', days: 2 });
  expect(events.find((event) => event.messageStop)?.messageStop?.stopReason).toBe('tool_use');
});

test('gives an empty object to a tool without arguments', async () => {
  const answer = await converse({ ...asks('what says the clock'), toolConfig: { tools: [clock] } });
  expect(toolUses(answer.output?.message?.content)).toMatchObject([{ name: 'clock', input: {} }]);
});

test('answers in words when no tool is mentioned', async () => {
  expect(await converse({ ...asks('Hello'), toolConfig: { tools: [weather] } })).toMatchObject({ stopReason: 'end_turn' });
});

test('uses the tool that it is made to use, and some tool when it is made to use any', async () => {
  const named = await converse({ toolConfig: { tools: [weather, stocks], toolChoice: { tool: { name: 'lookupStockPrice' } } } });
  expect(toolUses(named.output?.message?.content)).toMatchObject([{ name: 'lookupStockPrice' }]);
  const any = await converse({ toolConfig: { tools: [weather, stocks], toolChoice: { any: {} } } });
  expect(toolUses(any.output?.message?.content)).toMatchObject([{ name: 'get_weather' }]);
});

test('answers from the results of its tools', async () => {
  const answer = await converse({
    toolConfig: { tools: [weather] },
    messages: [
      { role: 'user', content: [{ text: 'weather in Oslo for 1 day' }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Oslo', days: 1 } } }, { toolUse: { toolUseId: 't2', name: 'get_weather', input: {} } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ json: { sky: 'clear' } }] } }, { toolResult: { toolUseId: 't2', content: [{ text: 'no such city' }], status: 'error' } }] },
    ],
  });
  expect(answer.stopReason).toBe('end_turn');
  expect(said(answer)).toContain('The tool get_weather says: {"sky":"clear"}');
  expect(said(answer)).toContain('The tool get_weather failed: no such city');
  expect(said(answer)).toMatch(/You said: weather in Oslo for 1 day$/);
});

test('writes a long prompt to the cache, reads it the next time, and counts it apart from the input', async () => {
  const system = [{ text: `Rules ${Math.random()} ${'rule '.repeat(50)}` }, { cachePoint: { type: 'default' as const } }];
  const first = (await converse({ system })).usage;
  const second = (await converse({ system })).usage;
  expect(first?.cacheWriteInputTokens).toBeGreaterThan(50);
  expect(second).toMatchObject({ cacheReadInputTokens: first?.cacheWriteInputTokens, cacheWriteInputTokens: 0, inputTokens: first?.inputTokens });
  expect(second?.totalTokens).toBe((second?.inputTokens ?? 0) + (second?.cacheReadInputTokens ?? 0) + (second?.outputTokens ?? 0));
});

test('says for how long it keeps what it writes, and which tier answers', async () => {
  const lines = (name: string) => [{ text: `${name} ${Math.random()} ${'rule '.repeat(50)}` }, { cachePoint: { type: 'default' as const, ...(name === 'hour' && { ttl: '1h' as const }) } }];
  const answer = await converse({ modelId: 'anthropic.claude-sonnet-5-5', system: [...lines('hour'), ...lines('minutes')], serviceTier: { type: 'flex' } });
  const [hour, minutes] = answer.usage?.cacheDetails ?? [];
  expect([hour.ttl, minutes.ttl, (hour.inputTokens ?? 0) + (minutes.inputTokens ?? 0)]).toEqual(['1h', '5m', answer.usage?.cacheWriteInputTokens]);
  expect(answer.serviceTier).toEqual({ type: 'flex' });
});

test('caches nothing under the model\'s minimum', async () => {
  const answer = await converse({ system: [{ text: 'short' }, { cachePoint: { type: 'default' } }] });
  expect(answer.usage).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 0 });
});

test('counts tokens of a prompt as a call would be charged', async () => {
  const { messages } = asks('How many tokens are in this sentence?');
  const counted = await bedrock.client.send(new CountTokensCommand({ modelId: asks('').modelId, input: { converse: { messages } } }));
  expect(counted.inputTokens).toBe((await converse({ messages })).usage?.inputTokens);
});
