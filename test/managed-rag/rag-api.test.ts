import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { actionsOf, defineRag, statements } from './define-rag';
import { ApiAuth, type DynamoDbSessionsOptions, Guardrail, type ManagedRagProps, Model, ModelRouter, Posture, QuerySessions, RagApi } from '../../lib';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';

const byDefault = defineRag();
const HANDLER_ROLE = /^RagHandlerRole/;

function handler(template: Template): { Timeout: number; Environment: { Variables: Record<string, unknown> } } {
  const [found] = Object.values(template.findResources('AWS::Lambda::Function')).filter(({ Properties }) => Properties.Description === 'Answers questions from documents');
  return found.Properties as never;
}

/** A value of the environment that is JSON, with what the deployment makes up left open. */
function told<T>(template: Template, key: string): T {
  const value = handler(template).Environment.Variables[key] as string | { 'Fn::Join': [string, (string | object)[]] };
  return JSON.parse(typeof value === 'string' ? value : value['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'token')).join('')) as T;
}

describe('the API', () => {
  test('takes questions and searches, from users of a pool that is made, and streams', () => {
    const template = byDefault.template();
    const methods = Object.values(template.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties as { HttpMethod: string; AuthorizationType: string; Integration: object });
    expect(methods).toHaveLength(2);
    for (const method of methods) {
      expect(method).toMatchObject({ HttpMethod: 'POST', AuthorizationType: 'COGNITO_USER_POOLS', Integration: { ResponseTransferMode: 'STREAM', TimeoutInMillis: 120_000 } });
    }
    expect(Object.values(template.findResources('AWS::ApiGateway::Resource')).map(({ Properties }) => Properties.PathPart as string)).toEqual(['v1', 'query', 'retrieve']);
    expect(byDefault.rag.userPool).toBeDefined();
    expect(byDefault.rag.userPoolClient).toBeDefined();
  });

  test('is put on the network as you choose', () => {
    const template = defineRag({ api: RagApi.rest({ stageName: 'v2', corsOrigins: ['https://docs.example.com'], throttling: { rate: 5, burst: 10 } }) }).template();
    template.hasResourceProperties('AWS::ApiGateway::Stage', { StageName: 'v2', MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 })] });
    expect(handler(template).Environment.Variables.CORS_ORIGINS).toBe('https://docs.example.com');
  });

  test('lets callers in who sign, where it asks for signatures', () => {
    const { stack, rag, template } = defineRag({ auth: ApiAuth.iam() });
    rag.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() }));
    template().hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [Match.objectLike({ Action: 'execute-api:Invoke' })] } });
    expect(handler(template()).Environment.Variables.CALLER).toBe('iam');
  });

  test('says that a grant has no effect where nobody signs', () => {
    const { stack, rag } = defineRag();
    rag.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() }));
    Annotations.fromStack(stack).hasWarning('/Test/Rag', Match.stringLikeRegexp('grantInvoke lets nobody in here'));
  });
});

