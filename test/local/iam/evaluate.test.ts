import { conditionContext } from '../../../local/iam/conditions';
import { decide } from '../../../local/iam/evaluate';
import { PolicyStatement } from '../../../local/iam/policy';

const ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/Chats';

function effect(statements: Partial<PolicyStatement>[], context: Record<string, string | string[]> = {}, action = 'dynamodb:GetItem', resource = ARN) {
  const Statement = statements.map((statement) => ({ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: '*', ...statement }));
  return decide([{ name: 'P', document: { Statement } }], { action, resource, context: conditionContext(context) }).effect;
}

test('says nothing where no statement speaks of the action', () => {
  expect(effect([])).toBe('none');
  expect(effect([{ Action: 'dynamodb:PutItem' }])).toBe('none');
});

test('names the statements that allow', () => {
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }, { Effect: 'Allow', Action: ['dynamodb:Get*'], Resource: [ARN] }];
  expect(decide([{ name: 'P', document: { Statement } }], { action: 'dynamodb:GetItem', resource: ARN, context: new Map() }))
    .toEqual({ effect: 'allow', statements: [{ policy: 'P', index: 1 }] });
});

test('lets a deny win over every allow', () => {
  expect(effect([{}, { Effect: 'Deny', Action: '*' }])).toBe('deny');
});

test.each<[string, Partial<PolicyStatement>, string]>([
  ['an action by wildcard', { Action: 'dynamodb:Get*' }, 'allow'],
  ['an action without regard to case', { Action: 'DynamoDB:getitem' }, 'allow'],
  ['a single character by ?', { Action: 'dynamodb:Get?tem' }, 'allow'],
  ['an action by NotAction', { Action: undefined, NotAction: ['s3:*'] }, 'allow'],
  ['not what NotAction leaves out', { Action: undefined, NotAction: ['dynamodb:*'] }, 'none'],
  ['a resource by wildcard', { Resource: 'arn:aws:dynamodb:*:123456789012:table/C*' }, 'allow'],
  ['not another table', { Resource: 'arn:aws:dynamodb:us-east-1:123456789012:table/Other' }, 'none'],
  ['not what lies under the resource', { Resource: 'arn:aws:dynamodb:us-east-1:123456789012:table/Chats/index/*' }, 'none'],
  ['no wildcard over a colon', { Resource: 'arn:aws:dynamodb:*:table/Chats' }, 'none'],
  ['a resource by NotResource', { Resource: undefined, NotResource: 'arn:aws:dynamodb:*:*:table/Other' }, 'allow'],
])('matches %s', (_, statement, expected) => {
  expect(effect([statement])).toBe(expected);
});

const CONDITIONS: [string, PolicyStatement['Condition'], Record<string, string | string[]>, boolean][] = [
  ['StringEquals', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, { 'aws:RequestedRegion': 'us-east-1' }, true],
  ['StringEquals with a key in other case', { StringEquals: { 'AWS:requestedregion': 'us-east-1' } }, { 'aws:RequestedRegion': 'us-east-1' }, true],
  ['StringEquals on one of several values', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
  ['StringEquals on another value', { StringEquals: { k: 'a' } }, { k: 'A' }, false],
  ['StringEquals on a missing key', { StringEquals: { k: 'a' } }, {}, false],
  ['StringEqualsIfExists on a missing key', { StringEqualsIfExists: { k: 'a' } }, {}, true],
  ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: { k: 'a' } }, { k: 'A' }, true],
  ['StringNotEquals', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'c' }, true],
  ['StringNotEquals on a listed value', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
  ['StringNotEquals on a missing key', { StringNotEquals: { k: 'a' } }, {}, true],
  ['StringLike', { StringLike: { k: 'a*z' } }, { k: 'abcz' }, true],
  ['StringNotLike', { StringNotLike: { k: 'a*' } }, { k: 'abc' }, false],
  ['ArnEquals with a wildcard', { ArnEquals: { k: 'arn:aws:bedrock:*:123456789012:inference-profile/us.*' } }, { k: 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.m' }, true],
  ['ArnLike over a colon', { ArnLike: { k: 'arn:aws:bedrock:*:inference-profile/x' } }, { k: 'arn:aws:bedrock:us-east-1:1:inference-profile/x' }, false],
  ['ArnNotLike', { ArnNotLike: { k: 'arn:aws:s3:::b*' } }, { k: 'arn:aws:s3:::other' }, true],
  ['Bool', { Bool: { 'aws:SecureTransport': false } }, { 'aws:SecureTransport': 'true' }, false],
  ['Null for a missing key', { Null: { k: 'true' } }, {}, true],
  ['Null for a key that must be there', { Null: { k: false } }, {}, false],
  ['NumericLessThan', { NumericLessThan: { k: 5 } }, { k: '4.5' }, true],
  ['NumericLessThanEquals', { NumericLessThanEquals: { k: '5' } }, { k: '5' }, true],
  ['NumericGreaterThan', { NumericGreaterThan: { k: '5' } }, { k: '5' }, false],
  ['NumericGreaterThanEquals', { NumericGreaterThanEquals: { k: '5' } }, { k: '5' }, true],
  ['NumericNotEquals', { NumericNotEquals: { k: '5' } }, { k: '6' }, true],
  ['ForAnyValue', { 'ForAnyValue:StringEquals': { k: 'b' } }, { k: ['a', 'b'] }, true],
  ['ForAnyValue on a missing key', { 'ForAnyValue:StringEquals': { k: 'b' } }, {}, false],
  ['ForAllValues', { 'ForAllValues:StringLike': { k: ['a*', 'b*'] } }, { k: ['ab', 'ba'] }, true],
  ['ForAllValues with one outside', { 'ForAllValues:StringLike': { k: ['a*'] } }, { k: ['ab', 'ba'] }, false],
  ['ForAllValues on a missing key', { 'ForAllValues:StringEquals': { k: 'b' } }, {}, true],
  ['a policy variable', { StringEquals: { k: '${aws:PrincipalAccount}' } }, { 'k': '123', 'aws:PrincipalAccount': '123' }, true],
  ['two operators of which one fails', { StringEquals: { k: 'a' }, Bool: { b: 'true' } }, { k: 'a', b: 'false' }, false],
];

test.each(CONDITIONS)('evaluates %s', (_, Condition, context, holds) => {
  expect(effect([{ Condition }], context)).toBe(holds ? 'allow' : 'none');
});

test('puts the request\'s own values into a resource', () => {
  expect(effect([{ Resource: 'arn:aws:dynamodb:us-east-1:${aws:PrincipalAccount}:table/Chats' }], { 'aws:PrincipalAccount': '123456789012' })).toBe('allow');
});

test('refuses a condition operator that it does not know', () => {
  expect(() => effect([{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }])).toThrow('the local IAM does not know the condition operator \'IpAddress\'');
});
