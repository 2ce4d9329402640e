import { Duration, type Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { actionsOf, defineRag, statements } from './define-rag';
import { CollectionCapacity, DataSource, EmbeddingModel, KnowledgeStore, Posture, SyncPolicy } from '../../lib';
import { CHANGE_ATTEMPTS, SYNC_SECONDS, SYNC_TABLE, type SyncedSource } from '../../lib/contract/document-sync';
import { matchesPattern } from '../../local/events/pattern';

const byDefault = defineRag();
const DAILY = SyncPolicy.schedule(ScheduleExpression.cron({ minute: '0', hour: '3', timeZone: TimeZone.EUROPE_BERLIN }));

/** The environment of the function whose description is this. */
function environment(template: Template, description: RegExp): Record<string, unknown> {
  const [found] = Object.values(template.findResources('AWS::Lambda::Function')).filter(({ Properties }) => description.test(Properties.Description as string));
  return (found.Properties.Environment as { Variables: Record<string, unknown> }).Variables;
}

const rules = (template: Template) => Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties as {
  EventPattern: { source: string[]; detail: Record<string, unknown> };
  Targets: { Input?: string; DeadLetterConfig?: object }[];
});

describe('changes of documents', () => {
  test('are told by the bucket to EventBridge, without a custom resource', () => {
    const template = byDefault.template();
    template.hasResourceProperties('AWS::S3::Bucket', { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } });
    template.resourceCountIs('Custom::S3BucketNotifications', 0);
  });

  test('wait in a line for each document, ten are taken at once, and what fails alone comes back', () => {
    const template = byDefault.template();
    template.hasResourceProperties('AWS::SQS::Queue', { FifoQueue: true, VisibilityTimeout: 6 * SYNC_SECONDS, RedrivePolicy: { maxReceiveCount: CHANGE_ATTEMPTS } });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    expect(environment(template, /Puts changes/)).toMatchObject({ QUEUE_URL: { Ref: expect.stringMatching(/Changes/) }, SERVICE: expect.stringMatching(/^Test-Rag/) });
  });

  test('are gone on with by messages, which Lambda takes for no loop', () => {
    byDefault.template().hasResourceProperties('AWS::Lambda::Function', { Description: 'Keeps a knowledge base in step with its documents', RecursiveLoop: 'Allow' });
  });

  test('are heard of these documents only', () => {
    const { template } = defineRag((stack) => ({ sources: [DataSource.s3(new Bucket(stack, 'Handbook'), { prefix: 'public/' })] }));
    expect(rules(template()).find(({ EventPattern: { source } }) => source[0] === 'aws.s3')!.EventPattern.detail).toEqual({
      bucket: { name: [{ Ref: expect.stringMatching(/^Handbook/) }] }, object: { key: [{ prefix: 'public/' }] },
    });
    const sources = JSON.stringify(environment(template(), /Keeps a knowledge base/).SOURCES);
    expect(sources).toContain('public/');
  });

  test('of a bucket that was made elsewhere come only if it tells EventBridge, which is said', () => {
    const { stack } = defineRag((scope) => ({ sources: [DataSource.s3(Bucket.fromBucketName(scope, 'Theirs', 'theirs'))] }));
    Annotations.fromStack(stack).hasWarning('/Test/Rag/Sync/OnChange', Match.stringLikeRegexp('Turn that on where the bucket is made \\(eventBridgeEnabled: true\\)'));
  });

  test('are left to one job from as many on as the builder says, from 10 to 100,000', () => {
    const backlog = (sync: SyncPolicy) => environment(defineRag({ sync }).template(), /Keeps a knowledge base/).BACKLOG;
    expect(backlog(SyncPolicy.onChange({ backlog: 20_000 }).also(DAILY))).toBe('20000');
    expect(backlog(DAILY.also(SyncPolicy.onChange({ backlog: 10 })))).toBe('10');
    for (const wrong of [9, 100_001, 10.5]) {
      expect(() => defineRag({ sync: SyncPolicy.onChange({ backlog: wrong }) })).toThrow(`Test/Rag: 'backlog' must be a whole number between 10 and 100000, got ${wrong}`);
    }
    expect(() => defineRag({ sync: SyncPolicy.onChange({ backlog: 10 }), store: KnowledgeStore.managed() })).toThrow("'backlog' must be left out with KnowledgeStore.managed()");
  });

  describe('in a bucket of another account', () => {
    const { stack, template } = defineRag((scope) => ({ sources: [DataSource.s3(Bucket.fromBucketName(scope, 'Theirs', 'theirs'), { bucketOwner: '444455556666' })] }));

    test('are told to that account alone, which is said with all that is to be done there and here', () => {
      const about = (text: string) => Annotations.fromStack(stack).hasWarning('/Test/Rag/Sync/OnChange', Match.stringLikeRegexp(text));
      for (const text of ['of the account 444455556666', 'a rule leads them to the default event bus', 'AWS::Events::EventBusPolicy', 's3:GetObject and s3:ListBucket', 'SyncPolicy\\.schedule']) about(text);
    });

    test('are looked up there and nowhere else, and what describes them is sent with whose it is', () => {
      expect(JSON.stringify(environment(template(), /Keeps a knowledge base/).SOURCES)).toContain('\\"bucketOwner\\":\\"444455556666\\"');
      const reads = statements(template(), /SyncHandlerRole/).filter(({ Action }) => Action === 's3:GetObject' || Action === 's3:ListBucket');
      expect(reads.map(({ Condition }) => Condition)).toEqual(reads.map(() => ({ StringEquals: { 'aws:ResourceAccount': '444455556666' } })));
      expect(reads).toHaveLength(2);
    });
  });

  test('are told of still where the bucket tells others too, whose resource writes all that it tells', () => {
    const { stack, template } = defineRag((scope) => ({ sources: [DataSource.s3(new Bucket(scope, 'Handbook'))] }));
    (stack.node.findChild('Handbook') as Bucket).addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(new Queue(stack, 'Others')));
    template().hasResourceProperties('Custom::S3BucketNotifications', { NotificationConfiguration: { EventBridgeConfiguration: {} } });
  });

  test('that nobody could deal with are kept for two weeks', () => {
    byDefault.template().hasResourceProperties('AWS::SQS::Queue', { FifoQueue: true, MessageRetentionPeriod: 1209600, RedrivePolicy: Match.absent() });
    for (const { Targets: [target] } of rules(byDefault.template())) expect(target.DeadLetterConfig).toBeDefined();
  });
});

