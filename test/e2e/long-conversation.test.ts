import { runChats } from './run-stacks';
import { ConversationSummary, Geography, Guardrail, Model, WordFilter } from '../../lib';

const WORDS = 'and tell me more of the rivers that flow from there to the sea '.repeat(6);
const weather = { type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } };

describe('a conversation that is longer than its model reads', () => {
  const chats = runChats((stack) => ({
    Window: { model: Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0', { capabilities: { contextTokens: 8_000, outputTokens: 2_048 } }) },
    Cached: { model: Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5'), conversations: { historyTokens: 4_000 } },
    Summed: {
      model: Model.crossRegion(Geography.EU, 'anthropic.claude-haiku-5-5'),
      guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])] }),
      conversations: { historyTokens: 2_000, summary: ConversationSummary.rolling({ model: Model.foundation('amazon.nova-micro-v1:0') }) },
    },
  }));

  const send = (chat: string, messages: object[], more: object = {}) => chats.openai(chat).chat.completions.create({
    model: undefined as never, messages: messages as never, stream: false, ...{ conversation_id: 'long' }, ...more,
  });
  const ask = async (chat: string, content: string, more: object = {}) => {
    const { choices: [{ message }], usage } = await send(chat, [{ role: 'user', content }], more);
    return { message, said: message.content ?? '', cached: usage?.prompt_tokens_details?.cached_tokens ?? 0, prompt: usage?.prompt_tokens ?? 0 };
  };

  test('goes on for a hundred turns with a window of 8000 tokens, tools in between', async () => {
    for (let turn = 1; turn <= 100; turn++) {
      const { message, prompt } = await ask('Window', `Turn ${turn}: ${turn % 10 === 0 ? 'call get_weather' : WORDS}`, { tools: [weather] });
      expect(prompt).toBeLessThan(8_000);
      if (!message.tool_calls) continue;
      const results = message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'sunny' }));
      expect((await send('Window', results, { tools: [weather] })).choices[0].message.content).toContain('sunny');
    }
  }, 120_000);

  test('keeps the model\'s cache while the window moves on', async () => {
    const turns = [];
    for (let turn = 1; turn <= 40; turn++) turns.push(await ask('Cached', `Turn ${turn}: ${WORDS}`));
    const grown = turns.slice(5);
    const hits = grown.filter(({ cached, prompt }) => cached > prompt / 2);
    expect(grown.some(({ prompt }, at) => at > 0 && prompt < grown[at - 1].prompt)).toBe(true);
    expect(hits.length / grown.length).toBeGreaterThan(0.75);
  }, 60_000);

  test('is summed up behind the answers, and what is told of it stands among the user\'s words', async () => {
    let last = '';
    for (let turn = 1; turn <= 16; turn++) last = (await ask('Summed', `Turn ${turn}: ${WORDS}`)).said;
    expect(last).toMatch(/I have read \d messages? of yours/);
    expect(chats.cloud.logs.filter(({ line }) => line.includes('summaryFailures'))).toEqual([]);
  }, 60_000);

  test('takes its summary along when it is deleted', async () => {
    expect((await chats.call('Summed', 'DELETE', 'v1/conversations/long')).status).toBe(200);
    expect((await ask('Summed', 'Hello again.')).said).toContain('1 message of yours');
  });

  test('is granted nothing that it does not use', async () => {
    const { roles } = await chats.cloud.report();
    for (const { denied, unknown } of roles) expect({ denied, unknown }).toEqual({ denied: [], unknown: [] });
    expect(roles.flatMap(({ unused }) => unused).filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});
