import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { defineRag } from './define-rag';
import { HandWrittenStack } from './hand-written';
import { KnowledgeStore, type ManagedRagProps } from '../../lib';

const typesOf = (template: Template) => Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type);

test('has at most a quarter more resources than the same written by hand', () => {
  const hand = typesOf(Template.fromStack(new HandWrittenStack(new App(), 'Hand')));
  const ours = typesOf(defineRag().template());
  expect(ours.length / hand.length).toBeLessThanOrEqual(1.25);
});

test.each<[string, ManagedRagProps]>([
  ['S3 Vectors', {}],
  ['OpenSearch Serverless', { store: KnowledgeStore.openSearchServerless() }],
])('has no custom resource with %s', (_, props) => {
  expect(typesOf(defineRag(props).template()).filter((type) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource')).toEqual([]);
});