describe('jobs', () => {
  test('begin after each deployment of this stack, by a message that nobody waits for', () => {
    const deployed = rules(byDefault.template()).find(({ Targets: [{ Input }] }) => Input !== undefined)!;
    expect(deployed.EventPattern.detail).toEqual({ 'stack-id': [{ Ref: 'AWS::StackId' }], 'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] } });
    expect(deployed.Targets[0].Input).toBe('{"sync":"all"}');
  });

  test('begin at the times of schedules, in their time zones', () => {
    const { template } = defineRag({ sync: DAILY.also(SyncPolicy.schedule(ScheduleExpression.rate(Duration.hours(6)))) });
    template().hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(0 3 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin', Target: { Input: '{"sync":"all"}' } });
    template().hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(6 hours)' });
    expect(actionsOf(statements(template(), /OnScheduleRole/))).toEqual(['sqs:SendMessage']);
  });

  test('begin when somebody asks who was let', () => {
    const { stack, rag, template } = defineRag({ sync: SyncPolicy.manual() });
    rag.grantSync(new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    template().hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [Match.objectLike({ Action: 'sqs:SendMessage' })] } });
  });

  test('leave nothing behind that nobody asked for: without changes there is no line, without a schedule no role', () => {
    const { template } = defineRag({ sync: SyncPolicy.manual() });
    template().resourcePropertiesCountIs('AWS::SQS::Queue', { FifoQueue: true }, 0);
    template().resourceCountIs('AWS::Scheduler::Schedule', 0);
    template().resourceCountIs('AWS::Events::Rule', 1);
    expect(actionsOf(statements(template(), /SyncHandlerRole/))).not.toContain('s3:GetObject');
  });
});

describe('the function that syncs', () => {
  test('knows the knowledge base, its sources, its table and its queues', () => {
    const { SOURCES, ...others } = environment(byDefault.template(), /Keeps a knowledge base/);
    expect(others).toEqual({
      KNOWLEDGE_BASE_ID: { 'Fn::GetAtt': [expect.stringMatching(/^RagKnowledgeBase/), 'KnowledgeBaseId'] },
      SYNC_TABLE: { Ref: expect.stringMatching(/^RagSyncTable/) },
      CHANGES_URL: { Ref: expect.stringMatching(/Changes/) },
      BACKLOG: '1000',
      JOBS_URL: { Ref: expect.stringMatching(/Jobs/) },
      SERVICE: expect.stringMatching(/^Test-Rag/),
    });
    const [, parts] = (SOURCES as { 'Fn::Join': [string, (string | object)[]] })['Fn::Join'];
    const sources = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'token')).join('')) as SyncedSource[];
    expect(sources).toEqual([{ dataSourceId: 'token', bucket: 'token' }]);
  });

  test('keeps what it knows in a table of its keys', () => {
    byDefault.template().hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: SYNC_TABLE.partitionKey, KeyType: 'HASH' }, { AttributeName: SYNC_TABLE.sortKey, KeyType: 'RANGE' }],
      TimeToLiveSpecification: { AttributeName: SYNC_TABLE.ttl, Enabled: true },
    });
  });
});

