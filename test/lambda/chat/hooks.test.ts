import { HookFailure } from '../../../lambda/ports/hooks';
import type { HooksPolicy } from '../../../lib/contract/chat-hooks';
import { ChatApi } from '../fakes/api';
import { ScriptedHooks } from '../fakes/hooks';
import { says } from '../fakes/model';
import { facts } from '../fakes/policy';

const CANARY = 'canary-77ab';
const asked = (failure: 'refuse' | 'goOn' = 'refuse', trusted = false): HooksPolicy => ({ before: { functionArn: 'before', timeoutMs: 1_000, failure, trusted } });
const told: HooksPolicy = { after: { functionArn: 'after' } };
const hi = { messages: [{ role: 'user', content: 'Hi' }] };

function chat(hooks: HooksPolicy, functions: ConstructorParameters<typeof ScriptedHooks>[0], changes: ConstructorParameters<typeof ChatApi>[1] = {}) {
  const hookFunctions = new ScriptedHooks(functions);
  const api = new ChatApi([says('Hello.')], { hooks, hookFunctions, ...changes });
  return { api, hookFunctions };
}

const prompted = (api: ChatApi) => api.model.prompts.at(-1)!;

describe('the hook before a turn', () => {
  test('is told who asks what, and lets the turn pass', async () => {
    const { api, hookFunctions } = chat(asked(), {});
    const { status } = await api.chat({ ...hi, conversation_id: 'c1' }, { groups: ['staff', 'beta'] });
    expect(status).toBe(200);
    expect(hookFunctions.events).toEqual([{
      version: 1, hook: 'beforeTurn', turn: 'run-1', conversation: 'c1', caller: { id: 'ada', groups: ['staff', 'beta'] }, model: 'some-model', messages: hi.messages,
    }]);
  });

  test('adds instructions after the builder\'s and data before the user\'s words, both guarded, and neither is kept', async () => {
    const { api } = chat(asked(), { before: () => ({ system: 'Be brief.', context: 'Ada has gold status.' }) }, { guardrail: { id: 'g', version: '1' } });
    await api.chat({ ...hi, conversation_id: 'c1' });
    const { system, messages } = prompted(api);
    expect(system).toEqual([{ text: 'You help.' }, { text: 'Be brief.', guarded: true }]);
    expect(messages).toEqual([{ role: 'user', content: [{ kind: 'text', text: expect.stringContaining('Ada has gold status.'), guarded: true }, { kind: 'text', text: 'Hi', guarded: true }] }]);
    await api.chat({ ...hi, conversation_id: 'c1' });
    expect(JSON.stringify(prompted(api).messages).match(/gold status/g)).toHaveLength(1);
    expect(JSON.stringify([...api.conversations.messages.values()])).not.toContain('gold status');
  });

  test.each([true, false])('adds what a trusted builder keeps from the guardrail, whose eye stays on the client\'s words (in a conversation: %s)', async (kept) => {
    const { api } = chat(asked('refuse', true), { before: () => ({ system: 'Be brief.', context: 'Ada has gold status.' }) }, { guardrail: { id: 'g', version: '1' } });
    await api.chat({ ...hi, ...(kept && { conversation_id: 'c1' }) });
    const { system, messages } = prompted(api);
    expect(system[1]).toEqual({ text: 'Be brief.' });
    expect(messages[0].content.map((block) => 'guarded' in block && block.guarded)).toEqual([false, true]);
  });

  test('rewrites the new messages, which are kept as rewritten', async () => {
    const { api } = chat(asked(), { before: () => ({ messages: [{ role: 'user', content: 'Greet me.' }] }) });
    await api.chat({ ...hi, conversation_id: 'c1' });
    expect(prompted(api).messages).toEqual([{ role: 'user', content: [expect.objectContaining({ text: 'Greet me.' })] }]);
    const kept = [...api.conversations.messages.values()].flat().map(({ message }) => message.content);
    expect(kept).toEqual(['Greet me.', 'Hello.']);
  });

  test('is told of attachments by name, and may keep them or leave them out', async () => {
    const note = { type: 'file', file: { filename: 'note.txt', file_data: 'data:text/plain;base64,aGk=' } };
    let part: object | undefined;
    const { api } = chat(asked(), { before: ({ messages }: any) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'Read it.' }, part = messages[0].content[0]] }] }) });
    await api.chat({ messages: [{ role: 'user', content: [note] }], conversation_id: 'c1' });
    expect(part).toEqual({ type: 'file', file: { file_id: expect.stringMatching(/^attachment-/), filename: 'note.txt', format: 'txt', bytes: 2, tokens: 1 } });
    expect(prompted(api).messages[0].content).toMatchObject([{ text: 'Read it.' }, { kind: 'document', name: 'note' }]);
    expect(api.objects.kept.size).toBe(1);
  });

  test.each([{ file_id: 'file-9' }, { file_data: 'data:text/plain;base64,aGk=' }])('refuses to attach anything in its place: %j', async (file) => {
    const { api } = chat(asked(), { before: () => ({ messages: [{ role: 'user', content: [{ type: 'file', file }] }] }) });
    expect((await api.chat({ ...hi, conversation_id: 'c1' })).status).toBe(502);
  });

  test.each([true, false])('refuses with a reason that the client reads, and asks no model (streaming: %s)', async (stream) => {
    const { api } = chat(asked(), { before: () => ({ refuse: { reason: `No ${CANARY} today.` } }) });
    const { status, json } = await api.chat({ ...hi, stream, conversation_id: 'c1' });
    expect([status, json().error]).toEqual([403, { message: `No ${CANARY} today.`, type: 'invalid_request_error', param: null, code: 'refused' }]);
    expect(api.model.prompts).toEqual([]);
    expect(JSON.stringify(api.logged)).not.toContain(CANARY);
    expect((await api.chat({ ...hi, conversation_id: 'c1' })).status).toBe(403);
  });

  const failures: [string, (event: unknown) => unknown, number, string][] = [
    ['fails', () => { throw new HookFailure('error'); }, 502, 'hook_failed'],
    ['is late', () => { throw new HookFailure('timeout'); }, 503, 'hook_timeout'],
    ['cannot be called', () => { throw new HookFailure('unreachable'); }, 502, 'hook_failed'],
    ['answers a text', () => CANARY, 502, 'hook_failed'],
    ['answers messages that are none', () => ({ messages: [{ role: 'user', content: { say: CANARY } }] }), 502, 'hook_failed'],
    ['puts words into the model\'s mouth', () => ({ messages: [{ role: 'assistant', content: CANARY }] }), 502, 'hook_failed'],
    ['refuses without a reason', () => ({ refuse: { reason: '' } }), 502, 'hook_failed'],
  ];

  test.each(failures)('that %s ends the turn by default, is counted, and says nothing in the log', async (_, before, status, code) => {
    const { api } = chat(asked(), { before });
    const response = await api.chat({ ...hi, conversation_id: 'c1' });
    expect([response.status, response.json().error.code]).toEqual([status, code]);
    expect(api.metrics.at(-1)).toMatchObject({ HookFailures: 1, Errors: 1, Turns: 0 });
    expect(api.logged.at(-1)!.fields).toMatchObject({ beforeTurnHook: expect.stringMatching(/^[a-z]+$/), errorCode: code });
    expect(JSON.stringify(api.logged)).not.toContain(CANARY);
    expect(api.model.prompts).toEqual([]);
  });

  test.each(failures)('that %s is passed over where the builder says so, and is counted', async (_, before) => {
    const { api } = chat(asked('goOn'), { before });
    const { status, json } = await api.chat({ ...hi, conversation_id: 'c1' });
    expect([status, json().choices[0].message.content]).toEqual([200, 'Hello.']);
    expect(api.metrics.at(-1)).toMatchObject({ HookFailures: 1, Errors: 0, Turns: 1 });
  });
});

