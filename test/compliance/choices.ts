import { App, Duration, Stack } from 'aws-cdk-lib';
import { RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { DIY_RAG_CHOICES } from './diy-rag-choices';
import { COMBINED } from './everything';
import { domainOf, givenVpc } from './given';
import {
  ApiAuth, AttachmentFormat, Buffering, ChatbotApi, type ChatbotApiProps, ContainerExposure, ConversationMemory, ConversationSummary, DataSource,
  DiyRag, Firewall, Geography, Guardrail, ManagedRag, type ManagedRagProps, Model, ModelRouter,
  ModelSplit, Posture, PromptCaching, QueryEngine, RagApi, RequestTrait, RerankModel, Reranking, RestDomain, SentenceTransform, ServiceTier, StructuredData,
  StructuredKnowledge, type StructuredKnowledgeProps, SyncPolicy, Transport, WordFilter,
} from '../../lib';

/** What a builder may choose, by what they would say. The same choices are held to the rule packs and listed with what they acknowledge. */
const CHOICES: Readonly<Record<string, (stack: Stack, regulated: boolean) => ChatbotApiProps>> = {
  'default props': () => ({}),
  'attachments for a week': () => ({ conversations: { attachments: { formats: [AttachmentFormat.PDF], retention: Duration.days(7) } } }),
  'ApiAuth.oidc': () => ({ auth: ApiAuth.oidc({ issuer: 'https://login.example.com/', audience: ['chat'] }) }),
  'ApiAuth.iam': () => ({ auth: ApiAuth.iam() }),
  'ApiAuth.apiKey': () => ({ auth: ApiAuth.apiKey() }),
  'ApiAuth.lambda': (stack) => ({
    auth: ApiAuth.lambda(new RequestAuthorizer(stack, 'Authorizer', {
      handler: LambdaFunction.fromFunctionArn(stack, 'Authorize', 'arn:aws:lambda:us-east-1:111122223333:function:authorize'),
      identitySources: ['method.request.header.Cookie'],
    })),
  }),
  'a router of models': () => ({
    model: new ModelRouter({
      model: new ModelSplit([{ model: Model.standard(), weight: 9 }, { model: Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0'), weight: 1 }]),
      rules: [{ name: 'code', when: [RequestTrait.code()], use: Model.foundation('amazon.nova-pro-v1:0', { name: 'pro' }) }],
      fallback: [Model.foundation('amazon.nova-lite-v1:0')],
    }),
  }),
  'a geographic model profile': () => ({ model: Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0') }),
  'hooks': (stack) => {
    const handler = LambdaFunction.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:us-east-1:111122223333:function:hook');
    return { hooks: { before: { handler }, sentences: SentenceTransform.lambda(handler), after: { handler } } };
  },
  'quotas': () => ({ quotas: { user: [{ window: Duration.days(1), requests: 100 }] } }),
  'a summary': () => ({ conversations: { summary: ConversationSummary.rolling({ model: Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0') }) } }),
  'prompt caching for an hour': () => ({ generation: { promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }) } }),
  'no prompt caching': () => ({ generation: { promptCaching: PromptCaching.off() } }),
  'a service tier': () => ({ generation: { serviceTier: ServiceTier.FLEX } }),
  'sentences, some of them replaced': () => ({ generation: { buffering: Buffering.sentence() }, hooks: { sentences: SentenceTransform.replace([{ pattern: 'C-[0-9]{8}' }]) } }),
  'a guardrail': (stack) => ({ guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['secret'])] }) }),
  'ConversationMemory.agentCore': () => ({ conversations: { memory: ConversationMemory.agentCore() } }),
  'ConversationMemory.elastiCache': (stack, regulated) => ({
    conversations: { memory: ConversationMemory.elastiCache(regulated ? {} : { vpc: givenVpc(stack, 'CacheVpc') }) },
  }),
  'ConversationMemory.stateless': () => ({ conversations: { memory: ConversationMemory.stateless() } }),
  'web pages of another origin': () => ({ transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com'] }) }),
  'a name and a firewall of your own': (stack) => ({ transport: Transport.restStreaming({ domain: RestDomain.own(domainOf(stack)), firewall: Firewall.managed({ requestsPerAddress: 500 }) }) }),
};

/** What a network without a way out refuses. */
const WITH_A_WAY_OUT: typeof CHOICES = {
  'Transport.container in the VPC': (stack) => ({ transport: Transport.container({ exposure: ContainerExposure.internal(domainOf(stack)) }) }),
};

/** What the regulated posture refuses, or a VPC without public subnets. */
const UNREGULATED: typeof CHOICES = {
  'Transport.container': (stack) => ({ transport: Transport.container({ exposure: ContainerExposure.internet(domainOf(stack)), firewall: Firewall.managed() }) }),
  'Transport.container by plain HTTP': () => ({ transport: Transport.container({ exposure: ContainerExposure.internalHttp() }) }),
  'Transport.functionUrl and ApiAuth.iam': () => ({ transport: Transport.functionUrl(), auth: ApiAuth.iam() }),
  'Transport.functionUrl': () => ({ transport: Transport.functionUrl({ corsOrigins: ['https://chat.example.com'] }) }),
};

/** Choices that need a way out of the private network. */
const CONNECTED: typeof CHOICES = {
  'Transport.webSocket': () => ({ transport: Transport.webSocket() }),
  'Transport.webSocket with ApiAuth.iam': () => ({ transport: Transport.webSocket(), auth: ApiAuth.iam() }),
};

const POSTURES: Readonly<Record<string, (stack: Stack) => Posture>> = {
  'standard posture': () => Posture.standard(),
  'regulated posture': () => Posture.regulated(),
  'regulated posture in a given VPC': (stack) => Posture.regulated({
    vpc: givenVpc(stack, 'Vpc'),
  }),
};

/** The same for answers from documents. */
const RAG_CHOICES: Readonly<Record<string, (stack: Stack) => ManagedRagProps>> = {
  'ManagedRag': () => ({}),
  'ManagedRag with links to documents of a prefix, at times': (stack) => ({
    sources: [DataSource.s3(undefined, { prefix: 'public/' })],
    retrieval: { links: Duration.minutes(10) },
    sync: SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))),
    guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['secret'])] }),
  }),
  'ManagedRag without an API of its own': () => ({ api: RagApi.none() }),
  'ManagedRag with a reranker': () => ({ retrieval: { rerank: Reranking.model(RerankModel.standard()) } }),
};

