import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ImportedKnowledgeOptions, type ImportedSqlKnowledgeOptions, Knowledge, Reranking } from '../../lib';

function bind(id: string, options: (stack: Stack) => ImportedKnowledgeOptions = () => ({})) {
  const stack = new Stack(new App(), 'Test');
  const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const { _policy } = Knowledge.fromKnowledgeBaseId(id, options(stack)).bind(stack, caller);
  return { policy: _policy, template: Template.fromStack(stack) };
}

test('a knowledge base that was made elsewhere is granted by its id, and searched by what the service chooses', () => {
  const { policy, template } = bind('KB12345678');
  expect(policy).toMatchObject({ knowledgeBaseId: 'KB12345678', kind: 'vector', passages: 5, search: undefined });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [Match.objectLike({ Action: 'bedrock:Retrieve', Resource: { 'Fn::Join': ['', Match.arrayWith([':knowledge-base/KB12345678'])] } })] },
  });
});

test('a managed one reranks by itself', () => {
  expect(bind('KB12345678', () => ({ managed: true, retrieval: { rerank: Reranking.managed() } })).policy).toMatchObject({ kind: 'managed', rerank: 'managed', candidates: 25 });
});

test('its documents are linked to where their buckets are named, by their key too', () => {
  const { policy, template } = bind('KB12345678', (stack) => ({
    buckets: [Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'handbook', encryptionKey: new Key(stack, 'Key') })],
    retrieval: { links: Duration.hours(1) },
  }));
  expect(policy.linkSeconds).toBe(3600);
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 's3:GetObject' }), Match.objectLike({ Action: 'kms:Decrypt', Condition: Match.anyValue() })]) },
  });
});

test.each<[string, string, ImportedKnowledgeOptions, string]>([
  ['an ARN for an id', 'arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB12345678', {}, "'knowledgeBaseId' must be a knowledge base's id, ten letters and digits"],
  ['links without buckets', 'KB12345678', { retrieval: { links: Duration.hours(1) } }, "'retrieval.links' must be left out where no document lies in a bucket"],
  ['the managed reranker for one with a store', 'KB12345678', { retrieval: { rerank: Reranking.managed() } }, "'retrieval.rerank' must be Reranking.model"],
])('refuses %s', (_, id, options, message) => {
  expect(() => bind(id, () => options)).toThrow(message);
});

test('one over a database is asked for rows, as long as a query may run at all', () => {
  const stack = new Stack(new App(), 'Test');
  const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const { _policy } = Knowledge.fromSqlKnowledgeBaseId('KB12345678', { retrieval: { rows: 10 } }).bind(stack, caller);
  expect(_policy).toMatchObject({ knowledgeBaseId: 'KB12345678', kind: 'sql', passages: 10, sql: { seconds: 200 } });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [Match.objectLike({ Action: 'bedrock:Retrieve' })] } });
});

test.each<[string, string, ImportedSqlKnowledgeOptions, string]>([
  ['a long id', 'KB123456789', {}, "'knowledgeBaseId' must be a knowledge base's id"],
  ['an hour for a query', 'KB12345678', { queryTimeout: Duration.hours(1) }, "'queryTimeout' must be between 1 second and 3 minutes 20 seconds, got 1 hour"],
  ['tenants', 'KB12345678', { retrieval: { tenant: {} } as never }, "'retrieval.tenant' must be left out over a database"],
])('over a database refuses %s', (_, id, options, message) => {
  const stack = new Stack(new App(), 'Test');
  const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  expect(() => Knowledge.fromSqlKnowledgeBaseId(id, options).bind(stack, caller)).toThrow(message);
});
