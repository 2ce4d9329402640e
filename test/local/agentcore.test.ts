import { BedrockAgentCoreClient, CreateEventCommand, GetEventCommand, ListEventsCommand, ListSessionsCommand } from '@aws-sdk/client-bedrock-agentcore';
import { agentCoreEvents, sessionOf } from '../../lambda/adapters/agentcore-events';
import type { ChatMessage } from '../../lambda/ports/conversations';
import { agentCoreMemory } from '../../local/agentcore/memory';
import { type AwsEndpoint, startAwsEndpoint } from '../../local/aws/endpoint';
import { Principals } from '../../local/iam/principals';

const MEMORY = 'chat_memory-0123456789';
const notices: string[] = [];
let endpoint: AwsEndpoint;
let client: BedrockAgentCoreClient;

beforeAll(async () => {
  const principals = new Principals();
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'bedrock-agentcore:*', Resource: `arn:aws:bedrock-agentcore:us-east-1:123456789012:memory/${MEMORY}` }] };
  principals.add({ accessKeyId: 'AKIA1', arn: 'arn:aws:iam::123456789012:role/r', policies: [{ name: 'p', document: policy }] } as Parameters<Principals['add']>[0]);
  endpoint = await startAwsEndpoint({ services: [agentCoreMemory(() => [MEMORY])], principals, onNotice: (line) => notices.push(line) });
  client = new BedrockAgentCoreClient({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'AKIA1', secretAccessKey: 'x' } });
});
afterAll(() => endpoint.stop());

const event = { memoryId: MEMORY, actorId: 'ada', sessionId: 's', eventTimestamp: new Date(1_000), payload: [{ blob: 'x' }] };

describe('events of a memory', () => {
  test('are made once for each token, and listed from the newest to the oldest', async () => {
    const made = [];
    for (const [clientToken, at] of [['a', 2_000], ['b', 1_000], ['b', 1_000], ['c', 3_000]] as const) {
      made.push((await client.send(new CreateEventCommand({ ...event, clientToken, eventTimestamp: new Date(at) }))).event!.eventId);
    }
    expect(made[1]).toBe(made[2]);
    const first = await client.send(new ListEventsCommand({ memoryId: MEMORY, actorId: 'ada', sessionId: 's', maxResults: 2 }));
    const second = await client.send(new ListEventsCommand({ memoryId: MEMORY, actorId: 'ada', sessionId: 's', maxResults: 2, nextToken: first.nextToken }));
    expect([...first.events!, ...second.events!].map(({ eventId }) => eventId)).toEqual([made[3], made[0], made[1]]);
    expect(second.nextToken).toBeUndefined();
    const { events } = await client.send(new ListEventsCommand({ memoryId: MEMORY, actorId: 'eve', sessionId: 's' }));
    expect(events).toEqual([]);
  });

  test.each([
    ['an actor of a wrong name', { actorId: 'a@b' }], ['a session of a wrong name', { sessionId: 'a.b' }],
    ['words that are none', { payload: [{ conversational: { role: 'USER' as const, content: { text: '' } } }] }],
  ])('refuses %s', async (_, changes) => {
    await expect(client.send(new CreateEventCommand({ ...event, ...changes }))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('refuses what it does not know, aloud', async () => {
    await expect(client.send(new ListSessionsCommand({ memoryId: MEMORY, actorId: 'ada' }))).rejects.toThrow('has events of memories only');
    await expect(client.send(new CreateEventCommand({ ...event, branch: { name: 'b' } }))).rejects.toThrow('does not know branch');
    await expect(client.send(new GetEventCommand({ memoryId: MEMORY, actorId: 'ada', sessionId: 's', eventId: 'gone' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(notices.join('\n')).toContain('refused');
  });
});

describe('messages as events', () => {
  const conversation = { owner: 'arn:aws:sts::1:assumed-role/r/eve@example.com', id: 'trip.1' };
  const keep = (message: ChatMessage, index: number) => agentCoreEvents(client, MEMORY).keep(conversation, { turn: 1, index, message, createdAt: 5_000 }, `t-${index}`);

  test('come back as they were said, whatever they hold', async () => {
    const said: ChatMessage[] = [
      { role: 'user', content: 'né 🌊 \u0000' },
      { role: 'user', content: '' },
      { role: 'user', content: [{ type: 'text', text: 'Look' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] },
      { role: 'tool', tool_call_id: 'c', content: '{"__proto__":1}' },
    ];
    const ids = await Promise.all(said.map(keep));
    const events = agentCoreEvents(client, MEMORY);
    const found = await events.find(conversation, [...ids as string[], 'gone']);
    expect(ids.map((id) => found.get(id!))).toEqual(said);
    const listed = [];
    for await (const [id] of events.all(conversation)) listed.push(id);
    expect(listed).toEqual([...ids].reverse());
  });

  test('tell AgentCore who said what in words, for memories are made of that', async () => {
    const id = await keep({ role: 'user', content: 'I live in Lisbon.' }, 9);
    const { event: kept } = await client.send(new GetEventCommand({ memoryId: MEMORY, ...sessionOf(conversation), eventId: id! }));
    expect(kept!.payload![0].conversational).toEqual({ role: 'USER', content: { text: 'I live in Lisbon.' } });
    expect(kept!.metadata).toEqual({ turn: { stringValue: '1' }, index: { stringValue: '9' } });
  });

  test('leave a message elsewhere that is too long for one', async () => {
    expect(await keep({ role: 'user', content: 'x'.repeat(90_000) }, 11)).toBeUndefined();
  });

  test('are deleted some at a time until none is left', async () => {
    const events = agentCoreEvents(client, MEMORY);
    const deleted = [];
    for (let count; count !== 0;) deleted.push(count = await events.deleteSome(conversation, 4));
    expect(deleted).toEqual([4, 2, 0]);
  });

  test('are deleted by their ids, and what is gone is no failure', async () => {
    const events = agentCoreEvents(client, MEMORY);
    const of = { owner: 'ada', id: 'by-ids' };
    const [one, two] = await Promise.all([0, 1].map((index) => events.keep(of, { turn: 1, index, message: { role: 'user', content: 'Hi' }, createdAt: 1 }, `by-ids-${index}`)));
    await events.delete(of, [one!]);
    await events.delete(of, [one!, two!]);
    expect(await events.deleteSome(of, 4)).toBe(0);
  });

  test('no owner and no conversation can spell another\'s name, and each is one that AgentCore takes', () => {
    const names = ['a', 'n-a', 'a.b', 'a_b', 'a-b', 'arn:aws:iam::1:user/x', 'x'.repeat(300), '', 'ä'].map((owner) => sessionOf({ owner, id: owner || 'c' }));
    expect(new Set(names.map(({ actorId }) => actorId)).size).toBe(names.length);
    for (const { actorId, sessionId } of names) for (const name of [actorId, sessionId]) expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,99}$/);
  });
});
