import { ConverseCommand, ConverseStreamCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';

describe.each(['HTTP/2', 'HTTP/1'] as const)('over %s', (protocol) => {
  let bedrock: LocalBedrock;
  beforeAll(async () => { bedrock = await startLocalBedrock(); });
  afterAll(() => bedrock.stop());
  const client = () => protocol === 'HTTP/2' ? bedrock.client : bedrock.overHttp1;

  test('streams an answer word by word and ends with its usage', async () => {
    const events = await eventsOf(await client().send(new ConverseStreamCommand(asks('What is a turn?'))));
    expect(events[0]).toEqual({ messageStart: { role: 'assistant' } });
    expect(events.filter((event) => event.contentBlockDelta).length).toBeGreaterThan(20);
    expect(textIn(events)).toMatch(/You said: What is a turn\?$/);
    expect(events.at(-2)).toEqual({ messageStop: { stopReason: 'end_turn' } });
    const { usage } = events.at(-1)?.metadata ?? {};
    expect(usage?.inputTokens).toBe(5);
    expect(usage?.totalTokens).toBe((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0));
  });

  test('answers Converse with the same words in one piece', async () => {
    const streamed = await eventsOf(await client().send(new ConverseStreamCommand(asks('Hello'))));
    const whole = await client().send(new ConverseCommand(asks('Hello')));
    expect(whole.output?.message?.content).toEqual([{ text: textIn(streamed) }]);
  });
});

test('refuses an operation that it does not have, aloud', async () => {
  const bedrock = await startLocalBedrock();
  await expect(bedrock.client.send(new InvokeModelWithResponseStreamCommand({ modelId: 'acme.m', body: '{}' }))).rejects.toThrow('the local Bedrock runtime has no POST /model/acme.m/invoke-with-response-stream');
  expect(bedrock.notices).toEqual([expect.stringContaining('refused, the local Bedrock runtime has no POST')]);
  await bedrock.stop();
});

test('refuses to invoke what is no embedding model that it knows', async () => {
  const bedrock = await startLocalBedrock();
  await expect(bedrock.client.send(new InvokeModelCommand({ modelId: 'acme.m', body: '{}' }))).rejects.toThrow("the local InvokeModel has embedding models only, and knows no 'acme.m'");
  await bedrock.stop();
});

test('answers many calls at once over one connection', async () => {
  const bedrock = await startLocalBedrock({ wordGapMs: 1 });
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => textIn(await eventsOf(await bedrock.client.send(new ConverseStreamCommand(asks(`call ${n}`)))))));
  expect(answers.map((text) => text.slice(text.indexOf('You said: ')))).toEqual(answers.map((_, n) => `You said: call ${n}`));
  await bedrock.stop();
});
