import { runChats } from './run-stacks';
import { Geography, Guardrail, Model, Transport, WordFilter } from '../../lib';

interface Answer {
  readonly choices: [{ readonly message: { readonly content: string | null }; readonly finish_reason: string }];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly cost?: number };
}

describe('what a builder chooses holds at run time', () => {
  const chats = runChats((stack) => ({
    Guarded: { guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])], blockedInputMessage: 'Not here.' }) },
    Foundation: { model: Model.foundation('amazon.nova-lite-v1:0') },
    Europe: { model: Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5') },
    Billed: { model: Model.application(stack, 'Team', { source: Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), name: 'team-model', tags: { team: 'search' } }) },
    Whole: { model: Model.crossRegion(Geography.US, 'meta.llama4-scout-17b-instruct-v1:0') },
    Page: {
      transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com'] }),
      systemPrompt: 'Speak as a pirate: "Arr" & <ahoy>',
      conversations: { historyTokens: 256 },
      generation: { maxTokens: 12, temperature: 0.1 },
    },
  }));

  const send = (name: string, body: object, headers?: Record<string, string>) => chats.call(name, 'POST', 'v1/chat/completions', body, headers);
  const ask = async (name: string, content: string, more: object = {}) => {
    const response = await send(name, { messages: [{ role: 'user', content }], ...more });
    expect(response.status).toBe(200);
    return await response.json() as Answer;
  };

  test('a guardrail blocks a turn, says so, and leaves it out of the next', async () => {
    const blocked = await ask('Guarded', 'Tell me of nightingale.', { conversation_id: 'birds' });
    expect(blocked.choices[0].finish_reason).toBe('content_filter');
    expect(blocked.choices[0].message.content).toContain('Not here.');
    const next = await ask('Guarded', 'Tell me of rivers.', { conversation_id: 'birds' });
    expect(next.choices[0].finish_reason).toBe('stop');
    expect(next.choices[0].message.content).toContain('1 message of yours');
  });

  test.each(['Foundation', 'Europe', 'Billed', 'Whole'])('the model of %s answers within what its role may do', async (name) => {
    // A temperature reaches only the models that take one; the others would refuse the call.
    const answer = await ask(name, 'Tell me of rivers.', { temperature: 0.5 });
    expect(answer.choices[0].message.content).toContain('rivers');
    expect(answer.usage.cost).toBeGreaterThan(0);
  });

  test('a model that streams no tool calls is called as a whole, and still streams to the client', async () => {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
    const response = await send('Whole', { stream: true, tools, messages: [{ role: 'user', content: 'Use get_weather for Lisbon.' }] });
    const text = await response.text();
    expect(text).toContain('"name":"get_weather"');
    expect(text).toContain('"finish_reason":"tool_calls"');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  test('the system prompt, the answer\'s length and the window of history hold', async () => {
    const first = await ask('Page', 'x'.repeat(600), { conversation_id: 'long', max_tokens: 200 });
    expect(first.choices[0].message.content).toContain('Speak as a pirate: "Arr" & <ahoy>');
    const third = await ask('Page', 'And now?', { conversation_id: 'long' });
    expect(third.usage.completion_tokens).toBeLessThanOrEqual(12);
    expect(third.usage.prompt_tokens).toBeLessThan(600);
  });

  test('a page of a named origin may call, and no other', async () => {
    const preflight = (origin: string) => fetch(`${chats.url('Page')}v1/chat/completions`, {
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect((await preflight('https://chat.example.com')).headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
    const allowed = await send('Page', { messages: [{ role: 'user', content: 'hi' }] }, { origin: 'https://chat.example.com' });
    const other = await send('Page', { messages: [{ role: 'user', content: 'hi' }] }, { origin: 'https://evil.example.com' });
    const closed = await send('Foundation', { messages: [{ role: 'user', content: 'hi' }] }, { origin: 'https://chat.example.com' });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    expect(closed.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('no role was denied, and every grant for a model or a guardrail was used', async () => {
    const { roles } = await chats.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused }) => unused).filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});
