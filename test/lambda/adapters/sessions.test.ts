import { type ChatTable, startTable } from './chat-table';
import { dynamoSessions } from '../../../lambda/adapters/dynamo-sessions';
import { MemorySessions } from '../fakes/sessions';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('sessions', ['pk', 'sk']);
}, 20_000);
afterAll(() => table.stop());

const NOW = 1_000_000;
const session = (answer: string, expiresAt = 2_000) => ({ exchanges: [{ question: 'How many?', answer, run: 'r1', key: { name: 'k', hash: 'h' } }], expiresAt });
let ids = 0;

describe.each([['DynamoDB', () => dynamoSessions(table.client, table.name)], ['memory', () => new MemorySessions()]])('sessions in %s', (_, open) => {
  test('are found by their owner, tenant and id alone, until their time is over', async () => {
    const [sessions, key] = [open(), { owner: 'ada', tenant: 'hr', id: `ses-${++ids}` }];
    expect(await sessions.find(key, NOW)).toBeUndefined();
    expect(await sessions.keep(key, session('Thirty.'), undefined, NOW)).toBe(true);
    expect(await sessions.find(key, NOW)).toEqual({ ...session('Thirty.'), version: 1 });
    for (const other of [{ ...key, owner: 'eve' }, { ...key, tenant: 'it' }, { ...key, tenant: undefined }, { owner: 'ada#tenant#hr', id: key.id }]) {
      expect(await sessions.find(other, NOW)).toBeUndefined();
      expect(await sessions.forget(other, NOW)).toBe(false);
    }
    expect(await sessions.find(key, 2_000_000)).toBeUndefined();
  });

  test('are written in place of what was read, and of nothing else', async () => {
    const [sessions, key] = [open(), { owner: 'ada', id: `ses-${++ids}` }];
    await sessions.keep(key, session('A'), undefined, NOW);
    const read = await sessions.find(key, NOW);
    expect(await sessions.keep(key, session('B'), undefined, NOW)).toBe(false);
    expect(await sessions.keep(key, session('B'), read, NOW)).toBe(true);
    expect(await sessions.keep(key, session('C'), read, NOW)).toBe(false);
    expect(await sessions.find(key, NOW)).toEqual({ ...session('B'), version: 2 });
    // The table deletes what has expired days late.
    expect(await sessions.keep(key, session('D', 9_000), undefined, 2_000_000)).toBe(true);
  });

  test('are forgotten once, and not written again by who read them before', async () => {
    const [sessions, key] = [open(), { owner: 'ada', id: `ses-${++ids}` }];
    await sessions.keep(key, session('A'), undefined, NOW);
    const read = await sessions.find(key, NOW);
    expect(await sessions.forget(key, NOW)).toBe(true);
    expect(await sessions.forget(key, NOW)).toBe(false);
    expect(await sessions.keep(key, session('B'), read, NOW)).toBe(false);
    await sessions.keep(key, session('A'), undefined, NOW);
    expect(await sessions.forget(key, 2_000_000)).toBe(false);
  });
});
