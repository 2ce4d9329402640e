import { type App, Duration, Size, Stack } from 'aws-cdk-lib';
import { MemoryStrategy } from 'aws-cdk-lib/aws-bedrockagentcore';
import { Mfa } from 'aws-cdk-lib/aws-cognito';
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { domainOf, givenVpc } from './given';
import {
  ApiAuth, type ApiDomain, AttachmentFormat, Buffering, ChatbotApi, type ChatbotApiProps, ContainerExposure, ContentFilter, ConversationMemory,
  ConversationSummary, Firewall,
  Geography, Guardrail, HookFailureMode, Model, ModelRouter, ModelSplit, Posture, PromptCaching, RequestTrait,
  RestDomain, SentenceTransform, ServiceTier, Transport, WordFilter,
} from '../../lib';

const corsOrigins = ['https://chat.example.com', 'https://www.example.com'];
const throttling = { rate: 20, burst: 40 };
const names = (count: number, name: string) => Array.from({ length: count }, (_, place) => `${name}-${place}`);

/** Every option of every transport. */
const TRANSPORTS: Readonly<Record<string, (domain: ApiDomain, vpc?: IVpc) => Transport>> = {
  restStreaming: (domain) => Transport.restStreaming({
    stageName: 'live', corsOrigins, throttling, domain: RestDomain.own({ ...domain, basePath: 'chat' }), firewall: Firewall.managed({ requestsPerAddress: 500 }),
  }),
  functionUrl: () => Transport.functionUrl({ corsOrigins, concurrency: 20 }),
  webSocket: () => Transport.webSocket({ stageName: 'live', corsOrigins, throttling }),
  container: (domain, vpc) => Transport.container({
    exposure: ContainerExposure.internal(domain),
    vpc,
    image: ContainerImage.fromRegistry('public.ecr.aws/docker/library/node:24-trixie-slim'),
    cpu: 2048,
    memory: Size.gibibytes(8),
    minTasks: 3,
    maxTasks: 9,
    corsOrigins,
    firewall: Firewall.managed({ requestsPerAddress: 500 }),
  }),
};

/** Memories with every option of each; the table alone keeps summaries. */
const MEMORIES: Readonly<Record<string, (vpc?: IVpc) => NonNullable<ChatbotApiProps['conversations']>>> = {
  dynamoDb: () => ({
    memory: ConversationMemory.dynamoDb({ retention: Duration.days(30) }),
    summary: ConversationSummary.rolling({ model: Model.crossRegion(Geography.US, 'amazon.nova-lite-v1:0'), maxTokens: 400 }),
  }),
  elastiCache: (vpc) => ({
    memory: ConversationMemory.elastiCache({
      retention: Duration.days(30), ...(vpc && { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, vpcEndpoints: true }),
    }),
  }),
  agentCore: () => ({ memory: ConversationMemory.agentCore({ retention: Duration.days(30), strategies: [MemoryStrategy.usingBuiltInSummarization()] }) }),
};

/** Every option that says nothing of a transport or a memory, in the largest measure that makes sense. */
function everything(stack: Stack, conversations: ChatbotApiProps['conversations']): ChatbotApiProps {
  const hook = (id: string) => LambdaFunction.fromFunctionArn(stack, id, `arn:aws:lambda:us-east-1:111122223333:function:${id.toLowerCase()}-hook-of-the-chat`);
  return {
    model: router(),
    systemPrompt: 'You answer questions about our products.',
    generation: {
      maxTokens: 1024,
      temperature: 0.2,
      topP: 0.9,
      turnTimeout: Duration.minutes(3),
      promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }),
      serviceTier: ServiceTier.PRIORITY,
      buffering: Buffering.sentence({ hold: Duration.seconds(1) }),
    },
    guardrail: new Guardrail(stack, 'Guardrail', { contentFilters: ContentFilter.all(), wordFilters: [WordFilter.words(['secret'])] }),
    auth: ApiAuth.newUserPool({ mfa: Mfa.REQUIRED }),
    conversations: {
      historyTokens: 16_000,
      attachments: { formats: Object.values(AttachmentFormat), maxSize: Size.mebibytes(2), retention: Duration.days(7) },
      ...conversations,
    },
    hooks: {
      before: { handler: hook('Before'), timeout: Duration.seconds(2), failure: HookFailureMode.GO_ON, trusted: false },
      sentences: SentenceTransform.lambda(hook('Sentences'), { timeout: Duration.seconds(2), failure: HookFailureMode.GO_ON, hold: Duration.seconds(1) }),
      after: { handler: hook('After'), wait: Duration.seconds(2) },
    },
    quotas: {
      user: [
        { window: Duration.minutes(1), requests: 10 },
        { window: Duration.hours(1), tokens: 100_000 },
        { window: Duration.days(1), requests: 500, tokens: 500_000 },
      ],
      groups: names(5, 'department').map((name) => ({
        name,
        member: [{ window: Duration.minutes(1), requests: 20 }, { window: Duration.days(1), requests: 1_000, tokens: 1_000_000 }],
        together: [{ window: Duration.days(31), requests: 100_000, tokens: 100_000_000 }],
      })),
    },
  };
}

