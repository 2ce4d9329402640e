import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Domain } from 'aws-cdk-lib/aws-opensearchservice';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import {
  Chunking, CollectionAccess, DataSource, EmbeddingModel, Geography, KnowledgeStore, ManagedRag, type ManagedRagProps, Model, Parsing, Posture, QuerySessions,
  WebScope,
} from '../../lib';

// Off in the other tests, for it takes its time.
delete process.env.CDK_VALIDATION;

const login = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Login', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf');

const CHOICES: Readonly<Record<string, (stack: Stack) => ManagedRagProps>> = {
  'KnowledgeStore.openSearchServerless': () => ({ store: KnowledgeStore.openSearchServerless() }),
  'a collection in a VPC': (stack) => ({ store: KnowledgeStore.openSearchServerless({ access: CollectionAccess.vpc(givenVpc(stack)) }) }),
  'KnowledgeStore.auroraPgvector': () => ({ store: KnowledgeStore.auroraPgvector() }),
  'KnowledgeStore.neptuneAnalytics': () => ({ store: KnowledgeStore.neptuneAnalytics() }),
  'KnowledgeStore.openSearchDomain': (stack) => ({ store: KnowledgeStore.openSearchDomain(givenDomain(stack), { indexName: 'passages' }) }),
  'KnowledgeStore.pinecone': (stack) => ({ store: KnowledgeStore.pinecone({ endpoint: 'https://docs.svc.pinecone.io', credentials: login(stack) }) }),
  'KnowledgeStore.mongoDbAtlas': (stack) => ({
    store: KnowledgeStore.mongoDbAtlas({ endpoint: 'docs.abc12.mongodb.net', credentials: login(stack), database: 'docs', collection: 'passages', vectorIndex: 'vectors' }),
  }),
  'KnowledgeStore.kendra': () => ({ store: KnowledgeStore.kendra('arn:aws:kendra:us-east-1:111122223333:index/01234567-89ab-cdef-0123-456789abcdef') }),
  'KnowledgeStore.managed': () => ({ store: KnowledgeStore.managed() }),
  'sessions in a table': () => ({ answering: { sessions: QuerySessions.dynamoDb() } }),
  'every source and every way to read': (stack) => ({
    sources: [
      DataSource.s3(undefined, { prefix: 'manuals/', parsing: Parsing.foundationModel(Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0'), { keepImages: true }) }),
      DataSource.s3(undefined, { parsing: Parsing.dataAutomation({ keepImages: true }), chunking: Chunking.lambda(chunker(stack)) }),
      DataSource.web(['https://example.com']),
      DataSource.confluence('https://example.atlassian.net', login(stack)),
      DataSource.custom(),
    ],
  }),
  'sources of an office': (stack) => ({
    sources: [
      DataSource.sharePoint(['https://contoso.sharepoint.com/sites/a'], login(stack), {
        tenantId: '12345678-1234-1234-1234-123456789012', filters: [{ objectType: 'File', include: ['.*'] }],
      }),
      DataSource.salesforce('https://example.my.salesforce.com', Secret.fromSecretCompleteArn(stack, 'Sales', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-AbCdEf')),
      DataSource.web(['https://example.com'], { scope: WebScope.HOST, include: ['.*'], maxPages: 10, pagesPerMinute: 10, userAgent: 'our-documentation-bot' }),
    ],
  }),
  'connectors of a managed knowledge base': (stack) => ({
    store: KnowledgeStore.managed(),
    sources: [
      DataSource.s3(), DataSource.web(['https://example.com']), DataSource.custom(),
      DataSource.confluence('https://example.atlassian.net', login(stack), { spaces: ['ENG'] }),
    ],
  }),
  'images as they are': () => ({
    embedding: EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0'), sources: [DataSource.s3(undefined, { parsing: Parsing.multimodal() })],
  }),
};

function givenVpc(stack: Stack) {
  return Vpc.fromVpcAttributes(stack, 'Given', {
    vpcId: 'vpc-0123456789abcdef0', vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  });
}

function givenDomain(stack: Stack) {
  return Domain.fromDomainAttributes(stack, 'Search', { domainArn: 'arn:aws:es:us-east-1:111122223333:domain/docs', domainEndpoint: 'docs.example.com' });
}

function chunker(stack: Stack) {
  return LambdaFunction.fromFunctionArn(stack, 'Chunker', 'arn:aws:lambda:us-east-1:111122223333:function:chunker');
}

interface Report {
  readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly Violation[] }[];
}

interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
}

/** What the packs and CloudFormation's own validation find in a knowledge base, as `pack: rule at construct`. */
function findings(regulated: boolean, props: (stack: Stack) => ManagedRagProps): string[] {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:failSynthOnValidationErrors': false } });
  const stack = new Stack(app, 'Stack');
  new ManagedRag(stack, 'Rag', { ...props(stack), posture: regulated ? Posture.regulated() : Posture.standard() });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  if (regulated) Validations.of(app).addPlugins(new HIPAASecurityChecks(app), new NIST80053R5Checks(app), new PCIDSS321Checks(app));
  const report = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap(({ pluginName, violations }) => violations.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath }) => `${pluginName}: ${ruleName} at ${String(constructPath)}`)));
}

describe.each([['standard', false], ['regulated', true]] as const)('in the %s posture', (_, regulated) => {
  test.each(Object.entries(CHOICES))('%s leaves no finding of a rule pack or of CloudFormation unacknowledged', (_name, props) => {
    expect(findings(regulated, props)).toEqual([]);
  });
});
