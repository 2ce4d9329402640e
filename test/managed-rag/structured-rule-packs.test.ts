import { Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { WORKGROUP } from './define-structured';
import {
  ApiAuth, Firewall, Guardrail, Inclusion, Posture, QueryEngine, QuerySessions, RagApi, RedshiftLogin, StructuredData, StructuredKnowledge,
  type StructuredKnowledgeProps, SyncPolicy, WordFilter,
} from '../../lib';
import { synthesize } from '../compliance/synthesize';

const CHOICES: Readonly<Record<string, (stack: Stack) => StructuredKnowledgeProps>> = {
  'Redshift Serverless': () => ({ engine: QueryEngine.redshiftServerless(WORKGROUP), data: StructuredData.redshift('sales') }),
  'tables of Glue through Redshift Serverless': (stack) => ({
    engine: QueryEngine.redshiftServerless(WORKGROUP),
    data: StructuredData.glue(['shop.*', 'crm.people'], {
      buckets: [Bucket.fromBucketName(stack, 'Lake', 'lake')], catalogKey: Key.fromKeyArn(stack, 'Key', KEY),
    }),
  }),
  'tables of Glue through a cluster': () => ({ engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.glue(['shop.orders']) }),
  'a cluster as a user of its': () => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.databaseUser('reporting') }), data: StructuredData.redshift('sales') }),
  'every option': (stack) => ({
    engine: QueryEngine.redshiftCluster('warehouse', {
      login: RedshiftLogin.secret(Secret.fromSecretAttributes(stack, 'Login', { secretCompleteArn: SECRET, encryptionKey: Key.fromKeyArn(stack, 'LoginKey', KEY) }), { username: 'reporting' }),
    }),
    data: StructuredData.redshift('sales'),
    queries: {
      timeout: Duration.seconds(90),
      tables: [{ name: 'sales.public.orders', description: 'One row an order', inclusion: Inclusion.INCLUDE, columns: [{ name: 'amount', description: 'In US dollars' }] }],
      curated: [{ question: 'How much did we sell?', sql: 'SELECT sum(amount) FROM sales.public.orders' }],
    },
    sync: SyncPolicy.onDeploy().also(SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1)))),
    retrieval: { rows: 50, questions: 3, unanswered: 'No rows.' },
    answering: { systemPrompt: 'You answer the sales staff.', maxTokens: 500, temperature: 0, timeout: Duration.minutes(5), sessions: QuerySessions.dynamoDb() },
    guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['secret'])] }),
    auth: ApiAuth.iam(),
    api: RagApi.rest({ stageName: 'live', corsOrigins: ['https://www.example.com'], throttling: { rate: 5, burst: 10 }, firewall: Firewall.managed({ requestsPerAddress: 500 }) }),
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  }),
};

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef';
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf';

describe.each([['standard', false], ['regulated', true]] as const)('in the %s posture', (_, regulated) => {
  test.each(Object.entries(CHOICES))('%s leaves no finding of a rule pack or of CloudFormation unacknowledged', (_name, props) => {
    const { findings } = synthesize(regulated, (app) => {
      const stack = new Stack(app, 'Stack');
      const sales = new StructuredKnowledge(stack, 'Sales', { ...props(stack), posture: regulated ? Posture.regulated() : Posture.standard() });
      sales.addAlarms();
      sales.addDashboard();
    });
    expect(findings).toEqual([]);
  });
});