describe('the handler', () => {
  test('knows the knowledge base, the model and how to write, and reads nothing else', () => {
    const template = byDefault.template();
    expect(told<KnowledgePolicy>(template, 'KNOWLEDGE')).toEqual({ knowledgeBaseId: 'token', kind: 'vector', search: 'SEMANTIC', passages: 5, candidates: 5, fields: [] });
    expect(told(template, 'MODEL')).toMatchObject({ id: 'global.amazon.nova-2-lite-v1:0' });
    expect(told(template, 'GENERATION')).toEqual({ maxTokens: 2048 });
    expect(handler(template).Environment.Variables).toMatchObject({ ROUTED_MODELS: '', GUARDRAIL: '', CALLER: 'cognito', CORS_ORIGINS: '' });
  });

  test('may look passages up and stream from its model, and nothing else', () => {
    expect(new Set(actionsOf(statements(byDefault.template(), HANDLER_ROLE)))).toEqual(new Set([
      'logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'sqs:SendMessage',
      'bedrock:InvokeModelWithResponseStream', 'bedrock:Retrieve',
    ]));
  });

  test('writes as it is told', () => {
    const template = defineRag({ answering: { maxTokens: 300, temperature: 0.1, timeout: Duration.minutes(5) }, retrieval: { unanswered: 'Das steht nirgends.' } }).template();
    expect(told(template, 'GENERATION')).toEqual({ maxTokens: 300, temperature: 0.1 });
    expect(told<KnowledgePolicy>(template, 'KNOWLEDGE').unanswered).toBe('Das steht nirgends.');
    expect(handler(template).Timeout).toBe(300);
  });

  test('chooses among models where it is given a router', () => {
    const model = new ModelRouter({ model: Model.standard(), fallback: [Model.foundation('amazon.nova-lite-v1:0')] });
    expect(handler(defineRag({ model }).template()).Environment.Variables).toMatchObject({ MODEL: '', ROUTED_MODELS: expect.stringContaining('amazon.nova-lite-v1:0') });
  });

  test('applies the guardrail that it is given', () => {
    const guardrail = Guardrail.fromAttributes(new Stack(), 'Guardrail', { guardrailArn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/gr4rd', guardrailVersion: '3' });
    const { template } = defineRag({ guardrail });
    expect(told(template(), 'GUARDRAIL')).toMatchObject({ version: '3' });
    expect(actionsOf(statements(template(), HANDLER_ROLE))).toContain('bedrock:ApplyGuardrail');
  });
});

describe('sessions', () => {
  const inTable = (options?: DynamoDbSessionsOptions, props?: ManagedRagProps) => {
    return defineRag({ ...props, answering: { sessions: QuerySessions.dynamoDb(options) } });
  };

  test('are kept nowhere unless you say so', () => {
    expect(handler(byDefault.template()).Environment.Variables.SESSIONS).toBe('');
    expect(byDefault.rag.sessionTable).toBeUndefined();
    expect(defineRag({ answering: { sessions: QuerySessions.none() } }).rag.sessionTable).toBeUndefined();
    byDefault.template().resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
  });

  test('lie in a table that forgets them after a day, of which there is no copy', () => {
    const { template, rag } = inTable();
    expect(told(template(), 'SESSIONS')).toEqual({ table: 'token', seconds: 86_400 });
    expect(rag.sessionTable).toBeDefined();
    template().hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Delete',
      Properties: { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true }, Replicas: [{ Region: { Ref: 'AWS::Region' } }] },
    });
    expect(told(inTable({ retention: Duration.hours(1) }).template(), 'SESSIONS')).toMatchObject({ seconds: 3600 });
  });

  test('are read, written and deleted by the handler, and a route deletes them', () => {
    const template = inTable().template();
    const [grant] = statements(template, HANDLER_ROLE).filter((statement) => actionsOf([statement]).some((action) => action.startsWith('dynamodb:')));
    expect(actionsOf([grant])).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    expect(Object.values(template.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties.HttpMethod as string).sort()).toEqual(['DELETE', 'POST', 'POST']);
  });

  test('are encrypted by the key of a regulated posture, and reached without the internet', () => {
    const { rag, template } = inTable({}, { posture: Posture.regulated() });
    const table = Object.entries(template().findResources('AWS::DynamoDB::GlobalTable')).find(([id]) => id.startsWith('RagSessions'))!;
    expect(table[1].Properties).toMatchObject({ SSESpecification: { SSEEnabled: true, SSEType: 'KMS' }, Replicas: [{ SSESpecification: { KMSMasterKeyId: expect.anything() } }] });
    expect(JSON.stringify(statements(template(), HANDLER_ROLE))).toContain('dynamodb.');
    expect(rag.sessionTable).toBeDefined();
  });
});

test.each<[string, ManagedRagProps, string]>([
  ['tenants of callers who sign', { auth: ApiAuth.iam(), retrieval: { tenant: { field: 'tenant', claim: 'custom:tenant' } } }, "'retrieval.tenant' must be left out with signatures of IAM credentials"],
  ['tenants by an attribute that its users do not have', { retrieval: { tenant: { field: 'tenant', claim: 'custom:tenant' } } }, "'retrieval.tenant.claim' must be a claim that tokens hold, and those of the user pool that is made here hold no attributes of their own, got 'custom:tenant': have it made with it, 'auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] })'"],
  ['tenants by an attribute without what tokens put before it', { auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }), retrieval: { tenant: { field: 'tenant', claim: 'tenant' } } }, "'retrieval.tenant.claim' must be a claim that tokens hold, and those of the user pool that is made here hold its attribute 'tenant' as 'custom:tenant', got 'tenant': write 'custom:tenant'"],
  ['tenants of API keys', { auth: ApiAuth.apiKey(), retrieval: { tenant: { field: 'tenant', claim: 'custom:tenant' } } }, "'retrieval.tenant' must be left out with API keys"],
  ['answers that the model cannot write', { answering: { maxTokens: 9_000_000 } }, "'answering.maxTokens' must be at most 65535, the output limit of global.amazon.nova-2-lite-v1:0, got 9000000"],
  ['a temperature above one', { answering: { temperature: 2 } }, "'answering.temperature' must be between 0 and 1, got 2"],
  ['an hour for an answer', { answering: { timeout: Duration.hours(1) } }, "'answering.timeout' must be between 10 seconds and 15 minutes, got 1 hour"],
  ['sessions of a minute', { answering: { sessions: QuerySessions.dynamoDb({ retention: Duration.minutes(1) }) } }, "'answering.sessions.retention' must be between 5 minutes and 30 days, got 1 minute"],
  ['sessions by a word', { answering: { sessions: 'on' as never } }, "'answering.sessions' must be made by QuerySessions, such as QuerySessions.dynamoDb()"],
  ['origins with a path', { api: RagApi.rest({ corsOrigins: ['https://docs.example.com/'] }) }, "'corsOrigins' must be an origin like https://chat.example.com"],
  ['an API that is written out', { api: { stageName: 'v1' } as never }, "'api' must be made by RagApi, such as RagApi.rest({ stageName: 'v1' }) or RagApi.none(), got an object of Object"],
  ['a model’s id', { model: 'amazon.nova-lite-v1:0' as never }, "'model' must be made by Model, such as"],
])('refuses %s', (_, props, message) => {
  expect(() => defineRag(props)).toThrow(message);
});
