import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SearchKind } from '../../lib';
import { AnswerCache, DiyRag, type DiyRagProps, VectorStore } from '../../lib/diy-rag';

function define(props: DiyRagProps = {}) {
  const stack = new Stack(new App(), 'Stack');
  const rag = new DiyRag(stack, 'Rag', props);
  return { rag, template: () => Template.fromStack(stack) };
}

const granted = (template: Template, handler: RegExp) => Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => handler.test(id))
  .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[])
  .filter(({ Resource }) => JSON.stringify(Resource).includes('RagAnswersTable')).map(({ Action }) => Action);

test('no answers are kept unless that is asked for', () => {
  for (const answering of [undefined, { cache: AnswerCache.none() }]) {
    const template = define({ answering }).template();
    expect(JSON.stringify(template.toJSON())).not.toMatch(/RagAnswers|cache-status/);
  }
});

test('answers are kept in a table that forgets them, which the handler uses and whoever reads documents tells of changes', () => {
  const { template } = define({ answering: { cache: AnswerCache.semantic({ ttl: Duration.hours(1), similarity: 0.9 }) } });
  template().hasResource('AWS::DynamoDB::GlobalTable', {
    DeletionPolicy: 'Delete',
    Properties: Match.objectLike({ KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }], TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } }),
  });
  const environment = JSON.stringify(template().findResources('AWS::Lambda::Function')).replace(/\\+"/g, '"');
  expect(environment).toMatch(/"similarity":0\.9,"seconds":3600,"lagSeconds":1/);
  expect(granted(template(), /^RagHandler/)).toEqual([['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem']]);
  expect(granted(template(), /^RagIndexSyncHandler/)).toEqual(['dynamodb:PutItem']);
});

test.each([
  ['OpenSearch Serverless', () => VectorStore.openSearchServerless(), 120],
  ['one that gives at once what was written', () => VectorStore.s3Vectors(), 1],
])('nothing is kept while %s may give what is old', (_, store, seconds) => {
  const { template } = define({ store: store(), answering: { cache: AnswerCache.semantic() } });
  expect(JSON.stringify(template().findResources('AWS::Lambda::Function'))).toContain(`lagSeconds\\":${seconds}`);
});

test('the dashboard shows how many answers are told again', () => {
  const { rag, template } = define({ answering: { cache: AnswerCache.semantic() } });
  rag.addDashboard();
  expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).toMatch(/AnswerCacheHits.*AnswerCacheMisses/);
  expect([rag.metricAnswerCacheHits().metricName, rag.metricAnswerCacheMisses().dimensions]).toEqual(['AnswerCacheHits', { Service: expect.any(String) }]);
});

test('refuses to compare questions where nothing is embedded', () => {
  const defined = () => define({ answering: { cache: AnswerCache.semantic() }, retrieval: { search: SearchKind.KEYWORD } });
  expect(defined).toThrow("'answering.cache' must be left out with SearchKind.KEYWORD");
});

test.each<[string, () => AnswerCache, string]>([
  ['questions that are hardly alike', () => AnswerCache.semantic({ similarity: 0.5 }), "'answering.cache.similarity' must be between 0.8 and 1, got 0.5"],
  ['answers that nobody remembers', () => AnswerCache.semantic({ ttl: Duration.seconds(5) }), "'answering.cache.ttl' must be"],
  ['what is no cache', () => true as never, "'answering.cache' must be made by AnswerCache"],
])('refuses %s', (_, cache, message) => {
  expect(() => define({ answering: { cache: cache() } })).toThrow(message);
});