describe('the transform of sentences', () => {
  const replacements = [{ pattern: '\\b\\d{4}\\b', replacement: '#$&#', ignoreCase: false }, { pattern: 'ada', replacement: '', ignoreCase: true }];
  const replacing: HooksPolicy = { sentences: { replacements, holdMs: 2_000 } };
  const asking = (failure: 'refuse' | 'goOn' = 'refuse'): HooksPolicy => ({ sentences: { functionArn: 'change', timeoutMs: 1_000, failure, holdMs: 2_000 } });
  const secret = () => [says('Ada has 12', '34 apples. She eats', ' 5.')];

  test.each([true, false])('replaces by patterns what comes in pieces, for the client, in the log of the turn and in what is kept (streaming: %s)', async (stream) => {
    const { api } = chat({ ...replacing, ...told }, {});
    Object.assign(api.model, { scripts: secret() });
    const { text } = await api.chat({ ...hi, stream, conversation_id: 'c1' });
    expect(text).toContain(' has #1234# apples. ');
    const everywhere = JSON.stringify([text, [...api.conversations.messages.values()], [...api.log.logs.values()]]);
    expect(everywhere).not.toMatch(/Ada|[^#]1234/);
    expect(JSON.stringify([...api.conversations.messages.values()])).toContain(' has #1234# apples. She eats 5.');
    expect(api.metrics.at(-1)).toMatchObject({ OutputTokens: 4 });
  });

  test('asks a function for what stands in the place of sentences, in order', async () => {
    const { api, hookFunctions } = chat(asking(), {
      change: ({ sentences }: { sentences: string[] }) => ({ sentences: sentences.map((sentence) => sentence.toUpperCase()) }),
    });
    Object.assign(api.model, { scripts: secret() });
    expect((await api.chat(hi)).json().choices[0].message.content).toBe('ADA HAS 1234 APPLES. SHE EATS 5.');
    expect(hookFunctions.events[0]).toMatchObject({ version: 1, hook: 'sentences', turn: 'run-1', caller: { id: 'ada' } });
  });

  test.each<[string, () => unknown]>([
    ['fails', () => { throw new HookFailure('error'); }],
    ['answers too few', () => ({ sentences: [] })],
    ['answers no texts', () => ({ sentences: [1, 2, 3].slice(0, 1) })],
  ])('that %s ends the answer, or lets it pass as the builder says', async (_, change) => {
    const closed = chat(asking(), { change });
    const ended = await closed.api.chat({ ...hi, conversation_id: 'c1' });
    expect([ended.status, ended.json().error.code]).toEqual([502, 'hook_failed']);
    expect(closed.api.conversations.messages.size).toBe(0);
    const open = chat(asking('goOn'), { change });
    expect((await open.api.chat(hi)).json().choices[0].message.content).toBe('Hello.');
    expect(open.api.metrics.at(-1)).toMatchObject({ HookFailures: 1 });
  });
});

test('answers are told by sentences where the builder wants it, and kept word for word', async () => {
  const { api } = chat({}, {}, { generation: { maxTokens: 100, sentences: { holdMs: 2_000 } } });
  Object.assign(api.model, { scripts: [says('It ', 'rains. Doe', 's it?')] });
  const { events } = await api.chat({ ...hi, stream: true, conversation_id: 'c1' });
  const words = events().flatMap((event) => event.choices?.[0]?.delta?.content ?? []);
  expect(words).toEqual(['', 'It rains. ', 'Does it?']);
  expect([...api.conversations.messages.values()].flat().at(-1)!.message.content).toBe('It rains. Does it?');
});

describe('the hook after a turn', () => {
  test('is told what was answered, and what it took', async () => {
    const { api, hookFunctions } = chat({ ...asked(), ...told }, { before: () => ({ messages: [{ role: 'user', content: 'Greet me.' }] }) });
    await api.chat({ ...hi, stream: true });
    expect(hookFunctions.told).toEqual(['after']);
    expect(hookFunctions.events[1]).toMatchObject({
      version: 1,
      hook: 'afterTurn',
      turn: 'run-1',
      caller: { id: 'ada' },
      model: 'some-model',
      messages: [{ content: 'Greet me.' }],
      answer: { message: { role: 'assistant', content: 'Hello.' }, finishReason: 'stop', stopped: false },
      usage: { total_tokens: 134 },
    });
  });

  test('is told of a turn that failed, and not of one that was refused', async () => {
    const { api, hookFunctions } = chat(told, {}, {});
    Object.assign(api.model, { scripts: [[new Error('broken')]] });
    await api.chat(hi);
    expect(hookFunctions.events).toEqual([expect.objectContaining({ hook: 'afterTurn', failure: { status: 500, code: 'internal_error' } })]);
    const refusing = chat({ ...asked(), ...told }, { before: () => ({ refuse: { reason: 'No.' } }) });
    await refusing.api.chat(hi);
    expect(refusing.hookFunctions.told).toEqual([]);
  });

  test('that fails changes nothing for the client, and is counted', async () => {
    for (const after of [{ functionArn: 'after' }, { functionArn: 'after', timeoutMs: 1_000 }]) {
      const { api } = chat({ after }, { after: () => { throw new HookFailure('error'); } });
      expect((await api.chat(hi)).status).toBe(200);
      expect(api.logged.at(-1)!.fields).toMatchObject({ afterTurnHook: 'error', status: 200 });
    }
  });

  test('holds up the end of the answer where the builder wants to wait for it', async () => {
    const order: string[] = [];
    const { api } = chat({ after: { functionArn: 'after', timeoutMs: 1_000 } }, { after: () => { order.push(JSON.stringify(api.logged.length)); } });
    const { text } = await api.chat({ ...hi, stream: true });
    expect(text).toContain('[DONE]');
    expect(order).toEqual(['0']);
  });

  test('gets no words where they are too many for an event', async () => {
    const { api, hookFunctions } = chat(told, {}, { facts: { ...facts, contextTokens: 1_000_000 } });
    await api.chat({ messages: [{ role: 'user', content: 'ä'.repeat(600_000) }] });
    expect(hookFunctions.events[0]).toMatchObject({ messages: [], shortened: true, usage: { total_tokens: 134 } });
  });
});
