import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { chunk, DIMENSION, FIELDS, ids, type TestChunk } from './chunks';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { type S3VectorsUnderTest, startS3Vectors } from './s3-vectors';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoKeywords } from '../../../lambda/adapters/dynamo-keywords';
import { s3VectorsPassages } from '../../../lambda/adapters/s3-vectors-passages';
import type { Dropped } from '../../../lambda/ports/passage-store';
import { MemoryPassageStore } from '../fakes/passage-store';

jest.setTimeout(60_000);

passageStoreSuite('S3 Vectors with a table of words', startS3Vectors);
passageIndexesSuite('S3 Vectors', async () => {
  const { indexes, openIndex: open, close } = await startS3Vectors();
  return { indexes, open, close };
});

describe('S3 Vectors', () => {
  let under: S3VectorsUnderTest;
  const never = new AbortController().signal;
  beforeAll(async () => {
    under = await startS3Vectors();
  });
  afterAll(() => under.close?.());

  /** What the table holds of an index. */
  const items = async (index: string) => {
    const { Items = [] } = await under.table.client.send(new ScanCommand({ TableName: under.table.name }));
    return Items.filter(({ pk }) => String(pk).startsWith(`${index}#`));
  };
  /** A client whose calls of a kind may be answered otherwise. */
  const disturbed = (disturb: (command: object, send: () => Promise<unknown>) => Promise<unknown>) => {
    const real = under.table.client as unknown as { send(command: object, options: object): Promise<unknown> };
    const send = (command: object, options: object) => disturb(command, () => real.send(command, options));
    return Object.assign(Object.create(DynamoDBDocumentClient.prototype) as DynamoDBDocumentClient, { send });
  };

  test('finds by meaning alone where there is no table of words', async () => {
    const { store } = under.make({ words: false });
    await store.write([chunk({ id: 'one' })]);
    expect(store.byWords).toBeUndefined();
    expect(ids(await store.byMeaning({ vector: chunk({ id: 'one' }).vector, most: 500 }, never))).toEqual(['one']);
  });

  test.each([
    ['is described by too much', { metadata: { kind: 'é'.repeat(1_200) } }, 'what the chunk \'big\' is described by must have at most 2048 bytes in S3 Vectors, got 2411: shorten its metadata'],
    ['is too long', { text: 'x'.repeat(41_000) }, 'the chunk \'big\' must have at most 40960 bytes in S3 Vectors with all it is described by, got 4'],
  ])('refuses a chunk that %s, before anything is written', async (_, change, message) => {
    const { store, indexArn, index } = under.make();
    await expect(store.write([chunk({ id: 'good' }), chunk({ id: 'big', ...change })])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'refused', message: expect.stringContaining(message) });
    expect([under.vectors.keys(indexArn), await items(index.name)]).toEqual([[], []]);
  });

  test('leaves nothing of what was removed, in either place', async () => {
    const { store, indexArn, index } = under.make({ tenantField: 'owner' });
    await store.write([chunk({ id: 'one', text: 'ant bee', metadata: { owner: 'acme' } }), chunk({ id: 'two', text: 'bee cat', metadata: { owner: 'acme' } })]);
    await store.write([chunk({ id: 'one', text: 'dog', metadata: { owner: 'globex' } })]);
    await store.remove(['one', 'two']);
    expect([under.vectors.keys(indexArn), await items(index.name)]).toEqual([[], []]);
  });

  test('nothing of another tenant leaves, even if the service gave it', async () => {
    const { store, indexArn, index } = under.make({ tenantField: 'owner' });
    await store.write([chunk({ id: 'one', text: 'whale', metadata: { owner: 'acme' } })]);
    const blind = s3VectorsPassages(under.client, indexArn, { ...index, tenantField: undefined });
    expect(await blind.byMeaning({ vector: chunk({ id: 'one' }).vector, most: 5 }, never)).toEqual([]);
  });

  test('words of an index that there was no time for go the next time', async () => {
    const { store, index } = under.make();
    await store.write([chunk({ id: 'one', text: 'ant bee' })]);
    expect(await under.indexes.drop(index.name, AbortSignal.abort())).toEqual({ done: false });
    expect(await items(index.name)).not.toEqual([]);
    expect(await under.indexes.drop(index.name, never)).toEqual({ done: true });
    expect(await items(index.name)).toEqual([]);
  });

  test.each(['its time is over', 'the table fails'])('each run goes on where the one before it stopped, however few words it comes to before %s', async (why) => {
    const { store, index } = under.make();
    await store.write(Array.from({ length: 20 }, (_, at) => chunk({ id: `${at}`, text: `whale number${at}` })));
    const { Count: all = 0 } = await under.table.client.send(new ScanCommand({ TableName: under.table.name, Select: 'COUNT' }));
    let [pages, read, over] = [0, 0, new AbortController()];
    // A run has two pages of ten items.
    const client = disturbed(async (command, send) => {
      if (!(command instanceof ScanCommand)) return send();
      if (++pages > 2) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
      command.input.Limit = 10;
      const page = await send() as { readonly ScannedCount: number };
      read += page.ScannedCount;
      if (pages === 2 && why === 'its time is over') over.abort();
      return page;
    });
    const runs: (string | undefined)[] = [];
    for (let dropped: Dropped = { done: false }; !dropped.done; runs.push(dropped.from)) {
      [pages, over] = [0, new AbortController()];
      dropped = await dropIndexWords(client, { table: under.table.name, index: index.name }, over.signal, dropped.from);
    }
    expect([await items(index.name), new Set(runs).size > 3]).toEqual([[], true]);
    expect(read).toBeLessThanOrEqual(all);
  });

  test('an index that is not there, or a service that is not, is unavailable', async () => {
    const store = s3VectorsPassages(under.client, 'arn:aws:s3vectors:us-east-1:123456789012:bucket/b/index/none', { name: 'none', dimension: DIMENSION, fields: FIELDS });
    await expect(store.write([chunk({ id: 'one' })])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable', message: expect.stringContaining('NotFoundException') });
  });

  describe('its table of words', () => {
    const words = (id: string, text: string) => ({ id, tenant: 'null', counts: new Map(text.split(' ').map((term) => [term, 1])), length: text.split(' ').length });

    test('a write that is cut short anywhere is cleared away by a removal, or mended by another write', async () => {
      for (const cut of [1, 2, 3, 4, 5]) {
        for (const mend of [false, true]) {
          let writes = 0;
          const index = `cut_${cut}_${String(mend)}`;
          const whole = dynamoKeywords(under.table.client, { table: under.table.name, index });
          await whole.write([words('one', 'ant bee')]);
          const client = disturbed((command, send) => (command instanceof BatchWriteCommand && ++writes > cut ? Promise.reject(new Error('killed')) : send()));
          const many = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ');
          await dynamoKeywords(client, { table: under.table.name, index }).write([words('one', many)]).catch(() => undefined);
          if (mend) await whole.write([words('one', 'cat')]);
          if (mend) expect((await items(index)).map(({ pk }) => String(pk).split('#').at(-1)).sort()).toEqual(expect.arrayContaining(['cat', 'one']));
          if (mend) expect(await items(index)).toHaveLength(3);
          await whole.remove(['one']);
          expect(await items(index)).toEqual([]);
        }
      }
    });

    test('a question reads so much of the table at most, however many words it has and however common they are, and the rarer ones to their ends', async () => {
      const [all, some] = ['ant bee cat dog emu', 'ant bee cat dog emu fox'];
      await dynamoKeywords(under.table.client, { table: under.table.name, index: 'common' }).write(Array.from({ length: 200 }, (_, at) => words(`c${at}`, at < 20 ? some : all)));
      for (const [asked, most] of [['ant', 120], ['ant bee none', 120], [all, 120], ['fox', 20], ['ant fox', 40], [some, 120]] as const) {
        let read = 0;
        const client = disturbed(async (command, send) => {
          const answer = await send() as { Items: object[] };
          if (command instanceof QueryCommand && String(command.input.ExpressionAttributeValues![':pk']).includes('#w#')) read += answer.Items.length;
          return answer;
        });
        const found = await dynamoKeywords(client, { table: under.table.name, index: 'common', page: 10 }).search(asked.split(' '), 'null', never);
        expect(read).toBeGreaterThan(most / 2);
        expect(read).toBeLessThanOrEqual(most);
        // Those that have the rare word are the best, each of them.
        if (asked.includes('fox')) expect(new Set(found.slice(0, 20).map(({ id }) => id))).toEqual(new Set(Array.from({ length: 20 }, (_, at) => `c${at}`)));
      }
    });

    test('a write that failed has ended: nothing of it is written later', async () => {
      let [sent, failed] = [0, false];
      const client = disturbed(async (command, send) => {
        if (!(command instanceof BatchWriteCommand)) return send();
        // The chunk itself is written; of its words the first batch fails at once, and the others take longer.
        if (++sent === 2) throw new Error('broken');
        if (sent > 2) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(failed).toBe(false);
        return send();
      });
      const many = Array.from({ length: 600 }, (_, at) => `word${at}`).join(' ');
      await expect(dynamoKeywords(client, { table: under.table.name, index: 'ended' }).write([words('one', many)])).rejects.toMatchObject({ kind: 'unavailable' });
      failed = true;
      const [before, written] = [sent, await items('ended')];
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect([sent, (await items('ended')).length]).toEqual([before, written.length]);
      expect(sent).toBeLessThan(12);
    });

    test('a chunk that moves to another tenant, the first time cut short, counts for that one alone', async () => {
      const of = (tenant: string) => ({ ...words('one', 'ant'), tenant });
      const whole = dynamoKeywords(under.table.client, { table: under.table.name, index: 'moved' });
      await whole.write([of('a')]);
      let writes = 0;
      const client = disturbed((command, send) => (command instanceof BatchWriteCommand && ++writes > 1 ? Promise.reject(new Error('killed')) : send()));
      await expect(dynamoKeywords(client, { table: under.table.name, index: 'moved' }).write([of('b')])).rejects.toThrow('killed');
      await whole.write([of('b')]);
      expect(await items('moved')).toHaveLength(3);
    });

    test('what the table has no room for is asked for again, and given up after nine attempts', async () => {
      const pauses: number[] = [];
      let busy = 3;
      const client = disturbed(async (command, send) => {
        if (!(command instanceof BatchWriteCommand || command instanceof BatchGetCommand) || busy-- <= 0) return send();
        const { RequestItems } = command.input;
        return command instanceof BatchWriteCommand ? { UnprocessedItems: RequestItems } : { Responses: {}, UnprocessedKeys: RequestItems };
      });
      const pause = async (milliseconds: number) => { pauses.push(milliseconds); };
      const keywords = dynamoKeywords(client, { table: under.table.name, index: 'busy', pause });
      await keywords.write([words('one', 'ant')]);
      expect((await keywords.search(['ant'], 'null', never)).map(({ id }) => id)).toEqual(['one']);
      expect(pauses).toHaveLength(3);
      busy = Infinity;
      await expect(keywords.write([words('two', 'ant')])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'throttled' });
      expect(pauses).toHaveLength(3 + 8);
    });

    test('ranks as well where a common word is in too many chunks to read them all', async () => {
      const chunks = Array.from({ length: 300 }, (_, at): TestChunk => ({ id: `c${at}`, text: `common ${at % 50 === 0 ? 'rare ' : ''}filler${at % 7} common${at % 3}` }));
      const { store } = under.make({ page: 40 });
      const reference = new MemoryPassageStore({ dimension: DIMENSION });
      for (const one of [store, reference]) await one.write(chunks.map(chunk));
      const asked = { words: 'common rare', most: 6 };
      const [found, wanted] = [await store.byWords!(asked, never), await reference.byWords(asked, never)];
      expect(ids(found).sort()).toEqual(ids(wanted).sort());
      found.forEach(({ score }) => expect(score / wanted[0].score).toBeGreaterThan(0.9));
      found.forEach(({ score }) => expect(score / wanted[0].score).toBeLessThan(1.1));
      expect(await store.byWords!({ words: 'common', most: 50 }, never)).toHaveLength(50);
    });

    test('estimates from a sample how many chunks there are and how long', async () => {
      const index = 'sampled';
      const keywords = dynamoKeywords(under.table.client, { table: under.table.name, index });
      await keywords.write(Array.from({ length: 1_400 }, (_, at) => words(`c${at}`, at === 7 ? 'needle' : 'hay')));
      const [{ score }] = await keywords.search(['needle'], 'null', never);
      expect(score / Math.log(1 + 1_399.5 / 1.5)).toBeGreaterThan(0.98);
      expect(score / Math.log(1 + 1_399.5 / 1.5)).toBeLessThan(1.02);
    });
  });
});
