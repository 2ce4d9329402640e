import { Match } from 'aws-cdk-lib/assertions';
import { ApiKey, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Mfa, UserPool } from 'aws-cdk-lib/aws-cognito';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ApiAuth, Transport } from '../../lib';
import { defineChat } from '../chatbot-api/define-chat';

describe('users of Cognito', () => {
  const { chat, template } = defineChat();

  test('are the default, and every route asks for their token', () => {
    template().allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: Match.anyValue() });
    expect(template().findResources('AWS::ApiGateway::Method')).not.toEqual({});
    expectCaller(template, 'cognito');
  });

  test('do not sign up by themselves, have a second factor and a strong password, and are watched for stolen ones', () => {
    template().hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      UserPoolTier: 'PLUS',
      UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
      Policies: {
        PasswordPolicy: Match.objectLike({ MinimumLength: 12, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true }),
      },
    });
  });

  test('sign in by SRP alone, without a secret, and nobody learns who exists', () => {
    template().hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AllowedOAuthFlows: Match.absent(),
      GenerateSecret: false,
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
      IdTokenValidity: 60,
    });
    expect(chat.userPoolClient).toBeDefined();
  });

  test('need no second factor where the builder says so', () => {
    defineChat({ auth: ApiAuth.newUserPool({ mfa: Mfa.OPTIONAL }) }).template().hasResourceProperties('AWS::Cognito::UserPool', { MfaConfiguration: 'OPTIONAL' });
  });

  test('have attributes of their own that they cannot write', () => {
    const own = defineChat({ auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }) }).template();
    const attribute = { Name: 'tenant', AttributeDataType: 'String', Mutable: true, StringAttributeConstraints: { MaxLength: '2048' } };
    own.hasResourceProperties('AWS::Cognito::UserPool', { Schema: Match.arrayWith([attribute]) });
    const [client] = Object.values(own.findResources('AWS::Cognito::UserPoolClient')) as { readonly Properties: { readonly WriteAttributes: string[] } }[];
    expect(client.Properties.WriteAttributes).toEqual(expect.arrayContaining(['email', 'name']));
    expect(client.Properties.WriteAttributes.filter((name) => name.startsWith('custom:'))).toEqual([]);
    expect(JSON.stringify(template().findResources('AWS::Cognito::UserPoolClient'))).not.toContain('WriteAttributes');
  });

  test.each([['custom:tenant', "got 'custom:tenant'"], ['', 'got'], ['a'.repeat(21), 'got']])('refuses an attribute called \'%s\'', (name, message) => {
    expect(() => defineChat({ auth: ApiAuth.newUserPool({ customAttributes: [name] }) })).toThrow(new RegExp(`'auth\\.customAttributes\\[0\\]' must be the name of an attribute.*${message}`));
  });

  test('may live in a pool that is there already', () => {
    const given = defineChat((stack) => ({ auth: ApiAuth.cognito(UserPool.fromUserPoolId(stack, 'Staff', 'eu-central-1_staff')) }));
    given.template().resourceCountIs('AWS::Cognito::UserPool', 0);
    given.template().hasResourceProperties('AWS::ApiGateway::Authorizer', { Type: 'COGNITO_USER_POOLS', ProviderARNs: [Match.anyValue()] });
    expect(given.chat.userPool?.userPoolId).toBe('eu-central-1_staff');
  });
});

describe('users of an OpenID Connect issuer', () => {
  const issuer = 'https://login.example.com/';

  test('are verified by a handler of the library before a request passes', () => {
    const { template } = defineChat({ auth: ApiAuth.oidc({ issuer, audience: ['chat', 'mobile'] }) });
    template().allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'CUSTOM' });
    template().hasResourceProperties('AWS::ApiGateway::Authorizer', { Type: 'TOKEN', AuthorizerResultTtlInSeconds: 300, IdentitySource: 'method.request.header.Authorization' });
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { ISSUER: issuer, AUDIENCE: 'chat,mobile' } } });
    expectCaller(template, 'authorizer');
  });

  test.each([
    ['an issuer without TLS', { issuer: 'http://login.example.com', audience: ['chat'] }, "'issuer' must be an https:// URL"],
    ['the address of an issuer’s settings', { issuer: `${issuer}.well-known/openid-configuration`, audience: ['chat'] },
      "'issuer' must be the issuer itself, without '/.well-known/openid-configuration', exactly as tokens name it in iss, got 'https://login.example.com/.well-known/openid-configuration'"],
    ['an empty audience', { issuer, audience: [''] }, "'audience' must be what tokens carry in aud: not empty, without commas, without spaces at its ends, got ''"],
    ['a blank audience', { issuer, audience: ['chat', ' '] }, "'audience' must be what tokens carry in aud"],
    ['two audiences in one', { issuer, audience: ['chat,mobile'] }, "'audience' must be what tokens carry in aud"],
    ['an audience outside a list', { issuer, audience: 'chat' as unknown as string[] }, "'audience' must be a list, got 'chat': put it in brackets"],
    ['to do without an audience', { issuer, audience: undefined as unknown as string[] }, "'audience' must have between 1 and 50 entries, got 0"],
    ['no audience', { issuer, audience: [] }, "'audience' must have between 1 and 50 entries, got 0"],
  ])('refuses %s', (_, options, message) => {
    expect(() => defineChat({ auth: ApiAuth.oidc(options) })).toThrow(message);
  });
});

test('IAM callers sign their requests', () => {
  const { template } = defineChat({ auth: ApiAuth.iam() });
  template().allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'AWS_IAM' });
  template().hasResourceProperties('AWS::ApiGateway::GatewayResponse', { ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '403' });
  expectCaller(template, 'iam');
});

describe('API keys', () => {
  test('are asked for on every route; one is made, in a usage plan with the limits of the API', () => {
    const { template } = defineChat({ auth: ApiAuth.apiKey(), transport: Transport.restStreaming({ throttling: { rate: 5, burst: 10 } }) });
    template().allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'NONE', ApiKeyRequired: true });
    template().hasResourceProperties('AWS::ApiGateway::UsagePlan', { Throttle: { RateLimit: 5, BurstLimit: 10 } });
    template().resourceCountIs('AWS::ApiGateway::ApiKey', 1);
    expectCaller(template, 'apiKey');
  });

  test('may be keys that are there already', () => {
    const { template } = defineChat((stack) => ({ auth: ApiAuth.apiKey([ApiKey.fromApiKeyId(stack, 'One', 'k1'), ApiKey.fromApiKeyId(stack, 'Two', 'k2')]) }));
    template().resourceCountIs('AWS::ApiGateway::ApiKey', 0);
    template().resourceCountIs('AWS::ApiGateway::UsagePlanKey', 2);
  });

  test('refuses an empty list of keys, which would let nobody in', () => {
    expect(() => defineChat({ auth: ApiAuth.apiKey([]) })).toThrow("'auth.keys' must have an entry, such as new ApiKey(this, 'Key'), or be left out, got an empty list");
  });
});

test('an authorizer of the builder decides who the caller is', () => {
  const { template } = defineChat((stack) => {
    const handler = LambdaFunction.fromFunctionArn(stack, 'Authorize', 'arn:aws:lambda:us-east-1:111122223333:function:authorize');
    return { auth: ApiAuth.lambda(new RequestAuthorizer(stack, 'Authorizer', { handler, identitySources: ['method.request.header.Cookie'] })) };
  });
  template().allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'CUSTOM' });
  expectCaller(template, 'authorizer');
});

function expectCaller(template: ReturnType<typeof defineChat>['template'], caller: string) {
  template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ CALLER: caller }) } });
}
