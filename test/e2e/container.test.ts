import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { userMessage } from './run-example';
import { runChats } from './run-stacks';
import { type ChatbotApiProps, ContainerExposure, ConversationMemory, Model, ModelRouter, RequestTrait, Transport } from '../../lib';
import { findRedis } from '../../local/elasticache/redis';

const exposure = ContainerExposure.internalHttp();
const lite = Model.foundation('amazon.nova-lite-v1:0', { name: 'lite' });
const pro = Model.foundation('amazon.nova-pro-v1:0', { name: 'pro' });
const cached = findRedis() ? test : test.skip;
if (!findRedis()) process.stderr.write('There is no redis-server or valkey-server on this machine: a container that remembers in Valkey is not tested.\n');

describe('a chat in a container', () => {
  const chats = runChats((stack): Record<string, ChatbotApiProps> => {
    const vpc = new Vpc(stack, 'Vpc');
    return {
      Routed: { transport: Transport.container({ exposure, vpc }), model: new ModelRouter({ model: lite, rules: [{ name: 'code', when: [RequestTrait.code()], use: pro }], fallback: [pro] }) },
      ...findRedis() && { Cached: { transport: Transport.container({ exposure }), conversations: { memory: ConversationMemory.elastiCache({ vpc }) } } },
    };
  });
  afterEach(() => chats.cloud.faults.set({ kind: 'none' }));
  const ask = async (name: string, content: string, more: object = {}) => {
    const response = await chats.call(name, 'POST', 'v1/chat/completions', { ...userMessage(content), ...more });
    expect(response.status).toBe(200);
    const { model, choices } = await response.json() as { model: string; choices: [{ message: { content: string } }] };
    return { model, content: choices[0].message.content, route: response.headers.get('x-model-route') };
  };

  test('has its router beside its code: a rule chooses, and another model answers for one that is throttled', async () => {
    expect(await ask('Routed', 'Tell me of rivers.')).toMatchObject({ model: 'lite', route: 'default' });
    expect(await ask('Routed', 'TypeError: x is not a function')).toMatchObject({ model: 'pro', route: 'rule:code' });
    chats.cloud.faults.set({ kind: 'throttle', model: 'nova-lite' });
    expect(await ask('Routed', 'Tell me of lakes.')).toMatchObject({ model: 'pro', route: 'fallback:throttled' });
  });

  cached('remembers in a cache, reads it again, tells a turn again and forgets', async () => {
    expect((await ask('Cached', 'Tell me of rivers.', { conversation_id: 'trip' })).content).toContain('1 message of yours');
    const streamed = await chats.call('Cached', 'POST', 'v1/chat/completions', { ...userMessage('And lakes?'), stream: true, conversation_id: 'trip' });
    const told = await streamed.text();
    expect(told).toContain('[DONE]');
    const resumed = await chats.call('Cached', 'GET', 'v1/conversations/trip/stream', undefined, { 'last-event-id': /^id: (.*)$/m.exec(told)![1] });
    expect(eventsOf(await resumed.text())).toEqual(eventsOf(told).slice(1));
    expect((await chats.stored('Cached', 'trip')).map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect((await chats.call('Cached', 'DELETE', 'v1/conversations/trip')).status).toBe(200);
    expect((await chats.call('Cached', 'GET', 'v1/conversations/trip')).status).toBe(404);
  });

  test('is granted its models and its cache, and was denied nothing', async () => {
    const { roles } = await chats.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    const idle = roles.flatMap(({ unused, untouched }) => [...unused, ...untouched]).filter(({ action }) => /^(bedrock|elasticache):/.test(action));
    expect(idle).toEqual([]);
  });
});

/** The events of a stream with their ids, in their order. */
function eventsOf(stream: string): string[] {
  return stream.split('\n\n').filter((event) => event.includes('data: '));
}
