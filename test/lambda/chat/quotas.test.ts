import { Meter } from '../../../lambda/chat/meter';
import type { CountedPrompt } from '../../../lambda/chat/prompt';
import type { TurnContext } from '../../../lambda/chat/turn-terms';
import type { GenerationEvent } from '../../../lambda/generation/generation';
import { promptTokens, textTokens } from '../../../lambda/generation/tokens';
import type { Prompt } from '../../../lambda/ports/model';
import type { QuotasPolicy } from '../../../lib/contract/chat-quotas';
import { ChatApi } from '../fakes/api';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { ScriptedHooks } from '../fakes/hooks';
import { type LongScript, says, ScriptedModel, stop, text } from '../fakes/model';
import { facts } from '../fakes/policy';
import { MemoryQuotas } from '../fakes/quotas';
import { Talk } from '../fakes/talk';

const hi = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 100 };
/** What a turn really takes, as the model of these tests counts it. */
const TAKEN = 134;
const DAY = 86_400;

const userQuota = (limit: { requests?: number; tokens?: number }): QuotasPolicy => ({ user: [{ windowSeconds: DAY, ...limit }], groups: [] });
const promptOf = ({ system, messages, tools }: Prompt) => promptTokens(system, messages, tools);
const limits = (headers: Record<string, string>) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-ratelimit')));

test('tells on every answer what is left, and counts what a turn really took', async () => {
  const api = new ChatApi([says('Hello.')], { quotas: userQuota({ requests: 3, tokens: 1_000 }) });
  const { headers } = await api.chat(hi);
  const [{ system, messages, tools }] = api.model.prompts;
  const reserved = 100 + promptTokens(system, messages, tools);
  expect(limits(headers)).toEqual({
    'x-ratelimit-limit-requests': '3',
    'x-ratelimit-remaining-requests': '2',
    'x-ratelimit-reset-requests': expect.stringMatching(/^(\d+h)?(\d+m)?\d+s$/),
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': String(1_000 - reserved),
    'x-ratelimit-reset-tokens': expect.stringMatching(/^(\d+h)?(\d+m)?\d+s$/),
  });
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: TAKEN } });
  const streamed = await api.chat({ ...hi, stream: true, conversation_id: 'c1' });
  expect(limits(streamed.headers)).toMatchObject({ 'x-ratelimit-remaining-requests': '1' });
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 2, tokens: 2 * TAKEN } });
});

test.each([true, false])('refuses with 429 what is over, asks no model for it, and lets go of the conversation (streaming: %s)', async (stream) => {
  const api = new ChatApi([says('Hello.')], { quotas: userQuota({ requests: 1 }) });
  await api.chat({ ...hi, conversation_id: 'c1' });
  const { status, headers, json } = await api.chat({ ...hi, stream, conversation_id: 'c1' });
  expect([status, json().error]).toEqual([429, {
    message: expect.stringMatching(/^You have used all 1 requests in 24h0m0s\. Try again in .*s\.$/), type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded',
  }]);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0', 'x-should-retry': 'false' });
  expect(api.model.prompts).toHaveLength(1);
  expect(api.metrics.at(-1)).toMatchObject({ QuotaRefusals: 1, Throttles: 0, Errors: 0 });
  expect((await api.chat({ ...hi, conversation_id: 'c1' })).status).toBe(429);
});

test('refuses a turn that would take more tokens than are left, and one that no quota would hold', async () => {
  const api = new ChatApi([says('Hello.')], { quotas: userQuota({ tokens: 300 }) });
  await api.chat(hi);
  const { status, json } = await api.chat({ ...hi, max_tokens: 170 });
  expect([status, json().error.message]).toEqual([429, expect.stringContaining('more than the 166 that you have left of 300')]);
  const hopeless = await api.chat({ ...hi, max_tokens: 301 });
  expect(hopeless.status).toBe(429);
  expect(hopeless.json().error.message).toMatch(/^This request may take \d+ tokens, more than the 300 that you may take in 24h0m0s altogether, so waiting does not help\. Ask for a shorter answer with 'max_tokens'/);
  expect(hopeless.headers).toMatchObject({ 'x-should-retry': 'false', 'x-ratelimit-remaining-tokens': '166' });
  expect(hopeless.headers).not.toHaveProperty('retry-after');
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: TAKEN } });
});

test('says that waiting does not help when the smaller of two buckets could never hold a turn', async () => {
  const quotas = { user: [{ windowSeconds: 60, tokens: 200 }, { windowSeconds: DAY, requests: 1 }], groups: [] };
  const api = new ChatApi([says('Hello.')], { quotas });
  await api.chat(hi);
  const { headers, json } = await api.chat({ ...hi, max_tokens: 201 });
  expect(json().error.message).toContain('more than the 200 that you may take in 1m0s altogether, so waiting does not help');
  expect(headers).not.toHaveProperty('retry-after');
});

