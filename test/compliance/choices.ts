import { App, Duration, Stack } from 'aws-cdk-lib';
import { RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import {
  AttachmentFormat, ApiAuth, ChatbotApi, type ChatbotApiProps, ContainerExposure, ConversationMemory, Firewall, Geography, Guardrail, Model, ModelRouter,
  ModelSplit, Posture,
  RequestTrait, RestDomain, SentenceTransform, Transport, WordFilter,
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
  'a guardrail': (stack) => ({ guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['secret'])] }) }),
  'ConversationMemory.agentCore': () => ({ conversations: { memory: ConversationMemory.agentCore() } }),
  'ConversationMemory.elastiCache': (stack, regulated) => ({
    conversations: { memory: ConversationMemory.elastiCache(regulated ? {} : { vpc: givenVpc(stack, 'CacheVpc') }) },
  }),
  'ConversationMemory.stateless': () => ({ conversations: { memory: ConversationMemory.stateless() } }),
  'web pages of another origin': () => ({ transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com'] }) }),
  'a name and a firewall of your own': (stack) => ({ transport: Transport.restStreaming({ domain: RestDomain.own(domainOf(stack)), firewall: Firewall.managed({ requestsPerAddress: 500 }) }) }),
};

function domainOf(stack: Stack) {
  return {
    domainName: 'chat.example.com',
    certificate: Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/abc'),
    hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
  };
}

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

function givenVpc(stack: Stack, id: string) {
  return Vpc.fromVpcAttributes(stack, id, {
    vpcId: 'vpc-1', vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'], privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
  });
}

export interface Choice {
  readonly name: string;
  readonly regulated: boolean;
  readonly app: App;
}

/** Every choice in every posture, each in an app of its own. */
export function choices(): Choice[] {
  const choicesOf = (level: string) => ({
    ...CHOICES, ...(level === 'standard posture' && UNREGULATED), ...(level !== 'regulated posture' && { ...CONNECTED, ...WITH_A_WAY_OUT }),
  });
  return Object.entries(POSTURES).flatMap(([level, posture]) => Object.entries(choicesOf(level)).map(([choice, props]) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const regulated = level.startsWith('regulated');
    const chat = new ChatbotApi(stack, 'Chat', { ...props(stack, regulated), posture: posture(stack) });
    chat.addAlarms();
    chat.addDashboard();
    return { name: `${choice}, ${level}`, regulated, app };
  }));
}
