import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { defineChat } from './define-chat';
import { ChatbotApi, type ChatbotApiProps, ConversationMemory, Model, SentenceTransform } from '../../lib';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { CHAT_METRICS } from '../../lib/contract/chat';
import { alarmMetrics, dashboardMetrics, type Template as Json, widgets, type WatchedMetric } from '../observability/watched-metrics';

const unpriced = () => defineChat({ model: Model.foundation('example.unpriced-v1:0', { capabilities: { contextTokens: 8_000, outputTokens: 1_000 } }) });
const json = ({ stack }: { stack: Stack }) => Template.fromStack(stack).toJSON() as Json;
const own = (metrics: WatchedMetric[]) => new Set(metrics.filter(({ namespace }) => namespace === METRICS_NAMESPACE).map(({ name }) => name));

describe('alarms', () => {
  const watched = defineChat();
  const { alarms } = watched.chat.addAlarms();

  test('are those that the documentation names', () => {
    expect(Object.keys(alarms).sort()).toEqual(['ApiErrors', 'Cost', 'DeadLetters', 'ErrorRate', 'Throttles', 'TimeToFirstToken']);
    expect(Object.keys(defineChat().chat.addAlarms({ guardrailBlocks: 20 }).alarms)).toContain('GuardrailBlocks');
  });

  test('ring for the share of failed turns, not for their number', () => {
    watched.template().hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 5,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(turns + errors > 0, 100 * errors / (turns + errors), 0)', ReturnData: true })]),
    });
  });

  test('take thresholds in the units that people speak', () => {
    const chat = defineChat();
    chat.chat.addAlarms({ errorRate: 20, timeToFirstToken: Duration.millis(1500), throttles: 100, costDeviations: 2, guardrailBlocks: 50 });
    const alarm = (properties: object) => chat.template().hasResourceProperties('AWS::CloudWatch::Alarm', properties);
    alarm({ MetricName: 'TimeToFirstToken', ExtendedStatistic: 'p95', Threshold: 1500 });
    alarm({ MetricName: 'Throttles', Threshold: 100 });
    alarm({ MetricName: 'GuardrailBlocks', Threshold: 50, Period: 3600 });
    alarm({ AlarmDescription: Match.stringLikeRegexp('^API Gateway answered more than 20 percent'), Threshold: 20 });
    alarm({ Metrics: Match.arrayWith([Match.objectLike({ Expression: 'ANOMALY_DETECTION_BAND(m0, 2)' })]) });
  });

  test('are silent about cost where nobody knows the prices', () => {
    expect(Object.keys(unpriced().chat.addAlarms().alarms)).not.toContain('Cost');
  });

  test('fit into CloudWatch with every word of their descriptions', () => {
    const descriptions = Object.values(watched.template().findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmDescription as string);
    expect(descriptions.filter((description) => !/ Next: /.test(description) || description.length > 1024)).toEqual([]);
  });

  test('are told through a topic under the chat\'s own key', () => {
    const chat = defineChat((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    chat.chat.addAlarms();
    chat.template().hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] } });
  });

  test.each([
    ['a share over 99 percent', { errorRate: 100 }, "'errorRate' must be between 0 and 99, got 100"],
    ['no patience at all', { timeToFirstToken: Duration.millis(0) }, "'timeToFirstToken in milliseconds' must be between 1 and 900000, got 0"],
    ['half a throttle', { throttles: 0.5 }, "'throttles' must be a whole number between 0 and 1000000, got 0.5"],
    ['a band of no width', { costDeviations: 0 }, "'costDeviations' must be between 1 and 10, got 0"],
    ['less than no blocks', { guardrailBlocks: -1 }, "'guardrailBlocks' must be a whole number between 0 and 1000000, got -1"],
  ])('refuses %s', (_, options, message) => {
    expect(() => defineChat().chat.addAlarms(options)).toThrow(`Test/Chat: ${message}`);
  });
});

