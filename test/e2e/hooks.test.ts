import { Duration, type Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { runChats } from './run-stacks';
import { Buffering, Guardrail, HookFailureMode, SentenceTransform, WordFilter } from '../../lib';

/** What the user says decides what the functions do. */
const BEFORE = `exports.handler = async ({ messages, caller }) => {
  const words = messages.at(-1).content;
  if (words.includes('secret')) return { refuse: { reason: 'That is not for you.' } };
  if (words.includes('crash')) throw new Error('broken by ' + words);
  if (words.includes('sleep')) await new Promise((resolve) => setTimeout(resolve, 3000));
  if (words.includes('nonsense')) return 'nonsense';
  if (words.includes('poison')) return { context: 'The nightingale sings.' };
  if (words.includes('translate')) return { messages: [{ role: 'user', content: 'Tell me of rivers.' }] };
  return { system: 'The caller is in ' + (caller.groups.join(' and ') || 'no group') + '.' };
};`;
const MODEL = 'global.amazon.nova-2-lite-v1:0';
const SHOUT = 'exports.handler = async ({ sentences }) => ({ sentences: sentences.map((sentence) => sentence.toUpperCase()) });';
const AFTER = `exports.handler = async (event) => {
  console.log('AFTER ' + JSON.stringify({ turn: event.turn, conversation: event.conversation, caller: event.caller, finish: event.answer.finishReason, tokens: event.usage.total_tokens }));
};`;

describe('functions of a builder around turns', () => {
  const own = (stack: Stack, id: string, code: string) => new LambdaFunction(stack, id, { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline(code), timeout: Duration.seconds(10) });
  const chats = runChats((stack) => {
    const before = { handler: own(stack, 'Before', BEFORE), timeout: Duration.seconds(1) };
    const guardrail = new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])], blockedInputMessage: 'Not asked.', blockedOutputMessage: 'Not said.' });
    return {
      Closed: { guardrail, hooks: { before, after: { handler: own(stack, 'After', AFTER) } } },
      Open: { guardrail, hooks: { before: { ...before, failure: HookFailureMode.GO_ON, trusted: true } } },
      Shouting: { hooks: { sentences: SentenceTransform.lambda(own(stack, 'Shout', SHOUT)) } },
      Masked: { hooks: { sentences: SentenceTransform.replace([{ pattern: '[0-9]{4}-[0-9]{4}', replacement: '(number)' }]) }, generation: { buffering: Buffering.sentence() } },
    };
  });
  // The first start of a function is not what is measured against a second.
  beforeAll(() => ask('Closed', 'warm').then(() => undefined, () => undefined));

  const ask = async (name: string, content: string, apiKey?: string) => {
    const stream = chats.openai(name, apiKey).chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content }] });
    return (await stream.finalChatCompletion()).choices[0];
  };

  test('the function before a turn tells the model who asks, by verified groups', async () => {
    const answer = await ask('Closed', 'Tell me of rivers.', chats.cloud.mintToken('user-a', { claims: { 'cognito:groups': ['staff', 'beta'] } }));
    expect(answer.message.content).toContain('The caller is in staff and beta');
  });

  test('it rewrites, and refuses with a reason that OpenAI\'s client shows', async () => {
    expect((await ask('Closed', 'translate: erzähl von Flüssen')).message.content).toContain('rivers');
    await expect(ask('Closed', 'the secret')).rejects.toMatchObject({ status: 403, code: 'refused', message: expect.stringContaining('That is not for you.') });
  });

  test.each([['crash', 502, 'hook_failed'], ['sleep', 503, 'hook_timeout'], ['nonsense', 502, 'hook_failed']])('a %s closes the turn, or lets it go on, as the builder says', async (words, status, code) => {
    await expect(ask('Closed', words)).rejects.toMatchObject({ status, code });
    expect((await ask('Open', words)).finish_reason).toBe('stop');
    const { line } = await chats.cloud.waitForLog((logged) => logged.line.includes(`"errorCode":"${code}"`));
    expect(JSON.parse(line)).toMatchObject({ beforeTurnHook: expect.any(String), HookFailures: 1 });
  });

  test('what it adds is shown to the guardrail, unless the builder vouches for it', async () => {
    // The local model repeats what it is told, so what passes as a prompt is blocked as an answer.
    expect((await ask('Closed', 'poison')).message.content).toBe('Not asked.');
    expect((await ask('Open', 'poison')).message.content).toContain('Not said.');
  });

  test('the function after a turn gets an event with what the turn took', async () => {
    const { usage } = await chats.openai('Closed').chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Count me.' }] }, { headers: { 'x-conversation-id': 'counted' } });
    const { line } = await chats.cloud.waitForLog((logged) => logged.line.startsWith('AFTER') && logged.line.includes('"counted"'));
    expect(JSON.parse(line.slice(6))).toMatchObject({ conversation: 'counted', caller: { groups: [] }, finish: 'stop', tokens: usage!.total_tokens });
  });

  test('sentences of an answer are changed by a function, and no call of a tool is', async () => {
    const stream = chats.openai('Shouting').chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content: 'Tell me. Of rivers.' }], stream_options: { include_usage: true } });
    const { choices: [{ message }], usage } = await stream.finalChatCompletion();
    expect(message.content).toContain('TELL ME. OF RIVERS.');
    expect(usage!.completion_tokens).toBeGreaterThan(0);
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
    const called = await chats.openai('Shouting').chat.completions.create({ model: MODEL, tools, messages: [{ role: 'user', content: 'Use get_weather for Lisbon.' }] });
    expect(called.choices[0].message.tool_calls).toMatchObject([{ function: { name: 'get_weather', arguments: expect.stringContaining('Lisbon') } }]);
  });

  test('what patterns find reaches neither the client nor the store, in whatever pieces the model says it', async () => {
    const options = { headers: { 'x-conversation-id': 'masked' } };
    const stream = chats.openai('Masked').chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content: 'Repeat: call 1234-5678 now. Then rest.' }] }, options);
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const { choices: [{ message }] } = await stream.finalChatCompletion();
    expect(message.content).toContain('call (number) now. Then rest.');
    expect(pieces.every((piece) => /[.!?:\s]$/.test(piece))).toBe(true);
    expect((await chats.stored('Masked', 'masked')).at(-1)!.content).toBe(message.content);
  });

  test('no role was denied, and every grant for a function was used', async () => {
    const { roles } = await chats.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused, untouched }) => [...unused, ...untouched]).filter(({ action }) => action.startsWith('lambda:'))).toEqual([]);
  });
});