/** The same for answers from tables. */
const TABLE_CHOICES: Readonly<Record<string, () => StructuredKnowledgeProps>> = {
  'StructuredKnowledge': () => ({ engine: QueryEngine.redshiftServerless(WORKGROUP), data: StructuredData.redshift('sales') }),
  'StructuredKnowledge over tables of Glue': () => ({ engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.glue(['shop.*']) }),
};
const WORKGROUP = 'arn:aws:redshift-serverless:us-east-1:111122223333:workgroup/01234567-89ab-cdef-0123-456789abcdef';

export interface Choice {
  /** Whether it is one choice among defaults; what is combined of them accepts nothing that they do not. */
  readonly single: boolean;
  readonly name: string;
  readonly regulated: boolean;
  readonly app: App;
}

/** Every choice in every posture, each in an app of its own. */
export function choices(): Choice[] {
  return [...chatChoices(), ...ragChoices(), ...diyRagChoices(), ...tableChoices()];
}

function ragChoices(): Choice[] {
  return Object.entries(POSTURES).flatMap(([level, posture]) => Object.entries(RAG_CHOICES).map(([choice, props]) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const rag = new ManagedRag(stack, 'Rag', { ...props(stack), posture: posture(stack) });
    rag.addAlarms();
    rag.addDashboard();
    return { name: `${choice}, ${level}`, single: true, regulated: level.startsWith('regulated'), app };
  }));
}

function diyRagChoices(): Choice[] {
  return Object.entries(POSTURES).flatMap(([level, posture]) => Object.entries(DIY_RAG_CHOICES).filter(([, { outside }]) => !outside || level !== 'regulated posture').map(([choice, { props, more }]) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const rag = new DiyRag(stack, 'Own', { ...props(stack), posture: posture(stack) });
    rag.addAlarms();
    rag.addDashboard();
    more?.(rag, stack);
    return { name: `${choice}, ${level}`, single: true, regulated: level.startsWith('regulated'), app };
  }));
}

function tableChoices(): Choice[] {
  return Object.entries(POSTURES).flatMap(([level, posture]) => Object.entries(TABLE_CHOICES).map(([choice, props]) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const tables = new StructuredKnowledge(stack, 'Tables', { ...props(), posture: posture(stack) });
    tables.addAlarms();
    tables.addDashboard();
    return { name: `${choice}, ${level}`, single: true, regulated: level.startsWith('regulated'), app };
  }));
}

function chatChoices(): Choice[] {
  const choicesOf = (level: string) => ({
    ...CHOICES, ...(level === 'standard posture' && UNREGULATED), ...(level !== 'regulated posture' && { ...CONNECTED, ...WITH_A_WAY_OUT }),
  });
  const single = Object.entries(POSTURES).flatMap(([level, posture]) => Object.entries(choicesOf(level)).map(([choice, props]) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const regulated = level.startsWith('regulated');
    const chat = new ChatbotApi(stack, 'Chat', { ...props(stack, regulated), posture: posture(stack) });
    chat.addAlarms();
    chat.addDashboard();
    return { name: `${choice}, ${level}`, single: true, regulated, app };
  }));
  const combined = COMBINED.map(({ define, ...choice }) => {
    const app = new App();
    define(app);
    return { ...choice, single: false, app };
  });
  return [...single, ...combined];
}
