import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { EmbeddingModel, Geography } from '../../lib';
import { Splitter } from '../../lib/diy-rag';
import { embeddingPolicy } from '../../lib/diy-rag/embedding-policy';

function stackWithRole() {
  const stack = new Stack(new App(), 'Rag');
  return { stack, caller: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }) };
}

function bound(splitter: Splitter, inputTokens?: number) {
  return splitter._bind(new Stack(new App(), 'Rag'), { inputTokens }).policy;
}

test.each([
  ['by structure', Splitter.structure(), { by: 'structure', tokens: 300 }],
  ['by sentences', Splitter.sentences({ tokens: 120 }), { by: 'sentences', tokens: 120 }],
  ['by tokens with a fifth in common', Splitter.tokens(), { by: 'tokens', tokens: 300, overlapTokens: 60 }],
  ['by tokens apart', Splitter.tokens({ tokens: 100, overlapTokens: 0 }), { by: 'tokens', tokens: 100, overlapTokens: 0 }],
  ['by pages', Splitter.pages(), { by: 'pages', tokens: 1_500 }],
  ['by rows', Splitter.tables({ rows: 1 }), { by: 'tables', tokens: 300, rows: 1 }],
])('cuts %s', (_, splitter, policy) => {
  expect(bound(splitter, 8_192)).toEqual(policy);
});

test('keeps within what the embedding model takes', () => {
  expect(bound(Splitter.pages(), 512)).toEqual({ by: 'pages', tokens: 409 });
});

test.each<[string, Splitter, string]>([
  ['chunks of next to nothing', Splitter.structure({ tokens: 5 }), "Rag: 'splitter.tokens' must be a whole number between 20 and 409"],
  ['chunks that the embedding model does not take', Splitter.structure({ tokens: 500 }), 'which leaves room for headings in what the embedding model takes, got 500'],
  ['overlaps of more than half', Splitter.tokens({ tokens: 100, overlapTokens: 51 }), "'splitter.overlapTokens' must be a whole number between 0 and 50, half of 'splitter.tokens', got 51"],
  ['no rows', Splitter.tables({ rows: 0 }), "'splitter.rows' must be a whole number between 1 and 1000, got 0"],
  ['what is no function', Splitter.custom({} as never), "'splitter.handler' must be made by a Lambda function"],
])('refuses %s', (_, splitter, message) => {
  expect(() => bound(splitter, 512)).toThrow(message);
});

test.each([
  ['a function', (handler: LambdaFunction) => handler, { 'Fn::GetAtt': [expect.stringContaining('Splitter'), 'Arn'] }],
  ['a version', (handler: LambdaFunction) => handler.currentVersion, { Ref: expect.stringContaining('SplitterCurrentVersion') }],
] as const)('lets whoever cuts call %s of yours, and nothing else', (_, given, resource) => {
  const { stack, caller } = stackWithRole();
  const handler = given(new LambdaFunction(stack, 'Splitter', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('//') }));
  const { policy, letCut } = Splitter.custom(handler)._bind(stack, { inputTokens: 8_192 });
  letCut(caller);
  expect(policy).toMatchObject({ by: 'custom', tokens: 6_553, functionArn: handler.functionArn });
  const template = Template.fromStack(stack);
  const granted = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as object[]);
  expect(granted).toEqual([{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: resource }]);
  template.resourceCountIs('AWS::Lambda::Permission', 0);
});

describe('embedding models', () => {
  const policyOf = (model: EmbeddingModel) => {
    const { stack, caller } = stackWithRole();
    return embeddingPolicy(stack, model.bind(stack, caller));
  };

  test.each([
    [EmbeddingModel.standard(), { family: 'titan', modelId: 'amazon.titan-embed-text-v2:0', dimension: 1_024, binary: false }],
    [EmbeddingModel.foundation('cohere.embed-english-v3'), { family: 'cohereV3', inputTokens: 512 }],
    [EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0', { dimension: 512 }), { family: 'cohereV4', modelId: 'eu.cohere.embed-v4:0', dimension: 512 }],
    [EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0'), { family: 'nova' }],
  ])('are asked in their own words', (model, expected) => {
    expect(policyOf(model)).toMatchObject(expected);
  });

  test('refuses one whose words nobody knows', () => {
    expect(() => policyOf(EmbeddingModel.foundation('acme.embed-v9', { dimension: 512 }))).toThrow("'embedding' must be a model of one of the kinds amazon.titan-embed-text-v2");
  });
});
