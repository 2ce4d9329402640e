import { BedrockAgentClient, GetIngestionJobCommand, ListDataSourcesCommand, StartIngestionJobCommand } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalConfiguration, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Chunking, DataSource, KnowledgeStore, ManagedRag, SyncPolicy } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { accessKeyOf } from '../../local/principals';
import { synthesizeFixture } from '../local/fixture/stack';

type Search = (most: number) => KnowledgeBaseRetrievalConfiguration;
const byVectors: Search = (numberOfResults) => ({ vectorSearchConfiguration: { numberOfResults } });

const STORES: readonly (readonly [string, () => KnowledgeStore, Search])[] = [
  ['S3 Vectors', () => KnowledgeStore.s3Vectors(), byVectors],
  ['OpenSearch Serverless', () => KnowledgeStore.openSearchServerless(), (numberOfResults) => ({ vectorSearchConfiguration: { numberOfResults, overrideSearchType: 'HYBRID' } })],
  ['the managed store', () => KnowledgeStore.managed(), (numberOfResults) => ({ managedSearchConfiguration: { numberOfResults, rerankingModelType: 'MANAGED' } })],
];

const FILES: Readonly<Record<string, string>> = {
  'leave.md': '# Leave\nParental leave lasts twenty weeks and is paid in full.',
  'travel.txt': 'Flights are booked by the office, trains by everybody for themselves.',
  'canteen.html': '<h1>Canteen</h1><p>On Mondays the canteen serves soup.</p>',
};

describe.each(STORES)('a knowledge base over %s', (name, store, search) => {
  let cloud: LocalCloud;
  let client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  const notices: string[] = [];
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = new Stack(app, 'Rag', { env: { account: '123456789012', region: 'us-east-1' } });
    const bucket = new Bucket(stack, 'Bucket', { bucketName: 'files' });
    const chunking = name === 'the managed store' ? undefined : Chunking.fixedSize();
    const { knowledgeBase } = new ManagedRag(stack, 'Knowledge', { store: store(), sync: SyncPolicy.manual(), sources: [DataSource.s3(bucket, { chunking })] });
    const caller = new Role(stack, 'Caller', { assumedBy: new AnyPrincipal() });
    caller.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [bucket.arnForObjects('*')] }));
    caller.addToPolicy(new PolicyStatement({
      actions: ['ListDataSources', 'StartIngestionJob', 'GetIngestionJob', 'Retrieve'].map((action) => `bedrock:${action}`),
      resources: [knowledgeBase.attrKnowledgeBaseArn],
    }));
    new CfnOutput(stack, 'BaseId', { value: knowledgeBase.attrKnowledgeBaseId });
    new CfnOutput(stack, 'CallerArn', { value: caller.roleArn });
  });
  const output = (wanted: string) => Object.entries(cloud.outputs.Rag).find(([id]) => id.startsWith(wanted))![1];

  beforeAll(async () => {
    cloud = await startCloud({ assembly: directory, onNotice: (line) => notices.push(line) });
    client = { endpoint: cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(output('CallerArn')), secretAccessKey: 'x' } };
  });
  afterAll(async () => {
    await cloud.stop();
    remove();
  });

  const sync = async () => {
    const agent = new BedrockAgentClient(client);
    const ids = { knowledgeBaseId: output('BaseId') };
    const { dataSourceSummaries } = await agent.send(new ListDataSourcesCommand(ids));
    const source = { ...ids, dataSourceId: dataSourceSummaries![0].dataSourceId };
    const { ingestionJob } = await agent.send(new StartIngestionJobCommand(source));
    for (;;) {
      const job = (await agent.send(new GetIngestionJobCommand({ ...source, ingestionJobId: ingestionJob!.ingestionJobId }))).ingestionJob!;
      if (job.status === 'COMPLETE' || job.status === 'FAILED') return job;
    }
  };
  const find = async (text: string, most = 1) => {
    const command = new RetrieveCommand({ knowledgeBaseId: output('BaseId'), retrievalQuery: { text }, retrievalConfiguration: search(most) });
    const { retrievalResults } = await new BedrockAgentRuntimeClient(client).send(command);
    return retrievalResults!.map(({ location }) => location!.s3Location!.uri);
  };

  test('finds the right passage of files that were uploaded a moment ago, and nothing of a file that is gone', async () => {
    const bucket = new S3Client(client);
    for (const [Key, Body] of Object.entries(FILES)) await bucket.send(new PutObjectCommand({ Bucket: 'files', Key, Body }));
    expect(await sync()).toMatchObject({ status: 'COMPLETE', statistics: { numberOfNewDocumentsIndexed: 3, numberOfDocumentsFailed: 0 } });
    expect(await find('How long is parental leave?')).toEqual(['s3://files/leave.md']);
    expect(await find('Who books flights?')).toEqual(['s3://files/travel.txt']);
    expect(await find('soup')).toEqual(['s3://files/canteen.html']);
    await bucket.send(new DeleteObjectCommand({ Bucket: 'files', Key: 'canteen.html' }));
    await bucket.send(new PutObjectCommand({ Bucket: 'files', Key: 'travel.txt', Body: 'Trips are not booked any more.' }));
    expect((await sync()).statistics).toMatchObject({ numberOfDocumentsDeleted: 1, numberOfModifiedDocumentsIndexed: 1 });
    expect(await find('soup on Mondays in the canteen', 10)).not.toContain('s3://files/canteen.html');
  });

  test('lets the service and the caller do what they do, and nothing more', async () => {
    const { roles } = await cloud.report();
    const held = roles.filter(({ role }) => /Caller|KnowledgeBase/.test(role));
    expect(held).toHaveLength(2);
    const wrong = held.flatMap(({ role, unused, untouched, denied, unknown }) => [...unused, ...untouched, ...denied, ...unknown].map(({ action }) => `${role} ${action}`));
    expect(wrong).toEqual([]);
    expect(notices).toEqual([]);
  });
});
