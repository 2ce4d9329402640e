import { Duration } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { defineRag } from './define-rag';
import { ApiAuth, ChatbotApi, Guardrail, type ManagedRagProps, Model, RagApi } from '../../lib';

const none = defineRag({ api: RagApi.none() });

describe('documents that are there for others', () => {
  test('have no API, no function that answers and no users of their own', () => {
    const template = none.template();
    for (const type of ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::Authorizer', 'AWS::Cognito::UserPool']) template.resourceCountIs(type, 0);
    const handlers = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Description as string);
    expect(handlers).toHaveLength(3);
    expect(handlers).not.toContain('Answers questions from documents');
    expect(none.rag.userPool).toBeUndefined();
    expect(none.rag.userPoolClient).toBeUndefined();
  });

  test('are read as ever', () => {
    const template = none.template();
    const kept = ['AWS::Bedrock::KnowledgeBase', 'AWS::Bedrock::DataSource', 'AWS::S3Vectors::Index', 'AWS::SQS::Queue', 'AWS::DynamoDB::GlobalTable', 'AWS::Lambda::EventSourceMapping'];
    const logicalIds = (of: typeof template) => kept.flatMap((type) => Object.keys(of.findResources(type)));
    expect(logicalIds(template)).toEqual(logicalIds(defineRag().template()).filter((id) => !id.startsWith('RagHandler')));
  });

  test('are answered from by a chat, whose API is the only one', () => {
    const { stack, rag, template } = defineRag({ api: RagApi.none(), retrieval: { tenant: { field: 'tenant', claim: 'custom:tenant' } } });
    new ChatbotApi(stack, 'Chat', { knowledge: rag, auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }) });
    template().resourceCountIs('AWS::ApiGateway::RestApi', 1);
    template().resourceCountIs('AWS::Cognito::UserPool', 1);
  });

  test.each([
    ['url', (rag: typeof none.rag) => rag.url],
    ['api', (rag: typeof none.rag) => rag.api],
    ['handler', (rag: typeof none.rag) => rag.handler],
    ['grantInvoke', (rag: typeof none.rag) => rag.grantInvoke(new Role(none.stack, 'Caller', { assumedBy: new AccountRootPrincipal() }))],
  ])('say that there is no %s', (member, ask) => {
    expect(() => ask(none.rag)).toThrow(`Test/Rag: '${member}' is not there with RagApi.none(), which answers nobody: ask for it where answers are given`);
  });

  test.each<[string, ManagedRagProps]>([
    ['auth', { auth: ApiAuth.iam() }],
    ['model', { model: Model.standard() }],
    ['answering', { answering: { maxTokens: 100 } }],
    ['guardrail', { guardrail: Guardrail.fromAttributes(none.stack, 'Guardrail', { guardrailArn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/gr4rd', guardrailVersion: '3' }) }],
  ])('refuse %s, which nothing would heed', (prop, props) => {
    expect(() => defineRag({ ...props, api: RagApi.none() })).toThrow(`'${prop}' must be left out with RagApi.none(), which answers nobody: give it to what answers from this knowledge`);
  });
});

describe('their alarms, dashboard and metrics', () => {
  const watched = defineRag({ api: RagApi.none() });
  const { alarms } = watched.rag.addAlarms();
  watched.rag.addDashboard();

  test('are those of documents', () => {
    expect(Object.keys(alarms)).toEqual(['FailedDocuments', 'FailedJobs', 'StaleSync', 'DeadLetters']);
    const [dashboard] = Object.values(watched.template().findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard.Properties.DashboardBody);
    for (const title of ['Documents', 'Jobs', 'Function that reads', 'Documents that failed last']) expect(body).toContain(`"title\\":\\"${title}\\"`.slice(1));
    for (const title of ['Questions', 'Retrievals', 'Function that answers', 'Requests that failed last']) expect(body).not.toContain(title);
    expect(watched.rag.metricDocumentsIndexed()).toMatchObject({ metricName: 'DocumentsIndexed', dimensions: { Service: expect.stringMatching(/^Test-Rag/) } });
  });

  test('refuse what is never counted here', () => {
    expect(() => watched.rag.metricAnswers()).toThrow("'metricName' must be a metric of what is read, such as SyncJobs, with RagApi.none(), got 'Turns': what answers from this knowledge counts it");
    expect(() => watched.rag.metricRetrievals()).toThrow("such as a ChatbotApi by chat.metric('Retrievals')");
    expect(() => defineRag({ api: RagApi.none() }).rag.addAlarms({ timeToFirstToken: Duration.seconds(1) })).toThrow("'timeToFirstToken' must be left out with RagApi.none()");
  });
});