test('draws on every bucket of the caller, and gives back what a fuller one does not grant', async () => {
  const quotas: QuotasPolicy = {
    user: [{ windowSeconds: 60, requests: 100 }],
    groups: [{ name: 'beta', member: [{ windowSeconds: 60, requests: 50 }], together: [{ windowSeconds: DAY, tokens: 400 }] }, { name: 'staff', together: [] }],
  };
  const api = new ChatApi([says('Hello.')], { quotas });
  const answered = await api.chat(hi, { groups: ['staff', 'beta'] });
  expect(limits(answered.headers)).toMatchObject({ 'x-ratelimit-limit-requests': '50', 'x-ratelimit-limit-tokens': '400' });
  const full = { caller: 'bob', groups: ['beta'] };
  await api.chat({ ...hi, max_tokens: 200 }, full);
  expect((await api.chat({ ...hi, max_tokens: 200 }, full)).json().error.message).toContain('that your group has left of 400');
  expect(api.quotas.taken).toEqual({
    'user ada 60': { requests: 1, tokens: TAKEN }, 'user bob 60': { requests: 1, tokens: TAKEN }, [`group beta ${DAY}`]: { requests: 2, tokens: 2 * TAKEN },
  });
  expect(limits((await api.chat(hi, { caller: 'eve' })).headers)).toMatchObject({ 'x-ratelimit-limit-requests': '100' });
});

test('counts a turn that failed before a word as none, and one that broke off by what was said', async () => {
  const api = new ChatApi([[new Error('broken')], [text('word '.repeat(30)), new Error('broken')], says('Hello.')], { quotas: userQuota({ tokens: 1_000 }) });
  const failed = await api.chat(hi);
  expect(failed.status).toBe(500);
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 0, tokens: 0 } });
  await api.chat(hi);
  const [{ system, messages, tools }] = api.model.prompts;
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: promptTokens(system, messages, tools) + 50 } });
});

const form = { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object', required: ['a'] } } } };

test('counts an answer that was held back until it has its form, where it broke off', async () => {
  const api = new ChatApi([[text('{"a": '.repeat(30)), new Error('broken')]], { quotas: userQuota({ tokens: 2_000 }) });
  expect((await api.chat({ ...hi, ...form })).status).toBe(500);
  const [prompt] = api.model.prompts;
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: promptOf(prompt) + textTokens('{"a": '.repeat(30)) } });
});

test.each<[string, LongScript, (prompts: readonly Prompt[]) => number]>([
  ['holds', says('{"a":1}'), () => 2 * TAKEN],
  ['does not fit either', says('{"c":1}'), () => 2 * TAKEN],
  ['fails', [new Error('broken')], () => TAKEN],
  ['breaks off', [text('{"c'), new Error('broken')], ([first]) => TAKEN + promptOf(first) + textTokens('{"b":1}') + textTokens('{"c')],
])('counts an answer that did not fit its form, and a second that %s', async (_, second, taken) => {
  const api = new ChatApi([says('{"b":1}'), second], { quotas: userQuota({ tokens: 2_000 }) });
  await api.chat({ ...hi, ...form });
  expect(api.model.prompts).toHaveLength(2);
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: taken(api.model.prompts) } });
});

test('counts words that were never told, for their sentence came to no end or was to be changed', async () => {
  const words = 'word '.repeat(30);
  for (const sentences of [{ replacements: [], holdMs: 60_000 }, { functionArn: 'change', timeoutMs: 1_000, failure: 'refuse', holdMs: 60_000 } as const]) {
    const api = new ChatApi([[text(words), new Error('broken')]], { quotas: userQuota({ tokens: 2_000 }), hooks: { sentences }, hookFunctions: new ScriptedHooks() });
    expect((await api.chat({ ...hi, stream: true })).text).not.toContain('word');
    const [prompt] = api.model.prompts;
    expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: promptOf(prompt) + textTokens(words) } });
  }
});

test('counts a summary for the caller behind whose turn it is written', async () => {
  const quotas = new MemoryQuotas();
  const model = new ScriptedModel([says('A long answer. '.repeat(200)), says('In short.')]);
  const talk = Object.assign(new Talk(model, { quotas: userQuota({ tokens: 50_000 }), historyTokens: 600, summary: { facts, maxTokens: 100 } }), { quotas });
  await talk.say('One');
  expect(model.prompts).toHaveLength(1);
  await talk.say('Two');
  expect(model.prompts).toHaveLength(3);
  expect(quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 2, tokens: 3 * TAKEN } });
});

