import { type ChatCache, REDIS, startCache } from './chat-cache';
import { type ChatTable, startTable } from './chat-table';
import { dynamoTurnKeys } from '../../../lambda/adapters/dynamo-turn-keys';
import { valkeyTurnKeys } from '../../../lambda/adapters/valkey-turn-keys';
import type { OpenTurn } from '../../../lambda/ports/conversations';
import type { TurnKeys } from '../../../lambda/ports/turn-keys';
import { MemoryTurnKeys } from '../fakes/turn-keys';

let table: ChatTable;
let cache: ChatCache | undefined;

beforeAll(async () => {
  table = await startTable();
  cache = REDIS ? await startCache() : undefined;
}, 20_000);

afterAll(async () => {
  await table.stop();
  await cache?.stop();
});

const NOW = Date.now();
let conversations = 0;
const conversation = () => ({ owner: 'ada', id: `c${conversations}` });
beforeEach(() => { conversations++; });

describe.each<[string, () => TurnKeys]>([
  ['DynamoDB', () => dynamoTurnKeys(table.client, table.name)],
  ['memory', () => new MemoryTurnKeys()],
  ...REDIS ? [['Valkey', () => valkeyTurnKeys(cache!.valkey)] as [string, () => TurnKeys]] : [],
])('keys of turns in %s', (_, create) => {
  test('stand for the turn that claimed them first', async () => {
    const keys = create();
    expect(await keys.find(conversation(), 'k', NOW)).toBeUndefined();
    expect(await keys.claim(turn(1), { name: 'k', hash: 'h' }, undefined)).toBe(true);
    expect(await keys.find(conversation(), 'k', NOW)).toEqual({ turnId: 'turn-1', number: 1, hash: 'h' });
    expect(await keys.claim(turn(2), { name: 'k', hash: 'h' }, undefined)).toBe(false);
    expect(await keys.claim(turn(2), { name: 'other', hash: 'h' }, undefined)).toBe(true);
    expect(await keys.find({ ...conversation(), id: 'elsewhere' }, 'k', NOW)).toBeUndefined();
  });

  test('may be claimed again by the turn itself, and in place of one that is known', async () => {
    const keys = create();
    for (const attempt of [1, 2]) expect([attempt, await keys.claim(turn(1), { name: 'k', hash: 'h' }, undefined)]).toEqual([attempt, true]);
    const before = await keys.find(conversation(), 'k', NOW);
    expect(await keys.claim(turn(2), { name: 'k', hash: 'other' }, before)).toBe(true);
    expect(await keys.claim(turn(3), { name: 'k', hash: 'h' }, before)).toBe(false);
    expect(await keys.find(conversation(), 'k', NOW)).toEqual({ turnId: 'turn-2', number: 2, hash: 'other' });
  });

  test('are forgotten after a day, or with their conversation', async () => {
    const keys = create();
    const day = 86_400_000;
    await keys.claim(turn(1), { name: 'k', hash: 'h' }, undefined);
    expect(await keys.find(conversation(), 'k', NOW + day + 1_000)).toBeUndefined();
    expect(await keys.claim({ ...turn(2), now: NOW + day + 1_000 }, { name: 'k', hash: 'h' }, undefined)).toBe(true);
    await keys.claim({ ...turn(3), expiresAt: Math.floor(NOW / 1000) + 60 }, { name: 'short', hash: 'h' }, undefined);
    expect(await keys.find(conversation(), 'short', NOW + 61_000)).toBeUndefined();
  });
});

function turn(number: number): OpenTurn {
  return { conversation: conversation(), turnId: `turn-${number}`, number, now: NOW, until: NOW + 60_000, fresh: false };
}
