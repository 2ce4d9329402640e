import { type ChatTable, startTable } from './chat-table';
import { dynamoVectors } from '../../../lambda/adapters/dynamo-vectors';
import { VECTOR_TABLE } from '../../../lib/contract/diy-rag';
import { FakeClock } from '../fakes/clock';

let table: ChatTable;
beforeAll(async () => {
  table = await startTable('vectors', [VECTOR_TABLE.partitionKey]);
}, 20_000);
afterAll(() => table.stop());

const vectorOf = (at: number) => Array.from({ length: 1_024 }, (_, place) => Math.fround(Math.sin(at + place)));

test('vectors are read back as they were kept, by hundreds', async () => {
  const vectors = dynamoVectors(table.client, table.name, 60, new FakeClock());
  const many = new Map(Array.from({ length: 230 }, (_, at) => [`key ${at}`, vectorOf(at)]));
  await vectors.keep(many);
  const found = await vectors.find([...many.keys(), 'another']);
  expect(found.size).toBe(230);
  expect(found.get('key 229')).toEqual(vectorOf(229));
});

test('what is past its time is not known any more, even where the table still has it', async () => {
  const clock = new FakeClock();
  const vectors = dynamoVectors(table.client, table.name, 60, clock);
  await vectors.keep(new Map([['old', [1]]]));
  expect((await vectors.find(['old'])).size).toBe(1);
  clock.time += 61_000;
  expect((await vectors.find(['old'])).size).toBe(0);
});

test('what a table leaves undone is asked for again after pauses, and given up in the end', async () => {
  const clock = new FakeClock();
  const sent: unknown[] = [];
  let busy = 2;
  const client = {
    send: async ({ input: { RequestItems } }: { input: { RequestItems: Record<string, unknown> } }) => {
      sent.push(RequestItems);
      return busy-- > 0 ? { UnprocessedItems: RequestItems, UnprocessedKeys: RequestItems, Responses: {} } : { Responses: {} };
    },
  };
  const vectors = dynamoVectors(client as never, 'table', 60, clock);
  await vectors.keep(new Map([['one', [1]]]));
  expect(sent).toHaveLength(3);
  expect(clock.pauses).toEqual([75, 150]);
  busy = 100;
  await expect(vectors.find(['one'])).rejects.toThrow('leaves items undone');
});
