import { BedrockAgentClient, GetIngestionJobCommand, type IngestionJob, StartIngestionJobCommand } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalConfiguration, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { readAssembly } from '../../../local/assembly/assembly';
import { Deployment } from '../../../local/assembly/deployment';
import { ACCOUNT } from '../../../local/assembly/identity';
import { startAwsEndpoint } from '../../../local/aws/endpoint';
import { guardrailFromTemplate } from '../../../local/bedrock/guardrail-template';
import { bedrockRuntime } from '../../../local/bedrock/runtime';
import type { PolicyStatement } from '../../../local/iam/policy';
import { Principals } from '../../../local/iam/principals';
import { deployedKnowledge, type KnowledgeOptions } from '../../../local/knowledge/service';
import { readPrincipals } from '../../../local/principals';
import { s3 as s3Service } from '../../../local/s3/service';
import { synthesizeFixture } from '../fixture/stack';

const TITAN = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0';
export const RERANKER = 'arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0';
export const MODEL = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';

export interface KnowledgeStackOptions {
  /** @default - S3_VECTORS */
  readonly storage?: CfnKnowledgeBase.StorageConfigurationProperty;
  readonly knowledgeBase?: CfnKnowledgeBase.KnowledgeBaseConfigurationProperty;
  readonly ingestion?: CfnDataSource.VectorIngestionConfigurationProperty;
  readonly source?: CfnDataSource.DataSourceConfigurationProperty;
  readonly nonFilterableKeys?: string[];
  readonly prefixes?: string[];
  /** What the service's role may do besides. */
  readonly role?: iam.PolicyStatement[];
  readonly grants?: 'all' | 'none';
  /** Whether a role may upload, start jobs and ask. @default false */
  readonly caller?: boolean;
}

/** A knowledge base as somebody would write it by hand, with one data source over the bucket `docs`. */
export function define(app: App, options: KnowledgeStackOptions): void {
  const stack = new Stack(app, 'Knowledge');
  const bucket = new s3.Bucket(stack, 'Bucket', { bucketName: 'docs' });
  const vectors = new CfnVectorBucket(stack, 'Vectors', { vectorBucketName: 'vectors' });
  const index = new CfnIndex(stack, 'Index', {
    indexName: 'passages',
    vectorBucketArn: vectors.attrVectorBucketArn,
    dataType: 'float32',
    dimension: 1024,
    distanceMetric: 'cosine',
    metadataConfiguration: { nonFilterableMetadataKeys: options.nonFilterableKeys ?? ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
  });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') });
  if (options.grants !== 'none') {
    const account = { StringEquals: { 'aws:ResourceAccount': ACCOUNT } };
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions: account }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')], conditions: account }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [TITAN] }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3vectors:GetIndex', 's3vectors:PutVectors', 's3vectors:ListVectors', 's3vectors:DeleteVectors', 's3vectors:QueryVectors', 's3vectors:GetVectors'], resources: [index.attrIndexArn] }));
  }
  options.role?.forEach((statement) => role.addToPolicy(statement));
  const base = new CfnKnowledgeBase(stack, 'Base', {
    name: 'base',
    roleArn: role.roleArn,
    knowledgeBaseConfiguration: options.knowledgeBase ?? { type: 'VECTOR', vectorKnowledgeBaseConfiguration: { embeddingModelArn: TITAN } },
    ...options.knowledgeBase?.type !== 'MANAGED' && { storageConfiguration: options.storage ?? { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: index.attrIndexArn } } },
  });
  const source = new CfnDataSource(stack, 'Source', {
    name: 'source',
    knowledgeBaseId: base.attrKnowledgeBaseId,
    dataSourceConfiguration: options.source ?? { type: 'S3', s3Configuration: { bucketArn: bucket.bucketArn, inclusionPrefixes: options.prefixes } },
    vectorIngestionConfiguration: options.ingestion,
  });
  if (options.caller) {
    const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AnyPrincipal() });
    caller.addToPolicy(new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('menu.txt*')] }));
    const actions = ['bedrock:StartIngestionJob', 'bedrock:GetIngestionJob', 'bedrock:Retrieve'];
    caller.addToPolicy(new iam.PolicyStatement({ actions, resources: [base.attrKnowledgeBaseArn] }));
    new CfnOutput(stack, 'CallerArn', { value: caller.roleArn });
  }
  new CfnOutput(stack, 'BaseId', { value: base.ref });
  new CfnOutput(stack, 'BaseArn', { value: base.attrKnowledgeBaseArn });
  new CfnOutput(stack, 'SourceId', { value: source.attrDataSourceId });
  new CfnOutput(stack, 'SourceRef', { value: source.ref });
}

