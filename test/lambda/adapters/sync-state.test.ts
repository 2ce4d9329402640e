import { type ChatTable, startTable } from './chat-table';
import { dynamoJobLeases } from '../../../lambda/adapters/dynamo-job-leases';
import { dynamoOpenDocuments } from '../../../lambda/adapters/dynamo-open-documents';
import { dynamoSourceGates } from '../../../lambda/adapters/dynamo-source-gates';
import { MemoryGates, MemoryLeases, MemoryOpenDocuments } from '../fakes/sync-state';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('sync', ['pk', 'sk']);
}, 20_000);
afterAll(() => table.stop());

let places = 0;
const source = () => `SOURCE${++places}`;

describe.each([['DynamoDB', () => dynamoSourceGates(table.client, table.name)], ['memory', () => new MemoryGates()]])('gates in %s', (_, open) => {
  test('let batches in until a job closes them, and say how many are in', async () => {
    const [gates, id] = [open(), source()];
    expect(await gates.enter(id, 'one', 100, 500)).toMatchObject({ entered: true });
    expect(await gates.enter(id, 'two', 100, 200)).toMatchObject({ entered: true });
    expect(await gates.close(id, 1, 300, 1_000)).toBe(1);
    expect(await gates.enter(id, 'three', 400, 500)).toMatchObject({ entered: false, state: { closedUntil: 1_000 } });
    await gates.leave(id, 'one');
    expect(await gates.close(id, 1, 400, 1_000)).toBe(0);
  });

  test('open for their holder only, with what was found, and by themselves when its time is over', async () => {
    const [gates, id] = [open(), source()];
    await gates.close(id, 2, 0, 1_000);
    await gates.open(id, 1, { coveredFrom: 5 });
    expect(await gates.enter(id, 'one', 10, 20)).toMatchObject({ entered: false });
    await gates.open(id, 2, { coveredFrom: 7 });
    expect(await gates.enter(id, 'one', 10, 20)).toMatchObject({ entered: true, state: { coveredFrom: 7 } });
    await gates.close(id, 3, 0, 1_000);
    expect((await gates.enter(id, 'two', 1_001, 2_000)).entered).toBe(true);
  });

  test('want one job at a time, until one begins, lately is over or all is given up', async () => {
    const [gates, id] = [open(), source()];
    expect(await gates.want(id, 100, 0)).toBe(true);
    expect(await gates.want(id, 110, 10)).toBe(false);
    expect(await gates.want(id, 300, 200)).toBe(true);
    await gates.began(id, 310);
    expect(await gates.find(id)).toMatchObject({ startedAt: 310 });
    expect((await gates.find(id)).wantedAt).toBeUndefined();
    expect(await gates.want(id, 320, 220)).toBe(true);
    await gates.close(id, 4, 0, 1_000);
    await gates.open(id, 4, { failedAt: 310 });
    expect(await gates.find(id)).toMatchObject({ failedAt: 310 });
    expect((await gates.find(id)).wantedAt).toBeUndefined();
  });
});

describe.each([['DynamoDB', async () => {
  const own = await startTable(`leases${++places}`, ['pk', 'sk']);
  owned.push(own);
  return dynamoJobLeases(own.client, own.name);
}], ['memory', async () => new MemoryLeases()]])('leases in %s', (_, open) => {
  const wanted = (owner: string, until = 1_000) => ({ owner, dataSourceId: 'A', wantedAt: 1, attempt: 1, until });

  test('belong to one holder, who may take them again, until they are released or over', async () => {
    const leases = await open();
    expect(await leases.find()).toBeUndefined();
    expect(await leases.take(wanted('ada'), 0, 0)).toMatchObject({ token: 1, owner: 'ada' });
    expect(await leases.take(wanted('eve'), 10, 0)).toBeUndefined();
    expect(await leases.take(wanted('ada', 2_000), 10, 0)).toMatchObject({ token: 1, until: 2_000 });
    expect(await leases.take(wanted('eve', 5_000), 2_001, 0)).toMatchObject({ token: 2, owner: 'eve' });
    expect(await leases.keep(1, { until: 9_000, jobId: 'LATE', startedAt: 5 })).toBe(false);
    expect([await leases.release(1), await leases.release(2), await leases.release(2)]).toEqual([false, true, false]);
    expect(await leases.find()).toBeUndefined();
  });

  test('stay with a job that was begun, and remember when that was', async () => {
    const leases = await open();
    await leases.take(wanted('ada', 100), 0, 0);
    expect(await leases.keep(1, { until: 100, jobId: 'J1', startedAt: 50, look: 1 })).toBe(true);
    expect(await leases.find()).toMatchObject({ jobId: 'J1', startedAt: 50, look: 1 });
    expect(await leases.take(wanted('eve'), 200, 40)).toBeUndefined();
    expect(await leases.take(wanted('eve'), 200, 60)).toBeUndefined();
    await leases.release(1);
    expect(await leases.take(wanted('eve'), 200, 40)).toBeUndefined();
    expect(await leases.take(wanted('eve'), 200, 60)).toMatchObject({ token: 2, owner: 'eve' });
    expect((await leases.find())?.jobId).toBeUndefined();
  });

  test('go to one of many who want them at the same time', async () => {
    const leases = await open();
    const taken = await Promise.all(Array.from({ length: 10 }, (__, at) => leases.take(wanted(`holder ${at}`), 0, 0)));
    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
  });
});
const owned: ChatTable[] = [];
afterAll(() => Promise.all(owned.map((own) => own.stop())));

describe.each([['DynamoDB', () => dynamoOpenDocuments(table.client, table.name)], ['memory', () => new MemoryOpenDocuments()]])('open documents in %s', (_, make) => {
  test('are pending with their changes, fail and are counted, and are forgotten', async () => {
    const [open, id] = [make(), source()];
    await open.keepPending(id, [{ name: 'a', changes: ['1', '2'] }, { name: 'b', changes: ['3'] }], 0);
    expect(await open.find(id, ['a', 'c'])).toEqual([{ name: 'a', changes: ['1', '2'], failed: false }]);
    expect([await open.fail(id, { name: 'a', reason: 'no', at: 0 }), await open.fail(id, { name: 'a', reason: 'no', at: 0 })]).toEqual([1, 2]);
    expect(await open.find(id, ['a'])).toEqual([{ name: 'a', changes: undefined, failed: true }]);
    const failed: string[] = [];
    for await (const names of open.failed(id)) failed.push(...names);
    expect(failed).toEqual(['a']);
    await open.clear(id, ['a', 'b', 'never']);
    expect(await open.find(id, ['a', 'b'])).toEqual([]);
  });

  test('are forgotten by the hundred', async () => {
    const [open, id] = [make(), source()];
    const names = Array.from({ length: 60 }, (__, at) => `${at}`);
    await Promise.all(names.map((name) => open.fail(id, { name, reason: 'no', at: 0 })));
    await open.clear(id, names);
    for await (const left of open.failed(id)) expect(left).toEqual([]);
  });
});
