import { router } from '../../../lambda/generation/routing/router';
import type { HooksPolicy } from '../../../lib/contract/chat-hooks';
import type { RoutingTable } from '../../../lib/contract/routing';
import { ChatApi } from '../fakes/api';
import { FakeClock } from '../fakes/clock';
import { ScriptedHooks } from '../fakes/hooks';
import { says, ScriptedModel, stop, text, usage } from '../fakes/model';
import { MemoryPassages } from '../fakes/passages';
import { facts } from '../fakes/policy';
import { KNOWLEDGE } from '../fakes/rag-api';

const hi = { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1', stream: true };
const keyed = { headers: { 'idempotency-key': 'key-1' } };
/** A turn that has a fifth of a second before it has to say that time is up. */
const brief = { milliseconds: 1_700 };
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** A router that asks a model which one should answer. */
const table: RoutingTable = {
  name: 'auto',
  models: [facts],
  rules: [],
  classifier: { model: 0, timeoutMs: 1_000, classes: [{ name: 'hard', description: 'Hard questions', to: [{ model: 0, weight: 1 }] }] },
  otherwise: [{ model: 0, weight: 1 }],
  fallback: [],
  coolDownMs: 30_000,
  selectable: false,
};

/** A chat whose hook before a turn answers when the test wants it, and a clock that goes on while somebody waits. */
function slow(changes: ConstructorParameters<typeof ChatApi>[1] = {}) {
  const clock = new FakeClock(Date.now());
  let answer: (value?: unknown) => void = () => undefined;
  const asked = new Promise((resolve) => { answer = resolve; });
  let waits = 0;
  const enough = new Promise<void>((resolve) => {
    clock.pause = async (milliseconds: number) => {
      clock.tick(milliseconds);
      await soon();
      // Half a minute, as long as such a hook may take.
      if (++waits === 150) resolve();
    };
  });
  const hookFunctions = new ScriptedHooks({ before: () => asked });
  const hooks: HooksPolicy = { before: { functionArn: 'before', timeoutMs: 30_000, failure: 'refuse', trusted: false } };
  const api = new ChatApi([says('Hello.')], { hooks, hookFunctions, clock, ...changes });
  return { api, hookFunctions, enough, answer };
}

describe('a turn whose hook takes half a minute', () => {
  test.each<[string, (api: ChatApi) => ReturnType<ChatApi['call']>]>([
    ['comes back to it', (api) => api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id: 'c1' })],
    ['asks for it again', (api) => api.chat(hi, keyed)],
  ])('lives for a client that %s', async (_, again) => {
    const { api, hookFunctions, enough, answer } = slow();
    const first = api.chat(hi, keyed);
    while (hookFunctions.events.length === 0) await soon();
    const second = again(api);
    await Promise.race([enough, second]);
    answer({ messages: [{ role: 'system', content: 'Be brief.' }, ...hi.messages] });
    const [{ text: whole }, { status, text: told }] = await Promise.all([first, second]);
    expect([status, told]).toEqual([200, whole]);
    expect(whole).toContain('"message_id":"msg_1_2"');
    expect(hookFunctions.events).toHaveLength(1);
  });

  test('tells a client that comes back why it was refused', async () => {
    const { api, hookFunctions, enough, answer } = slow();
    const first = api.chat(hi);
    while (hookFunctions.events.length === 0) await soon();
    const second = api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id: 'c1' });
    await Promise.race([enough, second]);
    answer({ refuse: { reason: 'Not today.' } });
    for (const { status, json } of await Promise.all([first, second])) expect([status, json().error.message]).toEqual([403, 'Not today.']);
  });

  test('hears of a wish to stop before any model is asked, a classifier included, and before anything is looked up', async () => {
    const passages = new MemoryPassages([[]]);
    const classifier = new ScriptedModel([says('hard')]);
    const { api, hookFunctions, enough, answer } = slow({
      models: router(table, [facts.id], { model: classifier, clock: new FakeClock() }),
      knowledge: KNOWLEDGE,
      documents: { passages, links: { sign: async (uri) => uri } },
    });
    const first = api.chat(hi);
    while (hookFunctions.events.length === 0) await soon();
    expect((await api.call({ resource: '/v1/conversations/{id}/stop', id: 'c1' })).status).toBe(200);
    const second = api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id: 'c1' });
    await Promise.race([enough, second]);
    answer();
    expect((await first).text).toContain('"stopped":true');
    expect((await second).text).toContain('"stopped":true');
    expect([...api.model.prompts, ...classifier.prompts, ...passages.searches]).toEqual([]);
  });
});

describe('a hook that never answers', () => {
  const never = (hooks: HooksPolicy) => new ChatApi([says('Hello.')], {
    hooks, hookFunctions: new ScriptedHooks({ never: () => new Promise(() => undefined) }),
  });
  const hook = (failure: 'refuse' | 'goOn') => ({ functionArn: 'never', timeoutMs: 30_000, failure });

  test.each(['refuse', 'goOn'] as const)('before a turn is waited for no longer than the turn may take (%s)', async (failure) => {
    const api = never({ before: { ...hook(failure), trusted: false } });
    const { status, json } = await api.chat(hi, brief);
    expect([status, json().error.code]).toEqual([504, 'timeout']);
    expect(api.model.prompts).toEqual([]);
    expect(api.metrics.at(-1)).toMatchObject({ HookFailures: 1, Errors: 1 });
    expect(api.logged.at(-1)!.fields).toMatchObject({ beforeTurnHook: 'timeout', errorCode: 'timeout' });
  });

  test.each(['refuse', 'goOn'] as const)('for sentences is waited for no longer than the turn may take (%s)', async (failure) => {
    const api = never({ sentences: { ...hook(failure), holdMs: 2_000 } });
    const { status, json } = await api.chat(hi, brief);
    expect([status, json().error.code]).toEqual([504, 'timeout']);
    expect(api.logged.at(-1)!.fields).toMatchObject({ sentencesHook: 'timeout' });
  });

  test('after a turn is waited for no longer than the turn may take, and its answer ends', async () => {
    const api = never({ after: { functionArn: 'never', timeoutMs: 10_000 } });
    const { text: told } = await api.chat(hi, brief);
    expect(told).toMatch(/"finish_reason":"stop".*\[DONE\]\n\n$/s);
    expect(api.conversations.messages.size).toBe(1);
    expect(api.logged).toHaveLength(1);
  });
});

test('the hook after a turn that was stopped is told before the process may sleep', async () => {
  let goOn: (value?: unknown) => void = () => undefined;
  let told = false;
  const hookFunctions = new ScriptedHooks({
    after: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      told = true;
    },
  });
  const script = [text('Hel'), new Promise((resolve) => { goOn = resolve; }), stop('end_turn'), usage];
  const api = new ChatApi([script], { hooks: { after: { functionArn: 'after' } }, hookFunctions });
  const running = api.chat(hi);
  while (api.model.prompts.length === 0) await soon();
  await api.call({ resource: '/v1/conversations/{id}/stop', id: 'c1' });
  setTimeout(goOn, 1_500);
  expect((await running).text).toContain('"stopped":true');
  expect(told).toBe(true);
});
