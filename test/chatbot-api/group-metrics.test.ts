import { Template } from 'aws-cdk-lib/assertions';
import { CfnUserPoolGroup, UserPool } from 'aws-cdk-lib/aws-cognito';
import { defineChat } from './define-chat';
import { Model, ModelRouter } from '../../lib';
import { dashboardMetrics, type Template as Json, widgets } from '../observability/watched-metrics';

const titles = (chat: ReturnType<typeof defineChat>) => widgets(chat.template().toJSON() as Json)
  .map(({ properties }) => (properties as { title?: string }).title);
const CHARTS = ['Turns by group', 'Turns that failed, by group', 'Tokens by group', 'Cost by the hour and group'];

test('names the groups to the handler, in their order', () => {
  const chat = defineChat();
  chat.chat.addGroupMetrics(['premium', 'trial']);
  chat.template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { USER_GROUPS: '["premium","trial"]' } } });
  defineChat().template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { USER_GROUPS: '' } } });
});

test('takes groups whose names the deployment knows', () => {
  const { chat, stack } = defineChat();
  const group = new CfnUserPoolGroup(stack, 'Premium', { userPoolId: UserPool.fromUserPoolId(stack, 'Users', 'us-east-1_abc').userPoolId });
  chat.addGroupMetrics([group.ref]);
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { USER_GROUPS: { 'Fn::Join': ['', ['["', { Ref: 'Premium' }, '"]']] } } } });
});

test('gives the metrics of a group and of those who are in none, whichever model answers', () => {
  for (const { chat } of [defineChat(), defineChat({ model: new ModelRouter({ model: Model.standard(), fallback: [Model.foundation('amazon.nova-pro-v1:0')] }) })]) {
    chat.addGroupMetrics(['premium']);
    expect(chat.metricOfGroup('premium', 'Cost')).toMatchObject({ metricName: 'Cost', label: 'premium', dimensions: { Service: expect.any(String), Group: 'premium' } });
    expect(Object.keys(chat.metricOfGroup('other', 'Turns').dimensions!)).toEqual(['Service', 'Group']);
  }
});

test('shows the groups on the dashboard, in its midst or at its end', () => {
  const [before, after] = [defineChat(), defineChat()];
  before.chat.addGroupMetrics(['premium']);
  before.chat.addDashboard();
  after.chat.addDashboard();
  after.chat.addGroupMetrics(['premium']);
  expect(titles(before).filter((title) => title?.includes('group'))).toEqual(CHARTS);
  expect(titles(after).slice(-4)).toEqual(CHARTS);
  const groups = dashboardMetrics(before.template().toJSON() as Json).flatMap(({ name, dimensions: { Group } }) => (Group ? [`${Group} ${name}`] : []));
  expect(new Set(groups)).toEqual(new Set(['premium', 'other'].flatMap((group) => ['Turns', 'Errors', 'InputTokens', 'OutputTokens', 'Cost'].map((name) => `${group} ${name}`))));
});

test('shows no groups where none were named', () => {
  const chat = defineChat();
  chat.chat.addDashboard();
  expect(titles(chat).filter((title) => title?.includes('group'))).toEqual([]);
});

test.each([
  ['no groups', [], "'groups' must have an entry, such as 'premium', or be left out, got an empty list"],
  ['more groups than ten', Array.from({ length: 11 }, (_, place) => `g${place}`), "'groups' must have between 1 and 10 entries, got 11"],
  ['a name that is a list', ['a,b'], "'groups' must be names of 1 to 128 ASCII characters, without a comma, a colon at the beginning or spaces around them, got 'a,b'"],
  ['a name that CloudWatch refuses', [':a'], "got ':a'"],
  ['a group twice', ['a', 'a'], "'groups' must name each group once, got 'a' twice"],
  ['the name of all others', ['other'], "'groups' must not have 'other'"],
])('refuses %s', (_, groups, message) => {
  expect(() => defineChat().chat.addGroupMetrics(groups)).toThrow(message);
});

test('refuses a second list, and metrics that nothing is counted for', () => {
  const { chat } = defineChat();
  expect(() => chat.metricOfGroup('premium', 'Turns')).toThrow("Test/Chat: 'group' must be one that addGroupMetrics has named before, got 'premium'");
  chat.addGroupMetrics(['premium']);
  expect(() => chat.metricOfGroup('trial', 'Turns')).toThrow("'group' must be one of premium, other, got 'trial'");
  expect(() => chat.metricOfGroup('premium', 'Throttles')).toThrow("'metricName' must be one of Turns, Errors, InputTokens, OutputTokens, CacheReadTokens, Cost, got 'Throttles'");
  expect(() => chat.addGroupMetrics(['trial'])).toThrow('addGroupMetrics must be called once');
});
