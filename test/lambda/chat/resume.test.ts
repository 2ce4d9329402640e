import { ChatApi } from '../fakes/api';
import { says, text } from '../fakes/model';

const hi = { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c', stream: true };
const key = { owner: 'ada', id: 'c' };

test('numbers the events of a conversation and of nothing else', async () => {
  const api = new ChatApi([says('Hel', 'lo')]);
  const { text: numbered } = await api.chat({ ...hi, stream_options: { include_usage: true } });
  expect([...numbered.matchAll(/^id: (.+)\ndata: /gm)].map(([, id]) => id)).toEqual(['run-1.0', 'run-1.1', 'run-1.2', 'run-1.3', 'run-1.4']);
  expect((await api.chat({ ...hi, conversation_id: null })).text).not.toContain('id: ');
});

test('tells a client that comes back the rest of a turn, to the letter', async () => {
  const api = new ChatApi([says('Hel', 'lo')]);
  const { text: whole } = await api.chat({ ...hi, stream_options: { include_usage: true } });
  const frames = whole.split(/(?<=\n\n)/);
  for (const read of [0, 1, 3, 4]) {
    const { status, headers, text: rest } = await resume(api, `run-1.${read}`);
    expect([status, headers]).toMatchObject([200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-conversation-id': 'c' }]);
    expect(rest).toBe(frames.slice(read + 1).join(''));
  }
});

test('tells the rest of a turn that was asked for in one piece', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat({ ...hi, stream: false });
  expect((await resume(api, 'run-1.0')).events().at(-1)).toBe('DONE');
});

test('answers 204 where there is nothing to tell', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(hi);
  for (const id of [undefined, 'run-9.1']) expect(await resume(api, id)).toMatchObject({ status: 204, text: '' });
});

test('gives back the error of a turn that failed with nothing said', async () => {
  const api = new ChatApi([[new Error('canary')], says('Hello')]);
  await api.chat(hi);
  const { status, text: told } = await resume(api, 'run-1.0');
  expect(status).toBe(503);
  expect(told).not.toContain('canary');
});

test.each(['never-was', 'c d', '', undefined])('refuses the unknown conversation %s', async (id) => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(hi);
  for (const lastEventId of [undefined, 'run-1.0']) {
    const answer = await api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id, headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } });
    expect([answer.status, answer.json().error.code]).toEqual([404, 'conversation_not_found']);
  }
  const stopped = await api.call({ resource: '/v1/conversations/{id}/stop', id });
  expect([stopped.status, stopped.json().error.code]).toEqual([404, 'turn_not_found']);
});

test.each(['x', 'run-1', 'run-1.', 'run#1.2', `${'x'.repeat(65)}.1`, 'run-1.-1', 'run-1.1\n'])('refuses the event id %j', async (id) => {
  const answer = await resume(new ChatApi([says('Hello')]), id);
  expect([answer.status, answer.json().error.param]).toEqual([400, 'last-event-id']);
});

test('stops a turn that runs, once, and marks its answer', async () => {
  const api = new ChatApi([[text('Hel'), 'silence']]);
  const running = api.chat(hi, { milliseconds: 3_000 });
  while (!await api.log.running(key, Date.now())) await new Promise((resolve) => setTimeout(resolve, 5));
  const stopped = await api.call({ resource: '/v1/conversations/{id}/stop', id: 'c' });
  expect([stopped.status, stopped.json()]).toEqual([200, { id: 'c', object: 'conversation.stop', turn: 'run-1', stopped: true }]);
  // The model never ends, so the turn ends with its time.
  const { text: told } = await running;
  expect(told).toMatch(/"finish_reason":"stop"\}\],"stopped":true,"message_id":"msg_1_1",.*\}\n\ndata: \[DONE\]\n\n$/);
  const { messages: [, answer] } = (await api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c' })).json();
  expect(answer).toMatchObject({ content: 'Hel', finish_reason: 'stop', stopped: true });
});

function resume(api: ChatApi, id?: string) {
  return api.call({ method: 'GET', resource: '/v1/conversations/{id}/stream', id: 'c', headers: id === undefined ? {} : { 'Last-Event-ID': id } });
}
