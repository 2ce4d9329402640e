import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import OpenAI from 'openai';
import { Buffering, ApiAuth, ChatbotApi, type ChatbotApiProps, Guardrail, HookFailureMode, SentenceTransform, WordFilter } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

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
  const assembly = mkdtempSync(join(tmpdir(), 'hooks-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Hooks');
    const own = (id: string, code: string) => new LambdaFunction(stack, id, { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline(code), timeout: Duration.seconds(10) });
    const auth = ApiAuth.cognito(new cognito.UserPool(stack, 'Users'));
    const define = (name: string, props: ChatbotApiProps) => new CfnOutput(stack, name, { value: new ChatbotApi(stack, `${name}Chat`, { auth, ...props }).url });
    const before = own('Before', BEFORE);
    const guardrail = new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])], blockedInputMessage: 'Not asked.', blockedOutputMessage: 'Not said.' });
    define('Closed', { guardrail, hooks: { before: { handler: before, timeout: Duration.seconds(1) }, after: { handler: own('After', AFTER) } } });
    define('Open', { guardrail, hooks: { before: { handler: before, timeout: Duration.seconds(1), failure: HookFailureMode.GO_ON, trusted: true } } });
    define('Shouting', { hooks: { sentences: SentenceTransform.lambda(own('Shout', SHOUT)) } });
    define('Masked', { hooks: { sentences: SentenceTransform.replace([{ pattern: '[0-9]{4}-[0-9]{4}', replacement: '(number)' }]) }, generation: { buffering: Buffering.sentence() } });
    app.synth();
    cloud = await startCloud({ assembly });
    // The first start of a function is not what is measured against a second.
    await ask('Closed', 'warm').catch(() => undefined);
  }, 90_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const client = (name: string, apiKey = cloud.session.users['user-a']) => new OpenAI({ apiKey, baseURL: `${cloud.outputs.Hooks[name]}v1`, maxRetries: 0 });
  const ask = async (name: string, content: string, apiKey?: string) => {
    const stream = client(name, apiKey).chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content }] });
    return (await stream.finalChatCompletion()).choices[0];
  };

  test('the function before a turn tells the model who asks, by verified groups', async () => {
    const answer = await ask('Closed', 'Tell me of rivers.', cloud.mintToken('user-a', { claims: { 'cognito:groups': ['staff', 'beta'] } }));
    expect(answer.message.content).toContain('The caller is in staff and beta');
  });

  test('it rewrites, and refuses with a reason that OpenAI\'s client shows', async () => {
    expect((await ask('Closed', 'translate: erzähl von Flüssen')).message.content).toContain('rivers');
    await expect(ask('Closed', 'the secret')).rejects.toMatchObject({ status: 403, code: 'refused', message: expect.stringContaining('That is not for you.') });
  });

  test.each([['crash', 502, 'hook_failed'], ['sleep', 503, 'hook_timeout'], ['nonsense', 502, 'hook_failed']])('a %s closes the turn, or lets it go on, as the builder says', async (words, status, code) => {
    await expect(ask('Closed', words)).rejects.toMatchObject({ status, code });
    expect((await ask('Open', words)).finish_reason).toBe('stop');
    const { line } = await cloud.waitForLog((logged) => logged.line.includes(`"errorCode":"${code}"`));
    expect(JSON.parse(line)).toMatchObject({ beforeTurnHook: expect.any(String), HookFailures: 1 });
  });

  test('what it adds is shown to the guardrail, unless the builder vouches for it', async () => {
    // The local model repeats what it is told, so what passes as a prompt is blocked as an answer.
    expect((await ask('Closed', 'poison')).message.content).toBe('Not asked.');
    expect((await ask('Open', 'poison')).message.content).toContain('Not said.');
  });

  test('the function after a turn gets an event with what the turn took', async () => {
    const { usage } = await client('Closed').chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Count me.' }] }, { headers: { 'x-conversation-id': 'counted' } });
    const { line } = await cloud.waitForLog((logged) => logged.line.startsWith('AFTER') && logged.line.includes('"counted"'));
    expect(JSON.parse(line.slice(6))).toMatchObject({ conversation: 'counted', caller: { groups: [] }, finish: 'stop', tokens: usage!.total_tokens });
  });

  test('sentences of an answer are changed by a function, and no call of a tool is', async () => {
    const stream = client('Shouting').chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content: 'Tell me. Of rivers.' }], stream_options: { include_usage: true } });
    const { choices: [{ message }], usage } = await stream.finalChatCompletion();
    expect(message.content).toContain('TELL ME. OF RIVERS.');
    expect(usage!.completion_tokens).toBeGreaterThan(0);
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
    const called = await client('Shouting').chat.completions.create({ model: MODEL, tools, messages: [{ role: 'user', content: 'Use get_weather for Lisbon.' }] });
    expect(called.choices[0].message.tool_calls).toMatchObject([{ function: { name: 'get_weather', arguments: expect.stringContaining('Lisbon') } }]);
  });

  test('what patterns find reaches neither the client nor the store, in whatever pieces the model says it', async () => {
    const options = { headers: { 'x-conversation-id': 'masked' } };
    const stream = client('Masked').chat.completions.stream({ model: MODEL, messages: [{ role: 'user', content: 'Repeat: call 1234-5678 now. Then rest.' }] }, options);
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const { choices: [{ message }] } = await stream.finalChatCompletion();
    expect(message.content).toContain('call (number) now. Then rest.');
    expect(pieces.every((piece) => /[.!?:\s]$/.test(piece))).toBe(true);
    const kept = await fetch(`${cloud.outputs.Hooks.Masked}v1/conversations/masked`, { headers: { authorization: `Bearer ${cloud.session.users['user-a']}` } });
    const { messages } = await kept.json() as { messages: { role: string; content: string }[] };
    expect(messages.at(-1)!.content).toBe(message.content);
  });

  test('no role was denied, and every grant for a function was used', async () => {
    const { roles } = await cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused, untouched }) => [...unused, ...untouched]).filter(({ action }) => action.startsWith('lambda:'))).toEqual([]);
  });
});
