import { ModelFailure } from '../../../lambda/ports/model';
import { PassagesFailure } from '../../../lambda/ports/passages';
import { says, stop, text } from '../fakes/model';
import { passage } from '../fakes/passages';
import { RagApi, type RagOptions } from '../fakes/rag-api';

const leave = passage('Everybody has thirty days of leave.', { metadata: { department: 'hr' } });
const HOUR = 3_600_000;

/** An API that keeps sessions for a day. Every question after the first asks the model twice: what it means, and what the answer is. */
function kept({ scripts = [says('Thirty [1].'), says('Leave in Ulm?'), says('Ten in Ulm [1].')], ...options }: RagOptions = {}) {
  return new RagApi({ sessions: { table: 'sessions', seconds: 86_400 }, found: [[leave]], scripts, ...options });
}

test('an answer names its session, and a question that names it is looked up by what it means there and answered with what was said', async () => {
  const api = kept();
  const first = (await api.ask({ query: 'How many days of leave?' })).json();
  expect(first.session_id).toMatch(/^ses-/);
  const second = (await api.ask({ query: 'And in Ulm?', session_id: first.session_id })).json();
  expect(second).toMatchObject({ session_id: first.session_id, answer: 'Ten in Ulm [1].' });
  expect(api.passages.searches.map(({ question }) => question)).toEqual(['How many days of leave?', 'Leave in Ulm?']);
  const [, rewriting, answering] = api.model.prompts;
  expect(JSON.stringify(rewriting.messages)).toContain('How many days of leave?');
  expect(answering.messages.map(({ role, content }) => [role, content.length])).toEqual([['user', 1], ['assistant', 1], ['user', 2]]);
  // An earlier answer's marks have other numbers.
  expect(answering.messages[1].content[0]).toMatchObject({ text: 'Thirty.' });
  // Of passages a session keeps nothing.
  expect(JSON.stringify([...api.sessions.kept.values()])).not.toContain(leave.text);
  expect(api.logged.at(-1)!.fields).toMatchObject({ session: 'continued', messages: 3 });
  expect(JSON.stringify(api.logged)).not.toMatch(/Ulm|leave\?/);
});

test('a stream names its session at its end, where the answer is kept', async () => {
  const api = kept();
  const told = (await api.ask({ query: 'How many?', stream: true })).events();
  expect(told[0][1]).not.toHaveProperty('session_id');
  const { session_id } = told.at(-1)![1];
  expect((await api.ask({ query: 'And in Ulm?', session_id, stream: true })).events().at(-1)).toEqual(['done', expect.objectContaining({ session_id, finish_reason: 'stop' })]);
  expect([...api.sessions.kept.values()][0].exchanges.map(({ question }) => question)).toEqual(['How many?', 'And in Ulm?']);
});

