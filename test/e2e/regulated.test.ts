import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { linesOf } from './emitted-metrics';
import { runExample, userMessage } from './run-example';
import { runStacks } from './run-stacks';
import { addExamples } from '../../examples/app';
import { accessKeyOf } from '../../local/principals';

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

/** What a log says once each is ready for documents. */
const REGULATED = [['managed-rag-regulated', 'ManagedRagRegulated', '"what":"complete"'], ['diy-rag-regulated', 'DiyRagRegulated', '"message":"walk"']] as const;

describe.each(REGULATED)('the regulated example %s', (name, id, ready) => {
  const run = runStacks((app) => {
    addExamples(app, name);
    const stack = app.node.findChild(id) as Stack;
    const author = new Role(stack, 'Author', { assumedBy: new AnyPrincipal() });
    author.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: ['*'] }));
    new CfnOutput(stack, 'AuthorArn', { value: author.roleArn });
  });
  const outputs = () => run.cloud.outputs[id];

  test('answers from a file that was uploaded a moment ago, with no permission missing', async () => {
    await run.cloud.waitForLog(({ line }) => line.includes(ready), 40_000);
    const s3 = new S3Client({ endpoint: run.cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: accessKeyOf(outputs().AuthorArn), secretAccessKey: 'x' } });
    await s3.send(new PutObjectCommand({ Bucket: outputs().Documents, Key: 'leave.txt', Body: 'Parental leave lasts twenty weeks.' }));
    await run.cloud.waitForLog(({ line }) => line.includes('"what":"indexed"'), 30_000);
    const response = await fetch(`${outputs().Url}v1/query`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${run.cloud.session.users['user-a']}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'How long does parental leave last?' }),
    });
    expect(await response.json()).toMatchObject({ answer: expect.stringContaining('twenty weeks'), grounded: true });
    expect(linesOf(run.cloud).filter(({ level }) => level === 'ERROR')).toEqual([]);
    const { roles } = await run.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
  }, 90_000);
});
