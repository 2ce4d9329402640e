import type { APIGatewayProxyEvent } from 'aws-lambda';
import { lowerCase, traceOf } from '../../../lambda/kit/call';
import { callerOf } from '../../../lambda/kit/rest-api';
import type { CallerSource } from '../../../lib/contract/api';

const context = {
  authorizer: { claims: { sub: 'from-claims' }, principalId: 'from-authorizer' },
  identity: { userArn: 'arn:aws:iam::123456789012:user/ada', apiKeyId: 'key-1', apiKey: 'secret' },
};

test.each<[CallerSource, string]>([
  ['cognito', 'from-claims'], ['authorizer', 'from-authorizer'], ['iam', 'arn:aws:iam::123456789012:user/ada'], ['apiKey', 'key-1'],
])('takes the caller from where %s puts it, and from nowhere else', (source, caller) => {
  expect(callerOf(event(context), source).id).toBe(caller);
  expect(() => callerOf(event({ authorizer: {}, identity: {} }), source)).toThrow('does not say who is asking');
  expect(() => callerOf(event({}), source)).toThrow('does not say who is asking');
});

test('tells apart the people whom an identity pool lets in under one role and one session', () => {
  const signed = (cognitoIdentityId: string | null) => callerOf(event({
    identity: { userArn: 'arn:aws:sts::123456789012:assumed-role/Members/CognitoIdentityCredentials', cognitoIdentityId },
  }), 'iam').id;
  expect(signed('us-east-1:ada')).toBe('us-east-1:ada');
  expect(signed('us-east-1:bob')).toBe('us-east-1:bob');
  expect(signed(null)).toBe('arn:aws:sts::123456789012:assumed-role/Members/CognitoIdentityCredentials');
});

test('tells apart the sessions of one role, for each may be a person of its own', () => {
  const signed = (session: string) => callerOf(event({ identity: { userArn: `arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Staff_1/${session}` } }), 'iam').id;
  expect(signed('ada@example.com')).not.toBe(signed('bob@example.com'));
});

test('tells all claims that an authorizer hands on in one text, and what it says itself before them', () => {
  const claimsOf = (authorizer: object) => callerOf(event({ authorizer: { principalId: 'ada', ...authorizer } }), 'authorizer').claims;
  expect(claimsOf({ claims: '{"tenant":"acme","groups":["a","b"]}', groups: 'a,b' })).toEqual({ principalId: 'ada', tenant: 'acme', groups: 'a,b' });
  expect(claimsOf({ tenant: 'acme' })).toEqual({ principalId: 'ada', tenant: 'acme' });
  for (const claims of ['no json', '[1]', 'null', '1']) expect(claimsOf({ claims })).toEqual({ principalId: 'ada' });
});

test('refuses an empty caller', () => {
  expect(() => callerOf(event({ authorizer: { claims: { sub: '' } } }), 'cognito')).toThrow('does not say who is asking');
});

test.each([
  ['as API Gateway sends it', 'Root=1-67891233-abcdef012345678912345678', '1-67891233-abcdef012345678912345678'],
  ['with its parent', 'Self=1-1;Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1', '1-67891233-abcdef012345678912345678'],
  ['from a caller who writes something else into it', 'Root=1-67891233-abcdef012345678912345678\r\nset-cookie: a=b', undefined],
  ['when there is none', undefined, undefined],
])('reads the trace %s', (_, header, trace) => {
  expect(traceOf(lowerCase({ 'X-Amzn-Trace-Id': header }))).toBe(trace);
});

function event(requestContext: object) {
  return { requestContext } as unknown as APIGatewayProxyEvent;
}