/** The stack's knowledge base behind the local AWS endpoint, and clients that may do what the statements say. */
export async function startKnowledge(options: KnowledgeStackOptions & { statements?: PolicyStatement[]; functionOf?: KnowledgeOptions['functionOf'] } = {}) {
  const fixture = synthesizeFixture((app) => define(app, options));
  const deployment = new Deployment(readAssembly(fixture.directory));
  fixture.remove();
  const { BaseId: knowledgeBaseId, BaseArn: arn, SourceId: dataSourceId, SourceRef: sourceRef } = deployment.outputs().Knowledge;
  const principals = new Principals();
  readPrincipals(deployment).forEach((principal) => principals.add(principal));
  const statements = options.statements ?? [{ Effect: 'Allow', Action: 'bedrock:*', Resource: '*' }];
  principals.add({ accessKeyId: 'LOCAL', arn: `arn:aws:iam::${ACCOUNT}:role/Caller`, policies: [{ name: 'P', document: { Statement: statements } }] });
  const notices: string[] = [];
  const onNotice = (line: string) => { notices.push(line); };
  const bucket = s3Service();
  bucket.createBuckets(deployment);
  const guardrail = guardrailFromTemplate({
    BlockedInputMessaging: 'blocked question', BlockedOutputsMessaging: 'blocked answer', WordPolicyConfig: { WordsConfig: [{ Text: 'tulip' }] },
  });
  const model = bedrockRuntime({ account: ACCOUNT, guardrails: new Map([['rail', guardrail]]) });
  const { functionOf = () => undefined } = options;
  const knowledge = deployedKnowledge({ deployment, principals, buckets: bucket.buckets, model, functionOf, onNotice });
  const endpoint = await startAwsEndpoint({ services: [...knowledge.services, model], principals, onNotice });
  const client = { endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'LOCAL', secretAccessKey: 'local' }, maxAttempts: 1 };
  const agent = new BedrockAgentClient(client);
  const runtime = new BedrockAgentRuntimeClient(client);
  const ids = { knowledgeBaseId, dataSourceId };

  return {
    ids,
    arn,
    sourceRef,
    agent,
    runtime,
    knowledge,
    principals,
    notices,
    buckets: bucket.buckets,
    put(key: string, text: string | object, attributes?: object) {
      bucket.buckets.put('docs', key, Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)), {});
      if (attributes) bucket.buckets.put('docs', `${key}.metadata.json`, Buffer.from(JSON.stringify({ metadataAttributes: attributes })), {});
    },
    remove(key: string) {
      bucket.buckets.delete('docs', key);
    },
    /** Runs an ingestion job to its end. */
    async sync(): Promise<IngestionJob> {
      const { ingestionJob } = await agent.send(new StartIngestionJobCommand(ids));
      for (;;) {
        const job = (await agent.send(new GetIngestionJobCommand({ ...ids, ingestionJobId: ingestionJob!.ingestionJobId! }))).ingestionJob!;
        if (!['STARTING', 'IN_PROGRESS', 'STOPPING'].includes(job.status!)) return job;
      }
    },
    /** The URIs, or ids, of what is found, the best first. */
    async find(text: string, configuration?: KnowledgeBaseRetrievalConfiguration): Promise<(string | undefined)[]> {
      const command = new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text }, retrievalConfiguration: configuration });
      const { retrievalResults } = await runtime.send(command);
      return retrievalResults!.map(({ location }) => location?.s3Location?.uri ?? location?.customDocumentLocation?.id);
    },
    async stop() {
      agent.destroy();
      runtime.destroy();
      knowledge.stop();
      await endpoint.stop();
    },
  };
}

export type LocalKnowledge = Awaited<ReturnType<typeof startKnowledge>>;
