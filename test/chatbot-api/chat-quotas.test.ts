import { Duration } from 'aws-cdk-lib';
import { defineChat } from './define-chat';
import { type ChatQuotas, ConversationMemory, Posture } from '../../lib';

const day = { window: Duration.days(1), tokens: 200_000 };
type Template = ReturnType<ReturnType<typeof defineChat>['template']>;

function environment(template: Template) {
  const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  return Properties.Environment.Variables as Record<string, unknown>;
}

function quotaActions(template: Template) {
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[])
    .filter(({ Resource }) => JSON.stringify(Resource).includes('ChatQuotas')).map(({ Action }) => Action);
}

test.each([ConversationMemory.dynamoDb(), ConversationMemory.stateless()])('keeps quotas in a table of their own, whatever keeps conversations', (memory) => {
  const template = defineChat({ conversations: { memory }, quotas: { user: [day, { window: Duration.minutes(1), requests: 10 }], groups: [{ name: 'beta', together: [day] }] } }).template();
  expect(JSON.parse(environment(template).QUOTAS as string)).toEqual({
    user: [{ windowSeconds: 86_400, tokens: 200_000 }, { windowSeconds: 60, requests: 10 }], groups: [{ name: 'beta', together: [{ windowSeconds: 86_400, tokens: 200_000 }] }],
  });
  expect(environment(template).QUOTA_TABLE).toEqual({ Ref: expect.stringMatching(/^ChatQuotasTable/) });
  expect(quotaActions(template)).toEqual([['dynamodb:GetItem', 'dynamodb:UpdateItem']]);
});

test('has no table and no grant without quotas', () => {
  const template = defineChat().template();
  expect([environment(template).QUOTAS, environment(template).QUOTA_TABLE, quotaActions(template)]).toEqual(['', '', []]);
});

test('encrypts the table with the key of the chat, and backs it up where regulation asks for it', () => {
  const template = defineChat({ quotas: { user: [day] }, posture: Posture.regulated() }).template();
  const table = Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).find(([id]) => id.startsWith('ChatQuotas'))![1];
  expect(table.Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
});

test.each([['standard', Posture.standard(), false, 'Delete'], ['regulated', Posture.regulated(), true, 'Retain']])('never asks for a deletion that protection refuses, in the %s posture', (_, posture, isProtected, policy) => {
  const template = defineChat({ quotas: { user: [day] }, posture }).template();
  const [, table] = Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).find(([id]) => id.startsWith('ChatQuotas'))!;
  expect([table.Properties.Replicas[0].DeletionProtectionEnabled, table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual([isProtected, policy, policy]);
});

test.each<[string, ChatQuotas]>([
  ["'quotas' must have 'user' or 'groups'", {}],
  ["'quotas.user' must have an entry", { user: [] }],
  ["'quotas.user' must limit 'requests' or 'tokens'", { user: [{ window: Duration.days(1) }] }],
  ["'quotas.user.window' must be between 1 minute and 31 days, got 1 second", { user: [{ window: Duration.seconds(1), requests: 1 }] }],
  ["'quotas.user' must have each window once, got 1 day twice", { user: [day, { window: Duration.hours(24), requests: 1 }] }],
  ["'quotas.user.tokens' must be a whole number, at least 1, got 0", { user: [{ window: Duration.days(1), tokens: 0 }] }],
  ["'quotas.groups' must name each group once, got 'beta' twice", { groups: [{ name: 'beta', member: [day] }, { name: 'beta', together: [day] }] }],
  ["'quotas.groups[beta]' must have 'member' or 'together'", { groups: [{ name: 'beta' }] }],
])('refuses quotas: %s', (message, quotas) => {
  expect(() => defineChat({ quotas })).toThrow(message);
});
