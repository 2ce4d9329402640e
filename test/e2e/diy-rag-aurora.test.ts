import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AuroraPostgresEngineVersion, ClusterInstance, DatabaseCluster, DatabaseClusterEngine } from 'aws-cdk-lib/aws-rds';
import { linesOf } from './emitted-metrics';
import { runRags, until } from './run-rags';
import { ChatbotApi, MetadataField, Posture, VectorStore } from '../../lib';

const LEAVE = 'Everybody has thirty days of leave a year.';

describe('passages in Aurora', () => {
  const rags = runRags((stackOf) => {
    const stack = stackOf('Existing');
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
    const cluster = new DatabaseCluster(stack, 'Database', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_6 }),
      vpc,
      writer: ClusterInstance.serverlessV2('Writer'),
      enableDataApi: true,
      iamAuthentication: true,
      storageEncrypted: true,
      defaultDatabaseName: 'papers',
    });
    return {
      Existing: { store: VectorStore.auroraPgvector({ cluster: { cluster, credentials: cluster.secret!, database: 'papers', vpc } }) },
      Tenants: {
        store: VectorStore.auroraPgvector(), retrieval: { fields: [MetadataField.text('owner'), MetadataField.number('year')], tenant: { field: 'owner', claim: 'email' } },
      },
    };
  });
  const { call, inState, output, passages, put, putDescribed, remove } = rags;
  const retrieve = async (...asked: Parameters<typeof passages>) => (await passages(...asked)).map(({ text }) => text);

  test('nothing is found, and nothing fails, before there is a document', async () => {
    expect(await retrieve('Existing', 'How many days of leave?')).toEqual([]);
  }, 120_000);

  test('an uploaded document is indexed in a cluster that was there, and an answer cites it', async () => {
    await put('Existing', 'handbook.md', `# Handbook\n\n## Leave\n\n${LEAVE}\n`);
    await inState('Existing', 'handbook.md', 'indexed');
    const { answer, citations } = await call('Existing', 'v1/query', { body: { query: 'How many days of leave?' } });
    expect(answer).toContain('thirty days');
    expect(citations[0].source.uri).toBe(`s3://${output('Existing', 'Bucket')}/handbook.md`);
    await remove('Existing', 'handbook.md');
    await inState('Existing', 'handbook.md', 'deleted');
    expect(await retrieve('Existing', 'How many days of leave?')).toEqual([]);
  }, 120_000);

  test('tenants find their own, and the database gives nobody anything else', async () => {
    for (const user of ['user-a', 'user-b']) {
      await putDescribed('Tenants', `${user}.txt`, `The salary of ${user} is secret.`, { owner: `${user}@example.com`, year: 2026 });
    }
    for (const user of ['user-a', 'user-b'] as const) {
      await inState('Tenants', `${user}.txt`, 'indexed', user);
      expect(await retrieve('Tenants', 'salary', { user })).toEqual([`The salary of ${user} is secret.`]);
    }
    const { databases } = rags.cloud;
    const made = databases.clusterArns.find((each) => !each.includes('database'))!;
    const [[table]] = await databases.look(made, "SELECT tablename FROM pg_tables WHERE schemaname = 'passages' AND tablename LIKE '%_chunks'");
    const as = async (user: string, tenant: string) => (await databases.look(made, `BEGIN; SET LOCAL ROLE passages_${user}; SET LOCAL app.tenant = '${tenant}'; SELECT body FROM passages.${table}`)).flat();
    expect(await as('writes', '')).toHaveLength(2);
    // Without any filter: whoever searches is shown the rows of the tenant that the transaction is for.
    expect(await as('reads', '"user-a@example.com"')).toEqual(['The salary of user-a is secret.']);
    for (const tenant of ['', '"nobody"', 'user-a@example.com']) expect(await as('reads', tenant)).toEqual([]);
    expect(await as('owns', '"user-a@example.com"')).toEqual([]);
  }, 120_000);

  test('every grant is used, and none is missing', async () => {
    for (const { role, denied, unknown, used, unused } of await rags.grants((each) => each.includes('Rag'))) {
      // What compares an index with the one that takes its place searches too, and nothing is read anew here.
      const idle = unused.filter(({ action, resources }) => /^(rds|secrets)/.test(action) && !(role.includes('IndexSync') && resources[0].endsWith('_reads')));
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
      if (/IndexSyncHandler/.test(role)) expect(used.filter(({ action }) => action === 'rds-db:connect')).toHaveLength(2);
    }
  });
});

describe('passages in Aurora, where the posture is regulated', () => {
  const retrieval = { fields: [MetadataField.text('owner')], tenant: { field: 'owner', claim: 'email' } };
  const rags = runRags(() => ({ Regulated: { store: VectorStore.auroraPgvector(), posture: Posture.regulated(), retrieval } }), {
    beside: ({ Regulated }, { auth, stackOf, tell }) => {
      tell('Regulated', { Chat: new ChatbotApi(stackOf('Regulated'), 'Chat', { auth, knowledge: Regulated, posture: Posture.regulated() }).url });
    },
  });
  const mine = { owner: 'user-a@example.com' };

  test('are indexed, answered from, replaced and taken out, by functions that no way leads out of', async () => {
    await rags.putDescribed('Regulated', 'handbook.md', `# Handbook\n\n## Leave\n\n${LEAVE}\n`, mine);
    await rags.inState('Regulated', 'handbook.md', 'indexed');
    const { answer, citations } = await rags.call('Regulated', 'v1/query', { body: { query: 'How many days of leave?' } });
    expect([answer, citations[0].source.uri]).toEqual([expect.stringContaining('thirty days'), expect.stringMatching(/handbook\.md$/)]);
    expect(await rags.passages('Regulated', 'leave', { user: 'user-b' })).toEqual([]);
    await rags.put('Regulated', 'handbook.md', '# Handbook\n\nEverybody has forty weeks of sabbatical.\n');
    await until(() => rags.passages('Regulated', 'leave sabbatical'), (found) => found.length === 1 && found[0].text.includes('forty weeks'));
    await rags.remove('Regulated', 'handbook.md');
    await until(() => rags.passages('Regulated', 'leave sabbatical'), ({ length }) => length === 0);
    expect((await rags.call('Regulated', 'v1/documents')).data).toEqual([]);
  }, 240_000);

  test('are what a chat answers from', async () => {
    await rags.putDescribed('Regulated', 'leave.txt', LEAVE, mine);
    await rags.inState('Regulated', 'leave.txt', 'indexed');
    const { choices: [{ message }] } = await rags.call('Regulated', 'v1/chat/completions', { body: { messages: [{ role: 'user', content: 'How many days of leave?' }] }, door: 'Chat' });
    expect(message.content).toContain('thirty days');
  }, 240_000);

  test('take no grant that is missing, and fail nowhere', async () => {
    const roles = await rags.grants();
    expect(roles.length).toBeGreaterThan(3);
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.filter(({ role, unused }) => /Rag|ChatHandler/.test(role) && unused.some(({ action, resources }) => /^(rds|secrets)/.test(action) && !(role.includes('IndexSync') && resources[0].endsWith('_reads'))))).toEqual([]);
    expect(linesOf(rags.cloud).filter(({ level }) => level === 'ERROR')).toEqual([]);
  });
});
