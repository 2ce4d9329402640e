import { type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { defineChat } from './define-chat';
import { ApiAuth, type ChatbotApiProps, ConversationMemory, Posture, Transport } from '../../lib';

const transport = Transport.functionUrl();

test('streams at the URL of the function, and makes no API', () => {
  const { chat, template } = defineChat({ transport });
  template().hasResourceProperties('AWS::Lambda::Url', { InvokeMode: 'RESPONSE_STREAM', AuthType: 'NONE', Cors: Match.absent() });
  template().resourceCountIs('AWS::ApiGateway::RestApi', 0);
  template().resourceCountIs('AWS::ApiGateway::Authorizer', 0);
  expect(chat.api).toBeUndefined();
  expect(chat.handler).toBeDefined();
});

test('has the handler verify ID tokens of the user pool, by keys of the pool', () => {
  defineChat({ transport }).template().hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        TRANSPORT: 'functionUrl',
        CALLER: 'token',
        TOKENS: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('/.well-known/jwks.json","use":"id"')])] },
      }),
    },
  });
});

test('has the handler verify tokens of an issuer, without an authorizer of its own', () => {
  const { template } = defineChat({ transport, auth: ApiAuth.oidc({ issuer: 'https://login.example.com', audience: ['chat'] }) });
  template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ TOKENS: '{"issuer":"https://login.example.com","audience":["chat"]}' }) } });
  template().resourceCountIs('AWS::Lambda::Function', 1);
});

test('has Lambda check signatures of IAM callers, who need both permissions', () => {
  const { stack, chat, template } = defineChat({ transport, auth: ApiAuth.iam() });
  chat.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountPrincipal('111122223333') }));
  template().hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' });
  template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ CALLER: 'iam', TOKENS: '' }) } });
  const policies = JSON.stringify(template().findResources('AWS::IAM::Policy'));
  expect(policies).toContain('"lambda:InvokeFunctionUrl"');
  expect(policies).toContain('"lambda:InvokeFunction"');
  template().resourceCountIs('AWS::Lambda::Permission', 0);
});

test('opens to pages of the given origins alone', () => {
  const { template } = defineChat({ transport: Transport.functionUrl({ corsOrigins: ['https://chat.example.com'] }) });
  template().hasResourceProperties('AWS::Lambda::Url', {
    Cors: {
      AllowOrigins: ['https://chat.example.com'],
      AllowMethods: Match.arrayWith(['POST', 'GET', 'PATCH', 'DELETE']),
      AllowHeaders: Match.arrayWith(['authorization', 'content-type', 'x-conversation-id', 'last-event-id']),
      ExposeHeaders: Match.arrayWith(['x-request-id']),
      MaxAge: 3600,
    },
  });
});

test('sets capacity aside where it is told to', () => {
  defineChat({ transport: Transport.functionUrl({ concurrency: 20 }) }).template().hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 20 });
});

test('is watched by what Lambda counts of the URL', () => {
  const { chat, template } = defineChat({ transport });
  chat.addAlarms();
  chat.addDashboard();
  template().hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp("^The function's URL answered") });
  expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).toContain('UrlRequestLatency');
});

test('refuses API keys', () => {
  expect(() => defineChat({ transport, auth: ApiAuth.apiKey() })).toThrow('because API keys need API Gateway to check them');
});

test('refuses a Lambda authorizer, and names the way out', () => {
  expect(() => defineChat((stack) => {
    const handler = LambdaFunction.fromFunctionArn(stack, 'Authorize', 'arn:aws:lambda:us-east-1:111122223333:function:authorize');
    return { transport, auth: ApiAuth.lambda(new RequestAuthorizer(stack, 'Authorizer', { handler, identitySources: ['method.request.header.Cookie'] })) };
  })).toThrow("'auth' must be ApiAuth.cognito(), ApiAuth.iam() or ApiAuth.oidc() with Transport.functionUrl(), because answers of a Lambda authorizer need API Gateway to check them: take one of these, or Transport.restStreaming()");
});

test.each<[string, (stack: Stack) => ChatbotApiProps]>([
  ['the regulated posture', () => ({ posture: Posture.regulated() })],
  ['the regulated posture, signatures or not', () => ({ posture: Posture.regulated(), auth: ApiAuth.iam() })],
  ['a cache', (stack) => ({ conversations: { memory: ConversationMemory.elastiCache({ vpc: new Vpc(stack, 'Vpc') }) } })],
])('refuses a VPC, in which URLs do not stream: %s', (_, props) => {
  expect(() => defineChat((stack) => ({ transport, ...props(stack) }))).toThrow("'transport' must not be Transport.functionUrl() here, because the posture or the memory runs the chat in a VPC");
});

test.each([
  ['an origin with a path', { corsOrigins: ['https://chat.example.com/'] }, "'corsOrigins' must be an origin"],
  ['no capacity', { concurrency: 0 }, "'concurrency' must be a whole number between 1 and 100000, got 0"],
])('refuses %s', (_, options, message) => {
  expect(() => defineChat({ transport: Transport.functionUrl(options) })).toThrow(message);
});
