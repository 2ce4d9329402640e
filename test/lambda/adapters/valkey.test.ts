import { type ChatCache, REDIS, startCache } from './chat-cache';
import { openCluster, run, valkey } from '../../../lambda/adapters/valkey-connection';
import { valkeyConversations } from '../../../lambda/adapters/valkey-conversations';
import { valkeyTurnLog } from '../../../lambda/adapters/valkey-turn-log';
import { type Redis, startRedis } from '../../../local/elasticache/redis';
import { collect } from '../fakes/collect';

(REDIS ? describe : describe.skip)('conversations in Valkey', () => {
  let cache: ChatCache;
  beforeAll(async () => {
    cache = await startCache();
  });
  afterAll(() => cache.stop());

  const talk = async (owner: string, expiresAt: number | undefined, now = 1_000) => {
    const conversations = valkeyConversations(cache.valkey);
    const turn = (await conversations.begin({ conversation: { owner, id: 'c' }, turnId: 'one', now, until: now + 9_000, expiresAt }))!;
    await valkeyTurnLog(cache.valkey).append(turn, { place: 0, at: now, text: '{}', last: true });
    await conversations.commit(turn, [{ turn: 1, index: 0, message: { role: 'user', content: 'Hi' }, createdAt: now, expiresAt, end: { finishReason: 'stop' } }], { title: 'Hi', now });
  };
  const keysOf = async (owner: string) => (await cache.client.nodes('master')[0].keys('*')).filter((key) => key.includes(encodeURIComponent(owner)));

  test('live as long as their messages, and not longer', async () => {
    await talk('mortal', 61);
    const lives = await Promise.all((await keysOf('mortal')).map((key) => cache.client.pttl(key)));
    expect(lives).toHaveLength(5);
    for (const life of lives) expect(life).toBeGreaterThan(50_000);
    for (const life of lives) expect(life).toBeLessThanOrEqual(60_000);
  });

  test('live for ever where nothing says otherwise, but for the logs of turns', async () => {
    await talk('immortal', undefined);
    const lives = await Promise.all((await keysOf('immortal')).sort().map(async (key) => [key.split(':').pop()!.split('#')[0], await cache.client.pttl(key)] as const));
    const mortal = lives.filter(([, life]) => life !== -1);
    expect(mortal.map(([kind]) => kind)).toEqual(['log']);
    expect(lives).toHaveLength(5);
  });

  test('are found until the last moment and gone after it, with the names of what was in them', async () => {
    await talk('brief', 1, 700);
    const conversations = valkeyConversations(cache.valkey);
    expect(await conversations.find({ owner: 'brief', id: 'c' })).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await conversations.find({ owner: 'brief', id: 'c' })).toBeUndefined();
    expect((await collect(conversations.recent('brief'))).items).toEqual([]);
    expect((await collect(conversations.oldestFirst({ owner: 'brief', id: 'c' }, 0))).items).toEqual([]);
    expect(await keysOf('brief')).toEqual([]);
  });

  test('keep everything of a conversation on one node, and of an owner, whatever the owner is called', async () => {
    await talk('{a}:b#conversation#c', undefined);
    const tags = new Set((await keysOf('{a}:b#conversation#c')).map((key) => /^\{[^{}]*\}/.exec(key)?.[0]));
    expect([...tags].sort()).toEqual(['{owner#%7Ba%7D%3Ab%23conversation%23c#conversation#c}', '{owner#%7Ba%7D%3Ab%23conversation%23c}']);
  });

  test('list many of one moment, each once', async () => {
    const conversations = valkeyConversations(cache.valkey);
    await Promise.all(Array.from({ length: 120 }, async (_, position) => {
      const turn = (await conversations.begin({ conversation: { owner: 'busy', id: `c${position}` }, turnId: 'one', now: 1_000, until: 2_000 }))!;
      await conversations.commit(turn, [], { title: '', now: 5_000 });
    }));
    const { items } = await collect(conversations.recent('busy'));
    expect(new Set(items.map(({ id }) => id)).size).toBe(120);
    const rest = (await collect(conversations.recent('busy', items[70]))).items;
    expect(rest.map(({ id }) => id)).toEqual(items.slice(71).map(({ id }) => id));
  });
});

(REDIS ? describe : describe.skip)('a client of Valkey', () => {
  let redis: Redis;
  beforeEach(async () => {
    redis = await startRedis(REDIS!);
  });
  afterEach(() => redis.stop());

  test('is replaced by another when it has lost its server, with a fresh proof', async () => {
    const opened: number[] = [];
    let port = redis.port;
    const server = valkey(async () => {
      opened.push(port);
      return openCluster('127.0.0.1', port, {});
    });
    expect(await server((client) => client.set('a', '1'))).toBe('OK');
    const next = await startRedis(REDIS!);
    port = next.port;
    await redis.stop();
    expect(await server((client) => client.set('a', '2'))).toBe('OK');
    expect(opened).toEqual([redis.port, next.port]);
    await server(async (client) => client.disconnect());
    await next.stop();
  });

  test('tells what the server answers, and does not ask twice', async () => {
    let asked = 0;
    const server = valkey(async () => openCluster('127.0.0.1', redis.port, {}));
    await expect(server((client) => {
      asked++;
      return client.hset('{a}', 'b');
    })).rejects.toThrow('wrong number of arguments');
    await expect(run(server, 'release', ['{a}:x'], 'nobody')).resolves.toBe(0);
    expect(asked).toBe(1);
    await server(async (client) => client.disconnect());
  });

  test('waits for a server that is not there yet as long as it may, with pauses that grow', async () => {
    let { port } = redis;
    await redis.stop();
    let time = 0;
    const pauses: number[] = [];
    const patience = (late: number, start?: () => Promise<unknown>) => ({
      milliseconds: 10_000,
      now: () => time,
      pause: async (milliseconds: number) => {
        pauses.push(milliseconds);
        time += milliseconds;
        if (pauses.length === late) await start?.();
      },
    });
    const opened = () => async () => openCluster('127.0.0.1', port, {});
    const ping = (client: Awaited<ReturnType<ReturnType<typeof opened>>>) => client.set('a', '1');
    await expect(valkey(opened(), patience(0))(ping)).rejects.toThrow('None of startup nodes is available');
    expect(pauses).toEqual([200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
    pauses.length = 0;
    const late = valkey(opened(), patience(4, async () => {
      redis = await startRedis(REDIS!);
      ({ port } = redis);
    }));
    expect(await late(ping)).toBe('OK');
    expect(pauses).toHaveLength(4);
    await late(async (client) => client.disconnect());
  });
});
