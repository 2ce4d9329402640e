import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { emittedMetrics } from './emitted-metrics';
import { runRags, until } from './run-rags';
import { ChatbotApi, MetadataField } from '../../lib';

const LEAVE = 'Everybody has thirty days of leave a year.';
const REINDEXING = [
  's3vectors:GetIndex', 's3vectors:DeleteIndex', 's3vectors:QueryVectors', 's3vectors:GetVectors', 'dynamodb:Scan', 'dynamodb:DeleteItem', 'dynamodb:Query', 's3:GetObject',
];
const HANDBOOK = `# Handbook\n\nWelcome to the company.\n\n## Leave\n\n${LEAVE} Leave is taken until the end of March.\n`;
const fields = [MetadataField.text('owner'), MetadataField.number('year')];

describe('a pipeline of one\'s own, from a document to an answer', () => {
  const rags = runRags(() => ({
    Plain: { retrieval: { links: Duration.minutes(5) } },
    Tenants: { retrieval: { fields, tenant: { field: 'owner', claim: 'email' } } },
  }), {
    beside: ({ Plain }, { auth, stackOf, tell }) => {
      const texts = Plain.node.findChild('Index').node.findChild('Sync').node.findChild('Texts') as unknown as IBucket;
      tell('Plain', { Chat: new ChatbotApi(stackOf('Plain'), 'Chat', { auth, knowledge: Plain }).url, Texts: texts.bucketName });
    },
  });
  const { call, document, inState, output, put, putDescribed, remove, s3 } = rags;

  test('an uploaded document is indexed, and an answer cites it to the character', async () => {
    await put('Plain', 'hr/handbook.md', HANDBOOK);
    const indexed = await inState('Plain', 'hr/handbook.md', 'indexed');
    expect(indexed).toMatchObject({ key: 'hr/handbook.md', chunks: expect.any(Number), indexed_at: expect.any(Number), bytes: HANDBOOK.length });
    expect(indexed.chunks_written).toBe(indexed.chunks);

    const { passages: [best] } = await call('Plain', 'v1/retrieve', { body: { query: 'How many days of leave?' } });
    expect(best.text).toContain(LEAVE);
    const kept = await s3().send(new GetObjectCommand({ Bucket: output('Plain', 'Texts'), Key: await textKeyOf() }));
    const { text } = JSON.parse(await kept.Body!.transformToString()) as { text: string };
    expect(text.slice(best.source.start, best.source.end)).toBe(best.text);

    const shelf = (await rags.cloud.desk.folders()).find(({ bucket }) => bucket === output('Plain', 'Bucket'));
    expect(shelf?.stages).toEqual(['queued', 'parsed', 'chunked', 'embedded', 'indexed']);
    expect(shelf?.documents).toEqual([{ key: 'hr/handbook.md', bytes: HANDBOOK.length, status: 'indexed', chunks: indexed.chunks, written: indexed.chunks }]);

    const { answer, citations, grounded } = await call('Plain', 'v1/query', { body: { query: 'How many days of leave?' } });
    expect([grounded, answer]).toEqual([true, expect.stringContaining('thirty days')]);
    expect(await (await fetch((citations[0].source as { link: string }).link)).text()).toBe(HANDBOOK);
    expect(text.slice(citations[0].quote.source_start, citations[0].quote.source_end)).toBe(LEAVE);
    expect(citations[0].source).toMatchObject({ uri: `s3://${output('Plain', 'Bucket')}/hr/handbook.md`, start: best.source.start, end: best.source.end, link: expect.stringContaining('http') });
  }, 120_000);

  async function textKeyOf(): Promise<string> {
    const { Contents: [only] = [] } = await s3().send(new ListObjectsV2Command({ Bucket: output('Plain', 'Texts'), Prefix: 'texts/' }));
    return only.Key!;
  }

  test('a chat over it answers from its passages', async () => {
    const { choices: [{ message }] } = await call('Plain', 'v1/chat/completions', { body: { messages: [{ role: 'user', content: 'How many days of leave?' }] }, door: 'Chat' });
    expect(message.content).toContain('thirty days');
  }, 120_000);

  test('what is overwritten is found as it is now, and what is deleted is not found', async () => {
    await put('Plain', 'hr/handbook.md', '# Handbook\n\nEverybody has forty weeks of sabbatical.\n');
    await until(() => call('Plain', 'v1/retrieve', { body: { query: 'leave sabbatical' } }), ({ passages }) => passages.length === 1 && passages[0].text.includes('forty weeks'));
    await remove('Plain', 'hr/handbook.md');
    await inState('Plain', 'hr/handbook.md', 'deleted');
    expect((await call('Plain', 'v1/retrieve', { body: { query: 'leave sabbatical' } })).passages).toEqual([]);
    expect((await call('Plain', 'v1/documents')).data).toEqual([]);
    expect((await call('Plain', 'v1/documents?state=deleted')).data).toMatchObject([{ key: 'hr/handbook.md' }]);
  }, 120_000);

  test('what cannot be read ends as failed and says why', async () => {
    await put('Plain', 'broken.pdf', '%PDF-1.7 and nothing else');
    expect((await inState('Plain', 'broken.pdf', 'failed')).reason).toMatch(/\w/);
    expect((await call('Plain', 'v1/documents?state=failed')).data).toMatchObject([{ key: 'broken.pdf' }]);
    expect((await rags.cloud.desk.folders()).flatMap(({ documents }) => documents)).toContainEqual(expect.objectContaining({ key: 'broken.pdf', status: 'failed', reason: expect.any(String) }));
  }, 120_000);

  test('a look through the bucket compares it with the index', async () => {
    await rags.tellQueue('Plain', { sync: 'all' });
    await until(async () => emittedMetrics(rags.cloud), (metrics) => metrics.some(({ name }) => name === 'DocumentsChecked'));
  }, 120_000);

  test('each tenant finds and sees their own documents alone', async () => {
    for (const user of ['user-a', 'user-b']) {
      await putDescribed('Tenants', `${user}.txt`, `The salary of ${user} is secret.`, { owner: `${user}@example.com`, year: 2026 });
    }
    await put('Tenants', 'nobody.txt', 'The salary of nobody.');
    for (const user of ['user-a', 'user-b'] as const) {
      await inState('Tenants', `${user}.txt`, 'indexed', user);
      const { passages } = await call('Tenants', 'v1/retrieve', { body: { query: 'salary', filter: { year: 2026 } }, user });
      expect(passages.map(({ text }: { text: string }) => text)).toEqual([`The salary of ${user} is secret.`]);
      expect((await call('Tenants', 'v1/query', { body: { query: 'salary' }, user })).answer).toContain(user);
      expect((await call('Tenants', 'v1/documents', { user })).data).toMatchObject([{ key: `${user}.txt` }]);
    }
    await expect(document('Tenants', 'user-b.txt', 'user-a')).rejects.toThrow('404');
    await remove('Tenants', 'user-b.txt');
    const left = () => call('Tenants', 'v1/retrieve', { body: { query: 'salary' }, user: 'user-b' });
    await until(left, ({ passages }) => passages.length === 0);
    await until(() => call('Tenants', 'v1/documents', { user: 'user-b' }), ({ data }) => data.length === 0);
  }, 120_000);

  test('every grant is used, and none is missing', async () => {
    for (const { role, denied, unknown, unused } of await rags.grants()) {
      // The chat has more than its documents, and does not use it here.
      const own = role.includes('ChatHandler') ? unused.filter(({ action }) => action.startsWith('s3vectors:') || action === 'bedrock:InvokeModel') : unused;
      // Whoever searches reads words so that some thousands of chunks have; there are not so many here.
      const reading = own.filter(({ action }) => action !== 'dynamodb:BatchGetItem' || role.includes('IndexSync'));
      // What takes the place of an index, and compares it with the one before, is used in reindex.test.ts.
      const idle = role.includes('IndexSync') ? reading.filter(({ action }) => !REINDEXING.includes(action)) : reading;
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
    }
  });
});
