import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type ChatTable, startTable } from './chat-table';
import { dynamoQuotas } from '../../../lambda/adapters/dynamo-quotas';
import type { Bucket, Quotas } from '../../../lambda/ports/quotas';
import { MemoryQuotas } from '../fakes/quotas';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('quotas', ['pk']);
}, 20_000);
afterAll(() => table.stop());

let names = 0;
const bucket = (limit: Partial<Bucket['limit']>): Bucket => ({ kind: 'user', name: `ada/${++names}#1`, limit: { windowSeconds: 60, ...limit }, from: 60_000, until: 120_000 });

describe.each<[string, () => Quotas]>([['DynamoDB', () => dynamoQuotas(table.client, table.name)], ['memory', () => new MemoryQuotas()]])('quotas in %s', (_, open) => {
  test('grant what is left, and refuse what is not, without taking of it', async () => {
    const quotas = open();
    const mine = bucket({ requests: 3, tokens: 100 });
    expect(await quotas.reserve(mine, 'one', 60)).toEqual({ granted: true, taken: { requests: 1, tokens: 60 } });
    expect(await quotas.reserve(mine, 'two', 41)).toEqual({ granted: false, taken: { requests: 1, tokens: 60 } });
    expect(await quotas.reserve(mine, 'three', 40)).toEqual({ granted: true, taken: { requests: 2, tokens: 100 } });
    expect(await quotas.reserve(mine, 'four', 0)).toEqual({ granted: true, taken: { requests: 3, tokens: 100 } });
    expect(await quotas.reserve(mine, 'five', 0)).toEqual({ granted: false, taken: { requests: 3, tokens: 100 } });
  });

  test('refuse what no empty bucket would hold', async () => {
    expect(await open().reserve(bucket({ tokens: 100 }), 'one', 101)).toEqual({ granted: false, taken: { requests: 0, tokens: 0 } });
  });

  test('put right what was taken, once, and count a repeated write once', async () => {
    const quotas = open();
    const mine = bucket({ tokens: 100 });
    await quotas.reserve(mine, 'one', 60);
    expect(await quotas.reserve(mine, 'one', 60)).toEqual({ granted: true, taken: { requests: 1, tokens: 60 } });
    for (let repeated = 0; repeated < 2; repeated++) await quotas.settle(mine, 'one', { requests: 0, tokens: -40 });
    expect(await quotas.reserve(mine, 'two', 80)).toEqual({ granted: true, taken: { requests: 2, tokens: 100 } });
    await quotas.settle(mine, 'two', { requests: -1, tokens: -80 });
    await quotas.settle(mine, 'never', { requests: -1, tokens: -80 });
    expect(await quotas.reserve(mine, 'three', 1)).toEqual({ granted: true, taken: { requests: 2, tokens: 21 } });
  });

  test('never grant more than there is to turns at the same time', async () => {
    const quotas = open();
    const mine = bucket({ requests: 50, tokens: 1_000 });
    const granted = await Promise.all(Array.from({ length: 40 }, (__, turn) => quotas.reserve(mine, `turn-${turn}`, 90)));
    expect(granted.filter((each) => each.granted)).toHaveLength(11);
    expect(Math.max(...granted.map(({ taken }) => taken.tokens))).toBe(990);
  });

  test('keep the spans of time apart', async () => {
    const quotas = open();
    if (quotas instanceof MemoryQuotas) return;
    const mine = bucket({ requests: 1 });
    expect((await quotas.reserve(mine, 'one', 1)).granted).toBe(true);
    expect((await quotas.reserve({ ...mine, from: 120_000, until: 180_000 }, 'two', 1)).granted).toBe(true);
  });
});

test('an item of the table leaves with its window, and its key can be spelled by no other name', async () => {
  const mine = bucket({ tokens: 100 });
  await dynamoQuotas(table.client, table.name).reserve(mine, 'one', 7);
  const { Item } = await table.client.send(new GetCommand({ TableName: table.name, Key: { pk: `user#${encodeURIComponent(mine.name)}#60#60` } }));
  expect(Item).toMatchObject({ 'expiresAt': 120 + 3_600, 'turn#one': 7, 'requests': 1, 'tokens': 7 });
});
