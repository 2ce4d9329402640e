import { setTimeout } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { runStacks } from './run-stacks';
import {
  ApiAuth, Chunking, CollectionAccess, CollectionCapacity, DataSource, EmbeddingModel, Geography, KnowledgeStore, ManagedRag, type ManagedRagProps, Model,
  Parsing,
} from '../../lib';
import { accessKeyOf } from '../../local/principals';

/** Knowledge bases by what they are kept in, read by and cut by; each must find what was uploaded a moment ago, and lose what was deleted. */
const CHOICES: Readonly<Record<string, ManagedRagProps>> = {
  S3Vectors: {},
  Managed: { store: KnowledgeStore.managed() },
  SearchServerless: { store: KnowledgeStore.openSearchServerless() },
  SearchClassic: { store: KnowledgeStore.openSearchServerless({ capacity: CollectionCapacity.classic() }) },
  SearchBits: { store: KnowledgeStore.openSearchServerless(), embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { binary: true }) },
  SearchPrivate: { store: KnowledgeStore.openSearchServerless({ access: CollectionAccess.bedrock() }) },
  Aurora: { store: KnowledgeStore.auroraPgvector() },
  Graph: { store: KnowledgeStore.neptuneAnalytics({ entities: Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0') }) },
  Hierarchical: { sources: [DataSource.s3(undefined, { chunking: Chunking.hierarchical() })] },
  Semantic: { sources: [DataSource.s3(undefined, { chunking: Chunking.semantic() })] },
  Whole: { sources: [DataSource.s3(undefined, { chunking: Chunking.none(), prefix: 'docs/' })] },
  ReadByModel: { sources: [DataSource.s3(undefined, { parsing: Parsing.foundationModel(Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0')) })] },
};

const run = runStacks((app) => {
  const auth = ApiAuth.cognito(new UserPool(new Stack(app, 'Users'), 'Users'));
  for (const [name, props] of Object.entries(CHOICES)) {
    const stack = new Stack(app, name);
    const rag = new ManagedRag(stack, 'Rag', { auth, ...props });
    const author = new Role(stack, 'Author', { assumedBy: new AnyPrincipal() });
    author.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [rag.bucket!.arnForObjects('*')] }));
    for (const [id, value] of Object.entries({ Url: rag.url, Bucket: rag.bucket!.bucketName, AuthorArn: author.roleArn })) new CfnOutput(stack, id, { value });
  }
});

/** A busy machine takes its time; what is put off for ten seconds comes back at once. */
const PATIENCE_MS = 40_000;
beforeAll(() => { run.cloud.events.queues.speed = 60; });

const output = (name: string, id: string) => run.cloud.outputs[name][id];

async function found(name: string): Promise<string[]> {
  const response = await fetch(`${output(name, 'Url')}v1/retrieve`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${run.cloud.session.users['user-a']}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'How long does parental leave last?' }),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json() as { passages: { text: string }[] }).passages.map(({ text }) => text);
}

async function until(name: string, expected: boolean) {
  for (let waited = 0; waited < PATIENCE_MS; waited += 250) {
    if ((await found(name)).some((text) => text.includes('twenty weeks')) === expected) return;
    await setTimeout(250);
  }
  throw new Error(`${name} ${expected ? 'does not find' : 'still finds'} the document`);
}

test.each(Object.keys(CHOICES))('%s finds what was uploaded a moment ago, and nothing of what was deleted', async (name) => {
  const credentials = { accessKeyId: accessKeyOf(output(name, 'AuthorArn')), secretAccessKey: 'x' };
  const s3 = new S3Client({ endpoint: run.cloud.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const document = { Bucket: output(name, 'Bucket'), Key: 'docs/leave.txt' };
  await s3.send(new PutObjectCommand({ ...document, Body: 'Parental leave lasts twenty weeks and is paid in full.' }));
  await until(name, true);
  await s3.send(new DeleteObjectCommand(document));
  await until(name, false);
}, 3 * PATIENCE_MS);
