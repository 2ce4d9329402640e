import { runExample, userMessage } from './run-example';

const example = runExample('chatbot-api-regulated');

describe('the regulated example', () => {
  test('answers and keeps the conversation, with no permission missing', async () => {
    const response = await example.chat({ ...userMessage('hello'), conversation_id: 'kept' });
    expect(response.status).toBe(200);
    expect((await example.stored('kept')).messages).toHaveLength(2);
    const { roles } = await example.cloud.report();
    expect(roles.flatMap(({ denied }) => denied)).toEqual([]);
  });

  test('says what this machine leaves out', () => {
    expect([...example.cloud.leftOut.keys()]).toEqual(expect.arrayContaining(['AWS::WAFv2::WebACL', 'AWS::EC2::VPC', 'AWS::Backup::BackupPlan']));
  });
});
