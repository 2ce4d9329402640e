import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Geography, Model, ModelSplit } from '../../lib';
import { ContextLines } from '../../lib/diy-rag';

const stackOf = () => new Stack(new App(), 'Rag');
const policyOf = (lines: ContextLines) => lines._bind(stackOf()).policy;

test('are written by the default model, 4000 tokens of the document at a time', () => {
  expect(policyOf(ContextLines.byModel())).toEqual({
    modelId: 'global.amazon.nova-2-lite-v1:0', tokens: 80, documentTokens: 4_000, concurrency: 8, cache: false, prices: expect.objectContaining({ input: 0.3 }),
  });
});

test('have the document remembered by a model that can', () => {
  const model = (cacheMinimum: number) => Model.foundation('amazon.nova-micro-v1:0', { capabilities: { cacheMinimum } });
  expect(policyOf(ContextLines.byModel(model(1_000))).cache).toBe(true);
  expect(policyOf(ContextLines.byModel(model(8_000))).cache).toBe(false);
  const options = { documentTokens: 8_000, lineTokens: 50, concurrency: 2 };
  expect(policyOf(ContextLines.byModel(model(8_000), options))).toMatchObject({ cache: true, documentTokens: 8_000, tokens: 50, concurrency: 2 });
});

test('let whoever writes them stream that model, and do nothing else', () => {
  const stack = stackOf();
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  ContextLines.byModel(Model.foundation('amazon.nova-micro-v1:0'))._bind(stack).letWrite(role);
  const granted = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: unknown }[]);
  expect(granted.map(({ Action }) => Action)).toEqual(['bedrock:InvokeModelWithResponseStream']);
});

test.each<[string, () => ContextLines, string]>([
  ['next to nothing of the document', () => ContextLines.byModel(undefined, { documentTokens: 10 }), "'documents.contextLines.documentTokens' must be a whole number between 500 and 100000"],
  ['more than half of the window', () => ContextLines.byModel(Model.foundation('amazon.nova-micro-v1:0'), { documentTokens: 70_000 }), 'between 500 and 64000, half of what the model reads at once, got 70000'],
  ['lines of an essay', () => ContextLines.byModel(undefined, { lineTokens: 500 }), "'documents.contextLines.lineTokens' must be a whole number between 20 and 200"],
  ['nobody at once', () => ContextLines.byModel(undefined, { concurrency: 0 }), "'documents.contextLines.concurrency' must be a whole number between 1 and 50"],
  ['what is no model', () => ContextLines.byModel({} as never), "'documents.contextLines.model' must be made by Model"],
  ['a split', () => ContextLines.byModel(new ModelSplit([{ model: Model.standard(), weight: 1 }, { model: Model.crossRegion(Geography.US, 'amazon.nova-lite-v1:0'), weight: 1 }])), "'documents.contextLines' must be written by one model"],
])('refuses %s', (_, lines, message) => {
  expect(() => policyOf(lines())).toThrow(message);
});
