import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { ResponseType } from 'aws-cdk-lib/aws-apigateway';
import { defineChat } from './define-chat';
import { ApiAuth, Transport } from '../../lib';
import { routesOf } from '../../lib/contract/chat';

describe('a REST API', () => {
  const { template } = defineChat();

  test('is regional and has the routes of the contract, each streamed from the handler', () => {
    template().hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
    template().allResourcesProperties('AWS::ApiGateway::Method', { Integration: Match.objectLike({ Type: 'AWS_PROXY', ResponseTransferMode: 'STREAM' }) });
    const methods = Object.values(template().findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties.HttpMethod as string);
    expect(methods.sort()).toEqual(routesOf({ keepsConversations: true, takesFiles: true }).map(({ method }) => method).sort());
  });

  test('waits as long as a turn may take', () => {
    defineChat({ generation: { turnTimeout: Duration.minutes(15) } }).template()
      .allResourcesProperties('AWS::ApiGateway::Method', { Integration: Match.objectLike({ TimeoutInMillis: 900_000 }) });
  });

  test('limits everybody together to 50 requests a second and 100 at once', () => {
    template().hasResourceProperties('AWS::ApiGateway::Stage', { MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 })] });
  });

  test('is traced, and logs requests as JSON without their bodies', () => {
    template().hasResourceProperties('AWS::ApiGateway::Stage', {
      TracingEnabled: true,
      MethodSettings: [Match.objectLike({ DataTraceEnabled: false, LoggingLevel: 'ERROR' })],
    });
    const [stage] = Object.values(template().findResources('AWS::ApiGateway::Stage'));
    const format = stage.Properties.AccessLogSetting.Format as string;
    expect(JSON.parse(format)).toMatchObject({ requestId: '$context.requestId', caller: '$context.authorizer.claims.sub', status: '$context.status' });
    expect(format).not.toMatch(/body|override|authorization/i);
  });

  test('refuses a body that is no JSON object before the handler sees it', () => {
    template().hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', RequestValidatorId: Match.anyValue(), RequestModels: { 'application/json': Match.anyValue() } });
    template().hasResourceProperties('AWS::ApiGateway::Model', { Schema: Match.objectLike({ type: 'object' }) });
  });

  test('takes the stage name that it is given', () => {
    defineChat({ transport: Transport.restStreaming({ stageName: 'live' }) }).template().hasResourceProperties('AWS::ApiGateway::Stage', { StageName: 'live' });
  });

  test.each(['', 'my-stage', 'a/b'])("refuses the stage name '%s'", (stageName) => {
    expect(() => defineChat({ transport: Transport.restStreaming({ stageName }) })).toThrow(`'stageName' must be 1 to 128 letters, digits and underscores, got '${stageName}'`);
  });
});

describe('errors of the gateway itself', () => {
  const errors = Object.values(defineChat().template().findResources('AWS::ApiGateway::GatewayResponse')).map(({ Properties }) => Properties);

  test('are all defined', () => {
    const types = Object.values(ResponseType).filter((type): type is ResponseType => type instanceof ResponseType).map(({ responseType }) => responseType);
    expect(errors.map(({ ResponseType: type }) => type as string).sort()).toEqual(types.sort());
    expect(types.length).toBeGreaterThan(15);
  });

  test.each(errors)('tell $ResponseType in the envelope of OpenAI, with the id of the request', ({ ResponseTemplates, ResponseParameters }) => {
    const body = (ResponseTemplates['application/json'] as string).replace('$context.error.messageString', '"what went wrong"');
    expect(JSON.parse(body)).toEqual({ error: { message: expect.stringMatching(/./), type: expect.stringMatching(/_/), param: null, code: expect.stringMatching(/./) } });
    expect(ResponseParameters).toMatchObject({ 'gatewayresponse.header.x-request-id': 'context.requestId' });
  });

  test.each(errors.filter(({ ResponseTemplates }) => /server_error/.test(ResponseTemplates['application/json'] as string)))(
    'tell $ResponseType in words of their own, for the gateway may have none', ({ ResponseTemplates }) => {
      expect(ResponseTemplates['application/json']).not.toContain('$context.error.messageString');
    });

  test('speak in sentences, as the handler does', () => {
    const own = errors.map(({ ResponseTemplates }) => ResponseTemplates['application/json'] as string).filter((body) => !body.includes('$context')).map((body) => JSON.parse(body).error.message as string);
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((message) => !/^[A-Z].*\.$/.test(message))).toEqual([]);
  });

  test.each([
    ['THROTTLED', undefined, { 'gatewayresponse.header.retry-after': "'1'" }],
    ['QUOTA_EXCEEDED', undefined, { 'gatewayresponse.header.x-should-retry': "'false'" }],
    ['EXPIRED_TOKEN', '401', {}],
    ['MISSING_AUTHENTICATION_TOKEN', '404', {}],
  ])('answer %s with the status and the headers that clients act on', (type, status, headers) => {
    const error = errors.find(({ ResponseType: name }) => name === type);
    expect(error?.StatusCode).toBe(status);
    expect(error?.ResponseParameters).toMatchObject(headers);
  });
});

describe('web pages of other origins', () => {
  test('are not let in by default', () => {
    const { template } = defineChat();
    expect(JSON.stringify(template().toJSON())).not.toMatch(/access-control-allow/i);
    expect(template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } })).toEqual({});
  });

  test('are let in when they are named: routes, errors of the gateway and the handler know the origin', () => {
    const { template } = defineChat({ transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com'] }) });
    expect(JSON.stringify(template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } }))).toContain('x-stainless-retry-count');
    expect(Object.keys(template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } }))).toHaveLength(new Set(routesOf({ keepsConversations: true, takesFiles: true }).map(({ path }) => path)).size);
    expect(JSON.stringify(template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } }))).toContain("'GET,PATCH,DELETE'");
    template().allResourcesProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseParameters: Match.objectLike({ 'gatewayresponse.header.access-control-allow-origin': "'https://chat.example.com'" }),
    });
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ CORS_ORIGINS: 'https://chat.example.com' }) } });
  });

  test('are never reflected where there are several: the gateway cannot choose one, so its own errors name none', () => {
    const { template } = defineChat({ transport: Transport.restStreaming({ corsOrigins: ['https://a.example.com', 'https://b.example.com'] }), auth: ApiAuth.iam() });
    expect(JSON.stringify(template().findResources('AWS::ApiGateway::GatewayResponse'))).not.toMatch(/access-control/i);
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ CORS_ORIGINS: 'https://a.example.com,https://b.example.com' }) } });
  });
});