test('of a managed knowledge base follows changes by jobs, for its documents cannot be sent one by one', () => {
  const { template } = defineRag({ store: KnowledgeStore.managed() });
  expect(JSON.stringify(environment(template(), /Keeps a knowledge base/).SOURCES)).toContain('byJob');
  expect(actionsOf(statements(template(), /SyncHandlerRole/))).not.toContain('bedrock:IngestKnowledgeBaseDocuments');
});

test('looks through no source whose documents are sent by hand', () => {
  const { template } = defineRag({ sources: [DataSource.custom()] });
  expect(environment(template(), /Keeps a knowledge base/).SOURCES).toBe('[]');
});

describe('a stack that is deleted', () => {
  test('ends its jobs first: the source goes before what ends them, and what starts them before the source', () => {
    const template = byDefault.template();
    const [source] = Object.values(template.findResources('AWS::Bedrock::DataSource'));
    expect(source.DependsOn).toEqual(expect.arrayContaining([
      expect.stringMatching(/^RagSyncDrainHandlerFunction/), expect.stringMatching(/^RagSyncDrainHandlerRolePermissions/),
      expect.stringMatching(/^RagSyncDrainRule/), expect.stringMatching(/^RagSyncDrainRuleAllowRule/),
    ]));
    const [starter] = Object.entries(template.findResources('AWS::Events::Rule')).filter(([id]) => id.startsWith('RagSyncOnDeploy')).map(([, rule]) => rule);
    expect(starter.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^RagKnowledgeBaseSource1Source/)]));
  });

  test('keeps the way to the service open until then, in a network without another', () => {
    const { template } = defineRag({ posture: Posture.regulated() });
    const [[, drain]] = Object.entries(template().findResources('AWS::Lambda::Function')).filter(([id]) => id.startsWith('RagSyncDrain'));
    expect(drain.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^PostureNetworkbedrockagent[0-9A-F]/)]));
    const services = JSON.stringify(template().findResources('AWS::EC2::VPCEndpoint'));
    for (const service of ['bedrock-agent', 'bedrock-agent-runtime', 'bedrock-runtime', 'sqs', 's3', 'dynamodb', 'xray']) expect(services).toMatch(new RegExp(`[."]${service}"`));
  });

  test('hears of its own deletion, and of that of its sources, which an update may take away', () => {
    const drain = rules(byDefault.template()).find(({ EventPattern }) => JSON.stringify(EventPattern).includes('DELETE_IN_PROGRESS'))!;
    const [source] = Object.keys(byDefault.template().findResources('AWS::Bedrock::DataSource'));
    expect(drain.EventPattern).toMatchObject({
      'source': ['aws.cloudformation'],
      'detail-type': ['CloudFormation Stack Status Change', 'CloudFormation Resource Status Change'],
      'detail': { 'stack-id': [{ Ref: 'AWS::StackId' }], 'status-details': { status: ['DELETE_IN_PROGRESS'] } },
    });
    const hears = (detail: object) => matchesPattern({ $or: drain.EventPattern.detail.$or }, detail);
    expect(hears({ 'stack-id': 'arn' })).toBe(true);
    expect(hears({ 'resource-type': 'AWS::Bedrock::DataSource', 'logical-resource-id': source })).toBe(true);
    expect(hears({ 'resource-type': 'AWS::Bedrock::DataSource', 'logical-resource-id': source.replace('Source1', 'Source5') })).toBe(true);
    expect(hears({ 'resource-type': 'AWS::Bedrock::DataSource', 'logical-resource-id': source.replace('Rag', 'Other') })).toBe(false);
    expect(hears({ 'resource-type': 'AWS::SQS::Queue', 'logical-resource-id': source })).toBe(false);
  });
});

