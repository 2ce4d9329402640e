import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiGatewayManagementApiClient, DeleteConnectionCommand, GetConnectionCommand, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { SignatureV4 } from '@smithy/signature-v4';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage, type WebSocketRouteOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketIamAuthorizer, WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import WebSocket from 'ws';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { accessKeyOf } from '../../local/principals';
import { Sha256 } from '../e2e/sha256';

const HANDLER = `exports.handler = async ({ requestContext, body, headers }) => {
  console.log(requestContext.eventType + ' ' + requestContext.connectionId + ' ' + (requestContext.disconnectStatusCode ?? ''));
  if (requestContext.eventType === 'CONNECT') return { statusCode: headers['x-refuse'] ? 402 : 200, headers: { 'Sec-WebSocket-Protocol': 'echo.v1' } };
  if (body === 'fail') throw new Error('broken');
  if (body === 'sleep') await new Promise((resolve) => setTimeout(resolve, 2000));
  return { statusCode: 200, body: JSON.stringify({ length: body?.length, context: requestContext }) };
};`;

const AUTHORIZER = `exports.handler = async ({ headers, methodArn }) => {
  const token = headers['Sec-WebSocket-Protocol'].split(/, ?/)[1];
  if (token === 'bad') throw new Error('Unauthorized');
  const Statement = [{ Action: 'execute-api:Invoke', Effect: token === 'denied' ? 'Deny' : 'Allow', Resource: methodArn }];
  return { principalId: token, policyDocument: { Version: '2012-10-17', Statement }, context: { team: 7 } };
};`;