/** What is added to a chat that is there. */
function watch(chat: ChatbotApi) {
  chat.addGroupMetrics(names(10, 'department'));
  chat.addAlarms({ errorRate: 2, timeToFirstToken: Duration.seconds(3), throttles: 5, costDeviations: 2, guardrailBlocks: 20 });
  chat.addDashboard({ dashboardName: 'everything', defaultInterval: Duration.hours(12) });
}

/** Each posture with every option of it. */
const POSTURES: Readonly<Record<string, (stack: Stack, vpc: IVpc) => { posture: Posture; encryptionKey?: Key }>> = {
  standard: (stack) => ({ posture: Posture.standard({ logRetention: RetentionDays.ONE_YEAR }), encryptionKey: rotated(stack, 'Key') }),
  regulated: (stack, vpc) => ({
    posture: Posture.regulated({
      vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, vpcEndpoints: true, encryptionKey: rotated(stack, 'PostureKey'), reservedConcurrency: 20, logRetention: RetentionDays.TEN_YEARS,
    }),
    encryptionKey: rotated(stack, 'Key'),
  }),
};

const rotated = (stack: Stack, id: string) => new Key(stack, id, { enableKeyRotation: true });

function router() {
  const everyday = Model.standard();
  const careful = Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0', { name: 'careful' });
  const small = Model.foundation('amazon.nova-lite-v1:0');
  return new ModelRouter({
    name: 'chat',
    model: new ModelSplit([{ model: everyday, weight: 90 }, { model: careful, weight: 10 }]),
    rules: [
      { name: 'code', when: [RequestTrait.code(), RequestTrait.tokensOver(2_000)], use: careful },
      { name: 'staff', when: [RequestTrait.userGroup('staff'), RequestTrait.language('de', 'fr'), RequestTrait.header('x-tone', 'careful')], use: careful },
      { name: 'sight', when: [RequestTrait.image()], use: everyday },
    ],
    classifier: {
      model: small,
      classes: [{ name: 'easy', description: 'Greetings and small talk.', use: small }, { name: 'hard', description: 'Questions that need thought.', use: careful }],
      timeout: Duration.seconds(1),
    },
    fallback: [small, careful],
    firstTokenTimeout: Duration.seconds(10),
    coolDown: Duration.minutes(1),
    selectable: true,
  });
}

/** Chats with every option on that can be had together: over every transport, with every memory, as far as the posture takes them. */
export const COMBINED = [
  ...Object.keys(TRANSPORTS).map((transport) => combined('standard', transport, 'dynamoDb')),
  ...Object.keys(TRANSPORTS).filter((transport) => transport !== 'functionUrl').map((transport) => combined('regulated', transport, 'dynamoDb')),
  ...Object.keys(POSTURES).flatMap((level) => ['elastiCache', 'agentCore'].map((memory) => combined(level, 'restStreaming', memory))),
];

function combined(level: string, transport: string, memory: string) {
  const regulated = level === 'regulated';
  return {
    name: `everything, ${level} posture, Transport.${transport}, ConversationMemory.${memory}`,
    regulated,
    define: (app: App): Stack => {
      const stack = new Stack(app, 'Stack');
      const vpc = givenVpc(stack, 'Vpc');
      // In a regulated posture it is the posture that says in which VPC a chat runs.
      const own = regulated ? undefined : vpc;
      watch(new ChatbotApi(stack, 'Chat', {
        ...everything(stack, MEMORIES[memory](own)), transport: TRANSPORTS[transport](domainOf(stack), own), ...POSTURES[level](stack, vpc),
      }));
      return stack;
    },
  };
}
