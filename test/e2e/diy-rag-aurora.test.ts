import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { AuroraPostgresEngineVersion, ClusterInstance, DatabaseCluster, DatabaseClusterEngine } from 'aws-cdk-lib/aws-rds';
import { runStacks, type User } from './run-stacks';
import { ApiAuth, DiyRag, type DiyRagProps, MetadataField, VectorStore } from '../../lib';
import { accessKeyOf } from '../../local/principals';

const LEAVE = 'Everybody has thirty days of leave a year.';

describe('passages in Aurora', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Rags');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    const operator = new Role(stack, 'Operator', { assumedBy: new AnyPrincipal() });
    new CfnOutput(stack, 'OperatorArn', { value: operator.roleArn });
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
    const rags: Readonly<Record<string, DiyRagProps>> = {
      Existing: { auth, store: VectorStore.auroraPgvector({ cluster: { cluster, credentials: cluster.secret!, database: 'papers', vpc } }) },
      Tenants: {
        auth, store: VectorStore.auroraPgvector(), retrieval: { fields: [MetadataField.text('owner'), MetadataField.number('year')], tenant: { field: 'owner', claim: 'email' } },
      },
    };
    for (const [name, props] of Object.entries(rags)) {
      const rag = new DiyRag(stack, `${name}Rag`, props);
      rag.bucket.grantPut(operator);
      rag.bucket.grantDelete(operator);
      for (const [key, value] of Object.entries({ Url: rag.url!, Bucket: rag.bucket.bucketName })) new CfnOutput(stack, `${name}${key}`, { value });
    }
  });
  const output = (name: string) => run.cloud.outputs.Rags[name];
  const s3 = () => new S3Client({
    endpoint: run.cloud.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: accessKeyOf(output('OperatorArn')), secretAccessKey: 'x' },
  });
  const put = (name: string, Key: string, Body: string) => s3().send(new PutObjectCommand({ Bucket: output(`${name}Bucket`), Key, Body }));
  beforeAll(() => {
    // A minute of a queue is two seconds here.
    run.cloud.events.queues.speed = 30;
  });

  async function call(name: string, path: string, { body, user = 'user-a' }: { body?: object; user?: User } = {}): Promise<any> {
    const response = await fetch(`${output(`${name}Url`)}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'authorization': `Bearer ${run.cloud.session.users[user]}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const retrieve = async (name: string, query: string, user?: User): Promise<string[]> => (await call(name, 'v1/retrieve', { body: { query }, user })).passages.map(({ text }: { text: string }) => text);
  const inState = async (name: string, key: string, state: string, user?: User) => {
    for (const end = Date.now() + 45_000; ;) {
      const found = await call(name, `v1/documents/${Buffer.from(key).toString('base64url')}`, { user }).catch((error: unknown) => ({ state: String(error) }));
      if (found.state === state) return found;
      if (Date.now() > end) throw new Error(`${key} is not ${state}: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  test('nothing is found, and nothing fails, before there is a document', async () => {
    expect(await retrieve('Existing', 'How many days of leave?')).toEqual([]);
  }, 60_000);

  test('an uploaded document is indexed in a cluster that was there, and an answer cites it', async () => {
    await put('Existing', 'handbook.md', `# Handbook\n\n## Leave\n\n${LEAVE}\n`);
    await inState('Existing', 'handbook.md', 'indexed');
    const { answer, citations } = await call('Existing', 'v1/query', { body: { query: 'How many days of leave?' } });
    expect(answer).toContain('thirty days');
    expect(citations[0].source.uri).toBe(`s3://${output('ExistingBucket')}/handbook.md`);
    await s3().send(new DeleteObjectCommand({ Bucket: output('ExistingBucket'), Key: 'handbook.md' }));
    await inState('Existing', 'handbook.md', 'deleted');
    expect(await retrieve('Existing', 'How many days of leave?')).toEqual([]);
  }, 90_000);

  test('tenants find their own, and the database gives nobody anything else', async () => {
    for (const user of ['user-a', 'user-b']) {
      await put('Tenants', `${user}.txt.metadata.json`, JSON.stringify({ metadataAttributes: { owner: `${user}@example.com`, year: 2026 } }));
      await put('Tenants', `${user}.txt`, `The salary of ${user} is secret.`);
    }
    for (const user of ['user-a', 'user-b'] as const) {
      await inState('Tenants', `${user}.txt`, 'indexed', user);
      expect(await retrieve('Tenants', 'salary', user)).toEqual([`The salary of ${user} is secret.`]);
    }
    const { databases } = run.cloud;
    const made = databases.clusterArns.find((each) => !each.includes('database'))!;
    const [[table]] = await databases.look(made, "SELECT tablename FROM pg_tables WHERE schemaname = 'passages' AND tablename LIKE '%_chunks'");
    const as = async (user: string, tenant: string) => (await databases.look(made, `BEGIN; SET LOCAL ROLE passages_${user}; SET LOCAL app.tenant = '${tenant}'; SELECT body FROM passages.${table}`)).flat();
    expect(await as('writes', '')).toHaveLength(2);
    // Without any filter: whoever searches is shown the rows of the tenant that the transaction is for.
    expect(await as('reads', '"user-a@example.com"')).toEqual(['The salary of user-a is secret.']);
    for (const tenant of ['', '"nobody"', 'user-a@example.com']) expect(await as('reads', tenant)).toEqual([]);
    expect(await as('owns', '"user-a@example.com"')).toEqual([]);
  }, 90_000);

  test('every grant is used, and none is missing', async () => {
    const { roles } = await run.cloud.report();
    const rags = roles.filter(({ role }) => role.includes('Rag'));
    for (const { role, denied, unknown, used, unused } of rags) {
      // What compares an index with the one that takes its place searches too, and nothing is read anew here.
      const idle = unused.filter(({ action, resources }) => /^(rds|secrets)/.test(action) && !(role.includes('IndexSync') && resources[0].endsWith('_reads')));
      expect({ role, denied, unknown, idle }).toEqual({ role, denied: [], unknown: [], idle: [] });
      if (/IndexSyncHandler/.test(role)) expect(used.filter(({ action }) => action === 'rds-db:connect')).toHaveLength(2);
    }
  });
});