test.each(['json', 'stream'])('refuses a session of somebody else, of nobody, and one that has ended, in the same words (%s)', async (how) => {
  const api = kept();
  const { session_id } = (await api.ask({ query: 'How many?' })).json();
  const ask = (id: string, claims = {}) => api.ask({ query: 'And in Ulm?', session_id: id, stream: how === 'stream' }, {}, claims);
  const refusals = [await ask(session_id, { sub: 'eve' }), await ask('ses-none'), await ask('../other')];
  api.later = 25 * HOUR;
  refusals.push(await ask(session_id));
  expect(refusals.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect(new Set(refusals.map((refusal) => refusal.text)).size).toBe(1);
  expect(refusals[0].json().error).toMatchObject({ code: 'session_not_found', param: 'session_id' });
  expect(api.passages.searches).toHaveLength(1);
});

test.each(['', 'ses-', 'ses-' + 'x'.repeat(2_000), 'ses-é'])('refuses what no session is called without asking the table, which takes no key of any length: %s', async (session_id) => {
  const api = kept();
  jest.spyOn(api.sessions, 'find').mockRejectedValue(new Error('ValidationException'));
  expect((await api.ask({ query: 'And in Ulm?', session_id })).status).toBe(404);
});

test('every question keeps its session for as long again', async () => {
  const api = kept();
  const { session_id } = (await api.ask({ query: 'How many?' })).json();
  for (const at of [20, 40]) {
    api.later = at * HOUR;
    expect((await api.ask({ query: 'And in Ulm?', session_id })).status).toBe(200);
  }
});

test('a session belongs to the tenant for whom it was asked too', async () => {
  const api = kept({ knowledge: { tenant: { field: 'department', claim: 'dept' } } });
  const { session_id } = (await api.ask({ query: 'How many?' }, {}, { dept: 'hr' })).json();
  expect((await api.ask({ query: 'And in Ulm?', session_id }, {}, { dept: 'it' })).status).toBe(404);
  expect((await api.ask({ query: 'And in Ulm?', session_id })).json().error.code).toBe('tenant_missing');
  expect((await api.deleteSession(session_id, { dept: 'it' })).status).toBe(404);
  expect((await api.ask({ query: 'And in Ulm?', session_id }, {}, { dept: 'hr' })).status).toBe(200);
  expect((await api.deleteSession(session_id, { dept: 'hr' })).status).toBe(200);
});

test('nobody spells another\'s session by a caller or a tenant of a strange name', async () => {
  const api = kept({ knowledge: { tenant: { field: 'department', claim: 'dept' } } });
  await api.ask({ query: 'How many?' }, { 'idempotency-key': 'k' }, { sub: 'a', dept: 'hr' });
  await api.ask({ query: 'How many?' }, { 'idempotency-key': 'k' }, { sub: 'a#tenant#hr', dept: 'hr' });
  expect(api.sessions.kept.size).toBe(2);
});

test('a session is deleted by its owner alone, and unknown from then on', async () => {
  const api = kept();
  const { session_id } = (await api.ask({ query: 'How many?' })).json();
  expect((await api.deleteSession(session_id, { sub: 'eve' })).status).toBe(404);
  expect((await api.deleteSession(session_id)).json()).toEqual({ id: session_id, object: 'session.deleted', deleted: true });
  expect((await api.deleteSession(session_id)).json().error).toMatchObject({ code: 'session_not_found', param: 'id' });
  expect((await api.ask({ query: 'And in Ulm?', session_id })).status).toBe(404);
});

test('a question that is sent again under its key is answered again, and kept once', async () => {
  const api = kept({ scripts: [says('Thirty [1].'), says('Thirty [1].'), says('Ulm?'), says('Ten [1].'), says('Ulm?'), says('Ten, again [1].')] });
  const ask = (key: string, body: object) => api.ask(body, { 'idempotency-key': key });
  const { session_id } = (await ask('k1', { query: 'How many?' })).json();
  expect((await ask('k1', { query: 'How many?' })).json().session_id).toBe(session_id);
  await ask('k2', { query: 'And in Ulm?', session_id });
  await ask('k2', { query: 'And in Ulm?', session_id });
  expect(api.sessions.kept.size).toBe(1);
  expect([...api.sessions.kept.values()][0].exchanges.map(({ answer }) => answer)).toEqual(['Thirty [1].', 'Ten, again [1].']);
  // It does not follow itself.
  expect(api.model.prompts.at(-1)!.messages).toHaveLength(3);
  expect((await ask('k2', { query: 'And in Bonn?', session_id })).json().error).toMatchObject({ code: 'idempotency_key_reused' });
  expect((await ask('k 2', { query: 'And in Bonn?', session_id })).json().error).toMatchObject({ param: 'idempotency-key' });
});

test('two questions at once are both kept, and a write whose answer was lost is one', async () => {
  const api = kept({ scripts: [says('A [1].'), says('B?'), says('B [1].')] });
  const { session_id } = (await api.ask({ query: 'A?' })).json();
  const [[name, before]] = [...api.sessions.kept];
  const other = { question: 'C?', answer: 'C.', run: 'other' };
  api.sessions.meanwhile.push(() => api.sessions.kept.set(name, { ...before, exchanges: [...before.exchanges, other], version: 2 }));
  expect((await api.ask({ query: 'B?', session_id })).status).toBe(200);
  expect(api.sessions.kept.get(name)!.exchanges.map(({ question }) => question)).toEqual(['A?', 'C?', 'B?']);

  const lost = kept({ scripts: [says('A [1].'), says('B?'), says('B [1].')] });
  const id = (await lost.ask({ query: 'A?' })).json().session_id;
  lost.sessions.meanwhile.push(() => {
    const [[key, session]] = [...lost.sessions.kept];
    lost.sessions.kept.set(key, { ...session, exchanges: [...session.exchanges, { question: 'B?', answer: 'B [1].', run: 'run-2' }], version: 2 });
  });
  expect((await lost.ask({ query: 'B?', session_id: id })).json().session_id).toBe(id);
  expect([...lost.sessions.kept.values()][0].exchanges).toHaveLength(2);
});

test('what is deleted while a question is answered stays deleted, and the answer names no session', async () => {
  const api = kept();
  const { session_id } = (await api.ask({ query: 'How many?' })).json();
  api.sessions.meanwhile.push(() => api.sessions.kept.clear());
  const { status, json } = await api.ask({ query: 'And in Ulm?', session_id });
  expect([status, json().session_id]).toEqual([200, undefined]);
  expect(api.sessions.kept.size).toBe(0);
});

test('a session holds as much as a model is told of it, the newest always', async () => {
  const long = 'word '.repeat(1_500);
  const api = kept({ scripts: Array.from({ length: 9 }, (_, at) => says(at === 0 ? long.repeat(4) : at % 2 ? 'Words?' : `${long}${at}`)) });
  const { session_id } = (await api.ask({ query: 'What?' })).json();
  const sizes: number[] = [];
  for (let at = 1; at <= 4; at++) {
    await api.ask({ query: `And ${at}? ${'ü'.repeat(3_000)}`, session_id });
    const [{ exchanges }] = [...api.sessions.kept.values()];
    expect(exchanges.at(-1)!.question).toContain(`And ${at}?`);
    sizes.push(Buffer.byteLength(JSON.stringify(exchanges)));
  }
  expect(Math.max(...sizes)).toBeLessThan(13_000);
  expect([...api.sessions.kept.values()][0].exchanges[0].question).not.toContain('What?');
});

test('what nothing is found for is kept; what is blocked, breaks off or fails is not', async () => {
  const nothing = kept({ found: [[]] });
  const { session_id, finish_reason } = (await nothing.ask({ query: 'Why?' })).json();
  expect([finish_reason, nothing.sessions.kept.size]).toEqual(['unanswered', 1]);
  expect(session_id).toMatch(/^ses-/);

  const blocked = kept({ scripts: [[text('No.'), stop('guardrail_intervened')]], guardrail: { id: 'g', version: '1' } });
  expect((await blocked.ask({ query: 'Why?' })).json()).toMatchObject({ finish_reason: 'content_filter' });
  const broken = kept({ scripts: [[text('Thir'), new ModelFailure('unavailable', 'broke')]] });
  await broken.ask({ query: 'Why?', stream: true });
  const failed = kept({ found: [new PassagesFailure('unavailable', 'down')] });
  expect((await failed.ask({ query: 'Why?' })).status).toBe(503);
  expect([blocked, broken, failed].map(({ sessions }) => sessions.kept.size)).toEqual([0, 0, 0]);
});

test('a conversation that the client sends along is kept nowhere', async () => {
  const api = kept();
  const messages = [{ role: 'user', content: 'Why?' }];
  expect((await api.ask({ messages })).json()).not.toHaveProperty('session_id');
  expect(api.sessions.kept.size).toBe(0);
  expect((await api.ask({ messages, session_id: 'ses-1' })).json().error).toMatchObject({ param: 'session_id', code: 'invalid_value' });
});

test('refuses a session where none are kept', async () => {
  const api = new RagApi({ found: [[leave]], scripts: [says('Thirty [1].')] });
  expect((await api.ask({ query: 'How many?', session_id: 'ses-1' })).json().error).toMatchObject({ param: 'session_id', code: 'unsupported_parameter' });
  expect((await api.ask({ query: 'How many?' })).json()).not.toHaveProperty('session_id');
  expect((await api.deleteSession('ses-1')).status).toBe(404);
});

test('a store that is down fails the question, and is counted', async () => {
  const api = kept();
  jest.spyOn(api.sessions, 'find').mockRejectedValue(new Error('no table today'));
  expect((await api.ask({ query: 'And?', session_id: 'ses-1' })).status).toBe(500);
  expect(api.answers[0]).toMatchObject({ Errors: 1 });
});