describe('a WebSocket API', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'websocket-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Stack');
    const define = (id: string, code: string) => new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(code), timeout: Duration.seconds(5),
    });
    const handler = define('Handler', HANDLER);
    const api = (id: string, options: Pick<WebSocketRouteOptions, 'authorizer'>) => {
      const route = (name: string) => ({ integration: new WebSocketLambdaIntegration(name, handler) });
      const made = new WebSocketApi(stack, id, { connectRouteOptions: { ...route('Connect'), ...options }, disconnectRouteOptions: route('Disconnect') });
      made.addRoute('$default', { ...route('Message'), returnResponse: true });
      const stage = new WebSocketStage(stack, `${id}Stage`, { webSocketApi: made, stageName: 'live', autoDeploy: true });
      new CfnOutput(stack, `${id}Url`, { value: stage.url });
      new CfnOutput(stack, `${id}Callback`, { value: stage.callbackUrl });
      return stage;
    };
    const stage = api('Guarded', {
      authorizer: new WebSocketLambdaAuthorizer('Authorizer', define('Authorizer', AUTHORIZER), { identitySource: ['route.request.header.Sec-WebSocket-Protocol'] }),
    });
    api('Signed', { authorizer: new WebSocketIamAuthorizer() });
    const writer = new Role(stack, 'Writer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    stage.grantManagementApiAccess(writer);
    new CfnOutput(stack, 'WriterArn', { value: writer.roleArn });
    new CfnOutput(stack, 'HandlerRoleArn', { value: handler.role!.roleArn });
    app.synth();
    cloud = await startCloud({ assembly, socketLimits: { idleMs: 1_500, integrationMs: 800 } });
  }, 60_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const outputs = () => cloud.outputs.Stack;
  const open = async (token = 'ada', headers: Record<string, string> = {}) => {
    const socket = new WebSocket(outputs().GuardedUrl, ['echo.v1', token], { headers });
    await once(socket, 'open');
    return socket;
  };
  const heard = async (socket: WebSocket) => JSON.parse(String((await once(socket, 'message'))[0])) as { length: number; message?: string; context: Record<string, any> };
  const ask = (socket: WebSocket, text: string) => {
    socket.send(text);
    return heard(socket);
  };
  const closed = async (socket: WebSocket) => (await once(socket, 'close'))[0] as number;
  const refused = (url: string, protocols: string[], headers: Record<string, string> = {}) => new Promise<number>((resolve) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
  });
  const manager = (role = outputs().WriterArn) => new ApiGatewayManagementApiClient({
    endpoint: outputs().GuardedCallback, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: accessKeyOf(role), secretAccessKey: 'local' },
  });

  test('lets in whom its authorizer lets in, under the protocol that its function chooses', async () => {
    const socket = await open();
    expect(socket.protocol).toBe('echo.v1');
    const { context } = await ask(socket, 'hello');
    expect(context).toMatchObject({
      routeKey: '$default', eventType: 'MESSAGE', stage: 'live', connectionId: expect.stringMatching(/=$/), messageId: expect.any(String), authorizer: { principalId: 'ada', team: '7' },
    });
    socket.close();
  });

  test('refuses whom its authorizer refuses, and who brings nothing to look at', async () => {
    const url = outputs().GuardedUrl;
    expect(await Promise.all([refused(url, ['echo.v1', 'bad']), refused(url, ['echo.v1', 'denied']), refused(url, []), refused(`${url}/other`, ['a', 'b'])])).toEqual([401, 403, 401, 404]);
    expect(await refused(url, ['echo.v1', 'ada'], { 'x-refuse': 'yes' })).toBe(402);
  });

  test('takes messages of 128 KB in frames of 32 KB, and closes with 1009 beyond', async () => {
    const socket = await open();
    const frame = 'x'.repeat(32 * 1024);
    for (const last of [false, false, false, true]) socket.send(frame, { fin: last });
    expect((await heard(socket)).length).toBe(128 * 1024);
    socket.send(`${frame}x`);
    expect(await closed(socket)).toBe(1009);

    const other = await open();
    for (const last of [false, false, false, false, true]) other.send(frame, { fin: last });
    expect(await closed(other)).toBe(1009);
  });

  test('says that its function failed, or took too long', async () => {
    const socket = await open();
    expect(await ask(socket, 'fail')).toMatchObject({ message: 'Internal server error', connectionId: expect.any(String) });
    expect(await ask(socket, 'sleep')).toMatchObject({ message: 'Endpoint request timed out' });
    socket.close();
  });

  test('closes a connection on which nothing moves, and tells the function', async () => {
    const socket = await open();
    const { context } = await ask(socket, 'hello');
    expect(await closed(socket)).toBe(1001);
    await cloud.waitForLog(({ line }) => line.includes(`DISCONNECT ${context.connectionId} 1001`));
  });

  test('is written to, looked at and closed by its backend', async () => {
    const socket = await open();
    const ConnectionId = (await ask(socket, 'hello')).context.connectionId as string;
    const client = manager();
    const message = once(socket, 'message');
    await client.send(new PostToConnectionCommand({ ConnectionId, Data: 'from behind: ü' }));
    expect(String((await message)[0])).toBe('from behind: ü');
    expect(await client.send(new GetConnectionCommand({ ConnectionId }))).toMatchObject({ ConnectedAt: expect.any(Date), LastActiveAt: expect.any(Date), Identity: { SourceIp: '127.0.0.1' } });
    await expect(client.send(new PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(128 * 1024 + 1) }))).rejects.toMatchObject({ name: 'PayloadTooLargeException' });
    const end = closed(socket);
    await client.send(new DeleteConnectionCommand({ ConnectionId }));
    expect(await end).toBe(1000);
    await expect(client.send(new PostToConnectionCommand({ ConnectionId, Data: 'late' }))).rejects.toMatchObject({ name: 'GoneException', $metadata: { httpStatusCode: 410 } });
  });

  test('closes when its backend writes more than a frame holds, and refuses a role that may not write', async () => {
    const socket = await open();
    const ConnectionId = (await ask(socket, 'hello')).context.connectionId as string;
    await expect(manager(outputs().HandlerRoleArn).send(new PostToConnectionCommand({ ConnectionId, Data: 'no' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const end = closed(socket);
    await manager().send(new PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(32 * 1024 + 1) }));
    expect(await end).toBe(1009);
  });

  test.each(['in the header', 'in the query'])('takes a signature %s', async (place) => {
    const identity = cloud.session.identities['user-a'];
    const url = new URL(outputs().SignedUrl);
    const signer = new SignatureV4({ service: 'execute-api', region: 'us-east-1', sha256: Sha256, credentials: identity });
    const request = { method: 'GET', protocol: 'wss:', hostname: url.hostname, path: url.pathname, query: {}, headers: { host: url.host } };
    expect(await refused(url.href, [])).toBe(403);
    const signed = place === 'in the header' ? await signer.sign(request) : await signer.presign(request, { expiresIn: 60 });
    url.search = new URLSearchParams(signed.query as Record<string, string>).toString();
    const socket = new WebSocket(url, ['echo.v1'], { headers: place === 'in the header' ? signed.headers : {} });
    await once(socket, 'open');
    expect((await ask(socket, 'hello')).context.identity.userArn).toBeUndefined();
    socket.close();
    url.searchParams.set('X-Amz-Date', '20200101T000000Z');
    if (place === 'in the query') expect(await refused(url.href, [])).toBe(403);
  });
});
