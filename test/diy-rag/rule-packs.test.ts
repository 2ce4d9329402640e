import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Fn, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { MetadataField, Posture, SyncPolicy, VectorStore } from '../../lib';
import { BulkEmbedding, BulkSource, ContextLines, CorpusFormat, DiyRag, type DiyRagProps, ScanReading, Splitter } from '../../lib/diy-rag';

// Off in the other tests, for it takes its time.
delete process.env.CDK_VALIDATION;

/** A VPC that somebody has, whose private subnets lead to the internet. */
const withWayOut = (stack: Stack) => Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: [0, 1].map((zone) => Fn.select(zone, Fn.getAzs())),
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
});

const CHOICES: Readonly<Record<string, (stack: Stack, regulated: boolean) => DiyRagProps>> = {
  'nothing chosen': () => ({}),
  'passages in Aurora': () => ({ store: VectorStore.auroraPgvector() }),
  'everything chosen': (stack) => ({
    splitter: Splitter.custom(LambdaFunction.fromFunctionArn(stack, 'Splitter', 'arn:aws:lambda:us-east-1:111122223333:function:splitter')),
    documents: { parsing: { scans: ScanReading.textract() }, contextLines: ContextLines.byModel(), prefix: 'papers/', sync: SyncPolicy.onChange() },
    retrieval: { links: Duration.minutes(5), fields: [MetadataField.number('year')], tenant: { field: 'owner', claim: 'email' } },
  }),
  'a cluster of MemoryDB': () => ({ store: VectorStore.memoryDb() }),
  'a collection of OpenSearch Serverless': () => ({ store: VectorStore.openSearchServerless() }),
  'an index of Pinecone': (stack, regulated) => ({
    ...regulated && { posture: Posture.regulated({ vpc: withWayOut(stack) }) },
    store: VectorStore.pinecone({
      endpoint: 'https://docs-abc123.svc.us-east-1.pinecone.io',
      secret: Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf'),
    }),
  }),
};

interface Report {
  readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly Violation[] }[];
}

interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
}

/** What the packs and CloudFormation's own validation find, as `pack: rule at construct`. */
function findings(regulated: boolean, propsOf: (stack: Stack, regulated: boolean) => DiyRagProps): string[] {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:failSynthOnValidationErrors': false } });
  const stack = new Stack(app, 'Stack');
  const rag = new DiyRag(stack, 'Rag', { posture: regulated ? Posture.regulated() : Posture.standard(), ...propsOf(stack, regulated) });
  rag.addAlarms();
  rag.addDashboard();
  const corpus = BulkSource.corpus({ bucket: Bucket.fromBucketName(stack, 'Corpus', 'corpus'), format: CorpusFormat.CSV });
  rag.addBulkLoad({ source: corpus, embedding: BulkEmbedding.batch() });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  if (regulated) Validations.of(app).addPlugins(new HIPAASecurityChecks(app), new NIST80053R5Checks(app), new PCIDSS321Checks(app));
  const report = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap(({ pluginName, violations }) => violations.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath }) => `${pluginName}: ${ruleName} at ${String(constructPath)}`)));
}

describe.each([['standard', false], ['regulated', true]] as const)('in the %s posture', (_, regulated) => {
  test.each(Object.entries(CHOICES))('%s leaves no finding of a rule pack or of CloudFormation unacknowledged', (_name, propsOf) => {
    expect(findings(regulated, propsOf)).toEqual([]);
  });
});
