import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { defineChat } from './define-chat';
import { ConversationMemory, Posture } from '../../lib';
import { STATELESS_ROUTES } from '../../lib/contract/chat';

describe('ConversationMemory.dynamoDb', () => {
  test('keeps messages for as long as it is told to', () => {
    const { chat, template } = defineChat({ conversations: { memory: ConversationMemory.dynamoDb({ retention: Duration.days(30) }) } });
    expect(chat.table).toBeDefined();
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ RETENTION_SECONDS: `${30 * 86_400}` }) } });
  });
});

describe('ConversationMemory.stateless', () => {
  const stateless = { conversations: { memory: ConversationMemory.stateless() } };

  test.each([['standard', Posture.standard()], ['regulated', Posture.regulated()]])('makes no table and grants nothing for one in the %s posture', (_, posture) => {
    const { chat, template } = defineChat({ ...stateless, posture });
    expect(chat.table).toBeUndefined();
    template().resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    template().resourceCountIs('AWS::Backup::BackupPlan', 0);
    const all = JSON.stringify(template().toJSON());
    expect(all).not.toContain('dynamodb');
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ TABLE_NAME: '', RETENTION_SECONDS: '' }) } });
  });

  test('leaves the routes of conversations out of the API', () => {
    const { template } = defineChat(stateless);
    const methods = Object.values(template().findResources('AWS::ApiGateway::Method')).map(({ Properties }) => String(Properties.HttpMethod));
    expect(methods.sort()).toEqual(Object.values(STATELESS_ROUTES).map(({ method }) => method).sort());
  });

  test('shows no table on the dashboard', () => {
    const { chat, template } = defineChat(stateless);
    chat.addDashboard();
    expect(JSON.stringify(template().findResources('AWS::CloudWatch::Dashboard'))).not.toContain('DynamoDB');
  });
});

test('refuses a memory that no factory made', () => {
  expect(() => defineChat({ conversations: { memory: 'dynamoDb' as unknown as ConversationMemory } }))
    .toThrow("'conversations.memory' must be made by ConversationMemory, such as ConversationMemory.dynamoDb(), got 'dynamoDb'");
});
