import { ChatApi } from '../fakes/api';
import { FakeClock } from '../fakes/clock';
import { ScriptedHooks } from '../fakes/hooks';
import { says } from '../fakes/model';

const hi = { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1', stream: true };
const keyed = { headers: { 'idempotency-key': 'key-1' } };
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** A chat whose hook before a turn answers when the test wants it, and a clock that goes on while somebody waits. */
function slow() {
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
  const api = new ChatApi([says('Hello.')], { hooks: { before: { functionArn: 'before', timeoutMs: 30_000, failure: 'refuse', trusted: false } }, hookFunctions, clock });
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

  test('hears of a wish to stop before any model is asked', async () => {
    const { api, hookFunctions, enough, answer } = slow();
    const first = api.chat(hi);
    while (hookFunctions.events.length === 0) await soon();
    expect((await api.call({ resource: '/v1/conversations/{id}/stop', id: 'c1' })).status).toBe(200);
    const second = api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id: 'c1' });
    await Promise.race([enough, second]);
    answer();
    expect((await first).text).toContain('"stopped":true');
    expect((await second).text).toContain('"stopped":true');
    expect(api.model.prompts).toEqual([]);
  });
});