test('counts a turn that the guardrail blocked by what it took', async () => {
  const api = new ChatApi([[text('No.'), stop('guardrail_intervened'), { type: 'usage', usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }]], { quotas: userQuota({ tokens: 1_000 }) });
  await api.chat(hi);
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: 0 } });
});

const prompt: CountedPrompt = { modelId: 'm', system: [], messages: [], tools: [], tokens: 0, maxTokens: 100, stop: [], streaming: true };

function metered(policy: QuotasPolicy, quotas = new MemoryQuotas()) {
  const works: Promise<unknown>[] = [];
  const context = {
    caller: 'ada', groups: [], runId: 'one', announce: () => undefined, note: () => undefined, outlast: (work: Promise<unknown>) => works.push(work),
  } as unknown as TurnContext;
  return { quotas, works, meter: new Meter({ quotas: policy }, context, quotas, new FakeClock()) };
}

test('gives back what is reserved only after the turn has ended, and reserves nothing from then on', async () => {
  const { quotas, works, meter } = metered(userQuota({ tokens: 1_000 }));
  const { reserve } = quotas;
  quotas.reserve = async (...call) => {
    await new Promise((resolve) => setImmediate(resolve));
    return reserve.apply(quotas, call);
  };
  async function* gone(): AsyncGenerator<GenerationEvent, void> {
    void meter.admit(prompt);
    throw new Error('time is up');
  }
  await collect(meter.around(gone()));
  await Promise.all(works);
  expect(quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 0, tokens: 0 } });

  const late = metered(userQuota({ tokens: 1_000 }));
  await collect(late.meter.around((async function* () { /* It ends before its prompt is built. */ })()));
  await expect(late.meter.admit(prompt)).rejects.toThrow('the turn is over');
  await Promise.all(late.works);
  expect(late.quotas.taken).toEqual({});
});

test('gives back to every bucket where one cannot be reached, that one included: its answer may have been lost', async () => {
  const { quotas, works, meter } = metered({ user: [{ windowSeconds: 60, tokens: 1_000 }, { windowSeconds: DAY, tokens: 1_000 }], groups: [] });
  const { reserve } = quotas;
  quotas.reserve = async (bucket, ...call) => {
    const reserved = await reserve.call(quotas, bucket, ...call);
    if (bucket.limit.windowSeconds === DAY) throw new Error('no answer');
    return reserved;
  };
  async function* refused(): AsyncGenerator<GenerationEvent, void> {
    await meter.admit(prompt);
  }
  expect((await collect(meter.around(refused()))).error).toMatchObject({ message: 'no answer' });
  await Promise.all(works);
  expect(quotas.taken).toEqual({ 'user ada 60': { requests: 0, tokens: 0 }, [`user ada ${DAY}`]: { requests: 0, tokens: 0 } });
});

test.each([
  ['what the model took in the end', { input: 10, output: 4, cacheRead: 100, cacheWrite: 20 }, TAKEN],
  ['its prompt and what was said, where nobody knows', undefined, 2],
])('counts a turn that its reader stopped by %s', async (_, tokens, taken) => {
  const { quotas, works, meter } = metered(userQuota({ tokens: 1_000 }));
  async function* stopped(): AsyncGenerator<GenerationEvent, void> {
    await meter.admit(prompt);
    yield text('One.') as GenerationEvent;
    yield { type: 'finish', reason: 'stop', facts, message: { role: 'assistant', content: 'One.' }, stopped: Promise.resolve(tokens) };
  }
  await collect(meter.around(meter.listen(stopped())));
  await Promise.all(works);
  expect(quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: taken } });
});

test.each([true, false])('stores, counts and logs a turn whose reader takes nothing, before the process is stopped (streaming: %s)', async (stream) => {
  const api = new ChatApi([says('Hello.')], { quotas: userQuota({ tokens: 1_000 }) });
  const begun = Date.now();
  await api.chat({ ...hi, stream, conversation_id: 'c1' }, { asleep: true, milliseconds: 1_000 });
  expect(Date.now() - begun).toBeLessThan(1_000);
  expect(api.quotas.taken).toEqual({ [`user ada ${DAY}`]: { requests: 1, tokens: TAKEN } });
  expect([...api.conversations.messages.values()][0]).toHaveLength(2);
  expect(api.metrics).toEqual([expect.objectContaining({ Turns: 1 })]);
  expect(api.logged).toEqual([expect.objectContaining({ message: 'request' })]);
});

test('fails no turn when the account cannot be put right, and says so', async () => {
  const api = new ChatApi([says('Hello.')], { quotas: userQuota({ tokens: 1_000 }) });
  api.quotas.settle = async () => { throw new Error('away'); };
  expect((await api.chat(hi)).status).toBe(200);
  expect(api.logged.at(-1)!.fields).toMatchObject({ quotaFailures: 1 });
});