describe('an update that puts another knowledge base or another store into the place of the one before', () => {
  const policies = (props: Parameters<typeof defineRag>[0], role: RegExp) => Object.keys(defineRag(props).template().findResources('AWS::IAM::ManagedPolicy')).filter((id) => role.test(id));
  const stores = [
    ['another key of S3 Vectors', (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key') })],
    ['another length of vectors', { embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 256 }) }],
    ['another store', { store: KnowledgeStore.openSearchServerless() }],
  ] as const;

  test.each(stores)('keeps until its end what the role needs to empty the old store: %s', (_, props) => {
    const before = policies({}, /^RagKnowledgeBaseRoleStore/);
    const after = policies(props, /^RagKnowledgeBaseRoleStore/);
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(after).not.toEqual(before);
    expect(policies({ retrieval: { passages: 3 } }, /^RagKnowledgeBaseRoleStore/)).toEqual(before);
  });

  test.each([
    ['a collection of the classic kind', { store: KnowledgeStore.openSearchServerless() }, { store: KnowledgeStore.openSearchServerless({ capacity: CollectionCapacity.classic() }) }],
    ['a graph of another dimension', { store: KnowledgeStore.neptuneAnalytics() }, { store: KnowledgeStore.neptuneAnalytics(), ...stores[1][1] }],
    ['a table of another cluster', { store: KnowledgeStore.auroraPgvector() }, (stack: Stack) => ({ store: KnowledgeStore.auroraPgvector(), encryptionKey: new Key(stack, 'Key') })],
  ])('the same for %s', (_, before, after) => {
    expect(policies(after, /^RagKnowledgeBaseRoleStore/)).not.toEqual(policies(before, /^RagKnowledgeBaseRoleStore/));
  });

  test('keeps until its end what ends the jobs of the old one', () => {
    const [source] = Object.values(byDefault.template().findResources('AWS::Bedrock::DataSource'));
    const [before] = policies({}, /^RagSyncDrainHandlerRoleJobs/);
    expect(source.DependsOn).toEqual(expect.arrayContaining([before, ...policies({}, /^RagKnowledgeBaseRoleStore/)]));
    expect(policies(stores[1][1], /^RagSyncDrainHandlerRoleJobs/)).not.toEqual([before]);
    expect(policies({ retrieval: { passages: 3 } }, /^RagSyncDrainHandlerRoleJobs/)).toEqual([before]);
  });
});

test('a key of yours encrypts queues and the table, and EventBridge may use it for this account', () => {
  const { template } = defineRag((stack) => ({ encryptionKey: new Key(stack, 'Key'), sync: SyncPolicy.onChange().also(DAILY) }));
  for (const { Properties } of Object.values(template().findResources('AWS::SQS::Queue'))) expect(Properties.KmsMasterKeyId).toBeDefined();
  template().hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'EventBridge', Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } })]) },
  });
});

test('sources that tell nobody of changes are said to be read never where only changes are followed', () => {
  const crawled = (sync: SyncPolicy) => defineRag({ sync, sources: [DataSource.web(['https://example.com'])] }).stack;
  Annotations.fromStack(crawled(SyncPolicy.onChange())).hasWarning('/Test/Rag', Match.stringLikeRegexp('alone never reads it'));
  Annotations.fromStack(crawled(SyncPolicy.onChange().also(DAILY))).hasNoWarning('/Test/Rag', Match.stringLikeRegexp('alone never reads it'));
});

test('refuses a schedule in the place of a policy', () => {
  expect(() => defineRag({ sync: ScheduleExpression.rate(Duration.days(1)) as unknown as SyncPolicy })).toThrow("'sync' must be made by SyncPolicy, such as SyncPolicy.onChange()");
});