describe('the dashboard', () => {
  test('draws every metric that the handler counts', () => {
    const chat = defineChat();
    chat.chat.addDashboard();
    expect([...own(dashboardMetrics(json(chat)))].sort()).toEqual(Object.values(CHAT_METRICS).sort());
  });

  test('draws what hooks and quotas do where there are some', () => {
    const drawn = (props: (stack: Stack) => ChatbotApiProps) => {
      const chat = defineChat(props);
      chat.chat.addDashboard();
      return [...own(dashboardMetrics(json(chat)))].filter((name) => ['HookFailures', 'QuotaRefusals'].includes(name)).sort();
    };
    const handler = (stack: Stack) => LambdaFunction.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:us-east-1:111122223333:function:hook');
    expect(drawn((stack) => ({ hooks: { before: { handler: handler(stack) } } }))).toEqual(['HookFailures']);
    expect(drawn(() => ({ hooks: { sentences: SentenceTransform.replace([{ pattern: 'a', replacement: 'b' }]) } }))).toEqual([]);
    expect(drawn(() => ({ quotas: { user: [{ window: Duration.days(1), requests: 1 }] } }))).toEqual(['QuotaRefusals']);
  });

  test('takes whole columns of the page, however many charts a row has', () => {
    for (const memory of [ConversationMemory.dynamoDb(), ConversationMemory.agentCore()]) {
      const chat = defineChat((stack) => ({ conversations: { memory }, hooks: { before: { handler: LambdaFunction.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:us-east-1:111122223333:function:hook') } } }));
      chat.chat.addDashboard();
      const widths = widgets(json(chat)).map(({ width }) => width);
      expect(widths.filter((width) => !Number.isInteger(width) || width < 6)).toEqual([]);
    }
  });

  test('leaves out the cost where nobody knows the prices', () => {
    const chat = unpriced();
    chat.chat.addDashboard();
    expect([...own(dashboardMetrics(json(chat)))]).not.toContain(CHAT_METRICS.cost);
  });

  test('shows the alarms that there are, first when they were there before it', () => {
    const [before, after] = [defineChat(), defineChat()];
    before.chat.addAlarms();
    before.chat.addDashboard();
    after.chat.addDashboard();
    after.chat.addAlarms();
    const kinds = (chat: { stack: Stack }) => widgets(json(chat)).map(({ type }) => type);
    expect(kinds(before)[1]).toBe('alarm');
    expect(kinds(after).at(-1)).toBe('alarm');
    expect(widgets(json(before))[1].properties.alarms).toHaveLength(6);
  });

  test('is called and opened as it is told', () => {
    const chat = defineChat();
    chat.chat.addDashboard({ dashboardName: 'support-chat', defaultInterval: Duration.days(7) });
    chat.template().hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'support-chat' });
    expect(JSON.stringify(json(chat).Resources)).toContain('-P7D');
  });
});

test('metrics of AWS are asked for by names that the template gives', () => {
  const chat = defineChat();
  chat.chat.addAlarms();
  chat.chat.addDashboard();
  const template = json(chat);
  const foreign = [...alarmMetrics(template), ...dashboardMetrics(template)].filter(({ namespace }) => namespace !== METRICS_NAMESPACE);
  const [api] = Object.values(chat.template().findResources('AWS::ApiGateway::RestApi'));
  const ids = Object.keys(template.Resources);
  const known = (value: string) => value === api.Properties.Name || ids.includes(/^<(\w+)(\.\w+)?>$/.exec(value)?.[1] ?? '');
  expect(new Set(foreign.map(({ namespace }) => namespace))).toEqual(new Set(['AWS/ApiGateway', 'AWS/SQS', 'AWS/Lambda', 'AWS/DynamoDB']));
  expect(foreign.flatMap(({ dimensions }) => Object.values(dimensions)).filter((value) => !known(value))).toEqual([]);
});

test('metrics of two chats of an account do not meet in those of their APIs', () => {
  const app = new App();
  const names = ['One', 'Two'].map((id) => new ChatbotApi(new Stack(app, id), 'Chat').api!.restApiName);
  expect(new Set(names).size).toBe(2);
});
