import type { APIGatewayProxyEvent } from 'aws-lambda';
import { callerOf } from '../../../lambda/kit/call';
import type { CallerSource } from '../../../lib/contract/chat';

const context = {
  authorizer: { claims: { sub: 'from-claims' }, principalId: 'from-authorizer' },
  identity: { userArn: 'arn:aws:iam::123456789012:user/ada', apiKeyId: 'key-1', apiKey: 'secret' },
};

test.each<[CallerSource, string]>([
  ['cognito', 'from-claims'], ['authorizer', 'from-authorizer'], ['iam', 'arn:aws:iam::123456789012:user/ada'], ['apiKey', 'key-1'],
])('takes the caller from where %s puts it, and from nowhere else', (source, caller) => {
  expect(callerOf(event(context), source)).toBe(caller);
  expect(() => callerOf(event({ authorizer: {}, identity: {} }), source)).toThrow('does not say who is asking');
  expect(() => callerOf(event({}), source)).toThrow('does not say who is asking');
});

test('refuses an empty caller', () => {
  expect(() => callerOf(event({ authorizer: { claims: { sub: '' } } }), 'cognito')).toThrow('does not say who is asking');
});

function event(requestContext: object) {
  return { requestContext } as unknown as APIGatewayProxyEvent;
}
