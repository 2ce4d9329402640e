import { BedrockAgentClient, GetIngestionJobCommand, StartIngestionJobCommand } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { define } from './local-knowledge';
import { type LocalCloud, startCloud } from '../../../local/cloud';
import { accessKeyOf } from '../../../local/principals';
import { synthesizeFixture } from '../fixture/stack';

let cloud: LocalCloud;
const { directory, remove } = synthesizeFixture((app) => define(app, { caller: true }));
beforeAll(async () => {
  cloud = await startCloud({ assembly: directory });
});
afterAll(async () => {
  await cloud.stop();
  remove();
});

test('a file that was uploaded a moment ago is found, and every role did what it was let do', async () => {
  const { BaseId: knowledgeBaseId, SourceId: dataSourceId, CallerArn } = cloud.outputs.Knowledge;
  const client = { endpoint: cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(CallerArn), secretAccessKey: 'x' } };
  const agent = new BedrockAgentClient(client);
  const put = (Key: string, Body: string) => new S3Client(client).send(new PutObjectCommand({ Bucket: 'docs', Key, Body }));
  await put('menu.txt', 'On Mondays the canteen serves soup.');
  await put('menu.txt.metadata.json', '{"metadataAttributes":{"kind":"menu"}}');
  const { ingestionJob } = await agent.send(new StartIngestionJobCommand({ knowledgeBaseId, dataSourceId }));
  const { ingestionJobId } = ingestionJob!;
  while ((await agent.send(new GetIngestionJobCommand({ knowledgeBaseId, dataSourceId, ingestionJobId }))).ingestionJob!.status !== 'COMPLETE');
  await put('menu.txt', 'On Mondays the canteen serves salad.');
  const again = await agent.send(new StartIngestionJobCommand({ knowledgeBaseId, dataSourceId }));
  while ((await agent.send(new GetIngestionJobCommand({ knowledgeBaseId, dataSourceId, ingestionJobId: again.ingestionJob!.ingestionJobId }))).ingestionJob!.status !== 'COMPLETE');
  const { retrievalResults } = await new BedrockAgentRuntimeClient(client).send(new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: 'What is served on Monday?' } }));
  expect(retrievalResults![0]).toMatchObject({ content: { text: 'On Mondays the canteen serves salad.' }, metadata: { kind: 'menu' } });

  const { roles } = await cloud.report();
  expect(roles.flatMap(({ role, unused, untouched, denied, unknown }) => [...unused, ...untouched, ...denied, ...unknown].map(({ action }) => `${role} ${action}`))).toEqual([]);
  expect(roles.find(({ role }) => role.includes('Knowledge-Role'))!.used.length).toBeGreaterThan(8);
  expect(cloud.leftOut).toEqual(new Map());
});

test('the page is told what is indexed, and sets what shall go wrong', async () => {
  const at = (path: string, init?: RequestInit) => fetch(new URL(path, cloud.url), init);
  expect(await (await at('/local/knowledge')).json()).toEqual({ [cloud.outputs.Knowledge.BaseId]: ['s3://docs/menu.txt'] });
  const put = (faults: unknown) => at('/local/knowledge/faults', { method: 'PUT', body: JSON.stringify(faults) });
  expect(await (await put([{ kind: 'conflict', times: 2 }])).json()).toEqual([{ kind: 'conflict', times: 2 }]);
  expect((await put([{ kind: 'nonsense' }])).status).toBe(400);
  expect((await put([{ kind: 'throttle', milliseconds: 5 }])).status).toBe(400);
  expect((await put([])).status).toBe(200);
});
