import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { deployMemory } from './memory-deployment';
import { ConversationMemory } from '../../lib';
import { findRedis } from '../../local/elasticache/redis';

interface Kept {
  readonly id: string;
  readonly title: string;
  readonly messages: { readonly id: string; readonly role: string; readonly content: string; readonly stopped?: boolean }[];
}

const MEMORIES: [string, Parameters<typeof deployMemory>[0]][] = [
  ['a table', () => ({ conversations: { memory: ConversationMemory.dynamoDb() } })],
  ['AgentCore', () => ({ conversations: { memory: ConversationMemory.agentCore() } })],
  ...findRedis() ? [['Valkey', (stack) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc: new Vpc(stack, 'Vpc') }) } })] as (typeof MEMORIES)[number]] : [],
];
if (!findRedis()) process.stderr.write('There is no redis-server or valkey-server on this machine: a chat that remembers in Valkey is not tested.\n');

describe.each(MEMORIES)('a chat that remembers in %s', (_, props) => {
  const chat = deployMemory(props);

  test('goes on with a conversation, lists it and reads it', async () => {
    await chat.say('Tell me of rivers.', 'trip');
    expect(await chat.say('And lakes?', 'trip')).toContain('2 messages of yours');
    const { body } = await chat.read<Kept>('v1/conversations/trip');
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(body.title).toBe('Tell me of rivers.');
    const list = await chat.read<{ data: { id: string; turns: number }[] }>('v1/conversations');
    expect(list.body.data).toMatchObject([{ id: 'trip', turns: 2 }]);
  });

  test('does not exist to anybody else', async () => {
    expect((await chat.read('v1/conversations/trip', 'user-b')).status).toBe(404);
    expect((await chat.call('DELETE', 'v1/conversations/trip', undefined, 'user-b')).status).toBe(404);
    expect(await chat.say('Tell me of lakes.', 'trip', 'user-b')).toContain('1 message of yours');
  });

  test('renames, and keeps what was thought of an answer', async () => {
    expect((await chat.call('PATCH', 'v1/conversations/trip', { title: 'Water' })).status).toBe(200);
    const { body } = await chat.read<Kept>('v1/conversations/trip');
    const rated = await chat.call('POST', `v1/conversations/trip/messages/${body.messages[1].id}/feedback`, { rating: 'up', comment: 'né 🌊' });
    expect(rated.status).toBe(200);
    expect(JSON.stringify((await chat.read<Kept>('v1/conversations/trip')).body)).toMatch(/"title":"Water".*né 🌊/);
  });

  test('tells a whole turn again to who comes back, each event once', async () => {
    const response = await chat.call('POST', 'v1/chat/completions', { stream: true, messages: [{ role: 'user', content: 'Tell me of rain.' }], conversation_id: 'rain' });
    const told = await response.text();
    const first = /^id: (.*)$/m.exec(told)![1];
    const resumed = await chat.call('GET', 'v1/conversations/rain/stream', undefined, 'user-a', { 'last-event-id': first });
    const rest = await resumed.text();
    expect(resumed.status).toBe(200);
    expect(eventsOf(rest)).toEqual(eventsOf(told).slice(1));
  });

  test('stops a turn, keeps what was said, and lets the next one in', async () => {
    const response = await chat.call('POST', 'v1/chat/completions', { stream: true, messages: [{ role: 'user', content: 'Tell me a long story.' }], conversation_id: 'long' });
    const reader = response.body!.getReader();
    await reader.read();
    const stopped = await chat.call('POST', 'v1/conversations/long/stop');
    expect(stopped.status).toBe(200);
    for (let part = await reader.read(); !part.done;) part = await reader.read();
    const { body } = await chat.read<Kept>('v1/conversations/long');
    expect(body.messages).toHaveLength(2);
    expect(body.messages[1].stopped).toBe(true);
    await chat.say('Thank you.', 'long');
  });

  test('lets one of two turns at once in', async () => {
    const answers = await Promise.all(['one', 'two'].map((content) => chat.call('POST', 'v1/chat/completions', { messages: [{ role: 'user', content }], conversation_id: 'race' })));
    const statuses = answers.map(({ status }) => status).sort();
    expect([[200, 200], [200, 409]]).toContainEqual(statuses);
    expect((await chat.read<Kept>('v1/conversations/race')).body.messages).toHaveLength(statuses[1] === 200 ? 4 : 2);
  });

  test('takes a turn once under its idempotency key', async () => {
    const ask = async () => {
      const response = await chat.call('POST', 'v1/chat/completions', { messages: [{ role: 'user', content: 'Book it.' }], conversation_id: 'once' }, 'user-a', { 'idempotency-key': 'k-1' });
      return (await response.json() as { choices: [{ message: object }] }).choices[0].message;
    };
    expect(await ask()).toEqual(await ask());
    expect((await chat.read<Kept>('v1/conversations/once')).body.messages).toHaveLength(2);
  });

  test('answers anew beside what was said, and reads the branch that stands', async () => {
    const first = { id: 'branches', messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Tell me of hills.' }] }] };
    expect((await (await chat.call('POST', 'v1/chat', first)).text())).toContain('hills');
    const again = await chat.call('POST', 'v1/chat', { ...first, trigger: 'regenerate-message' });
    expect(await again.text()).toContain('hills');
    const { body } = await chat.read<Kept>('v1/conversations/branches');
    expect(body.messages.map(({ role, content }) => [role, content.includes('hills')])).toEqual([['user', true], ['assistant', true]]);
  });

  test('forgets what is deleted, and frees its id', async () => {
    const gone = await chat.call('DELETE', 'v1/conversations/trip');
    expect(gone.status).toBe(200);
    expect((await chat.read('v1/conversations/trip')).status).toBe(404);
    expect(await chat.say('Tell me of lakes.', 'trip')).toContain('1 message of yours');
  });

  test('is granted what it uses, and nothing else', async () => {
    const { roles } = await chat.cloud.report();
    expect(chat.notices.filter((notice) => notice.includes('refused') || notice.includes('nobody'))).toEqual([]);
    for (const { denied, unknown, unused } of roles) {
      expect({ denied, unknown, unused: unused.filter(({ action }) => !action.startsWith('s3:')) }).toEqual({ denied: [], unknown: [], unused: [] });
    }
  });
});

describe('a chat that keeps nothing', () => {
  const chat = deployMemory(() => ({ conversations: { memory: ConversationMemory.stateless() } }));

  test('answers from the history that a request brings', async () => {
    const messages = [{ role: 'user', content: 'Tell me of rivers.' }, { role: 'assistant', content: 'They flow.' }, { role: 'user', content: 'And lakes?' }];
    const response = await chat.call('POST', 'v1/chat/completions', { messages });
    expect(response.status).toBe(200);
    expect(JSON.stringify(await response.json())).toContain('2 messages of yours');
  });

  test('refuses to continue a conversation', async () => {
    const response = await chat.call('POST', 'v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }], conversation_id: 'trip-1' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'conversation_id', code: 'unsupported_parameter' } });
  });

  test.each([['GET', 'v1/conversations'], ['GET', 'v1/conversations/trip-1'], ['DELETE', 'v1/conversations/trip-1'], ['POST', 'v1/conversations/trip-1/stop']])(
    'has no route %s %s, in the envelope that clients read', async (method, path) => {
      const response = await chat.call(method, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'unknown_url', type: 'invalid_request_error' } });
    });

  test('is granted nothing that it does not use', async () => {
    const { roles } = await chat.cloud.report();
    for (const { denied, unknown, unused } of roles) {
      expect({ denied, unknown, unused: unused.filter(({ action }) => !action.startsWith('s3:')) }).toEqual({ denied: [], unknown: [], unused: [] });
    }
    expect(roles.flatMap(({ used, unseen }) => [...used, ...unseen].map(({ action }) => action)).filter((action) => action.startsWith('dynamodb:'))).toEqual([]);
  });
});

/** The events of a stream with their ids, in their order. */
function eventsOf(stream: string): string[] {
  return stream.split('\n\n').filter((event) => event.includes('data: '));
}
