import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ManagedRag, SyncPolicy } from '../../lib';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/0123abcd-0123-abcd-0123-0123456789ab';

/** The statements that a ManagedRag under a key asks a person for, by sid. */
function askedFor(key: (stack: Stack) => Key | ReturnType<typeof Key.fromKeyArn>) {
  const stack = new Stack(new App(), 'Test');
  const rag = new ManagedRag(stack, 'Rag', { encryptionKey: key(stack), sync: SyncPolicy.onChange() });
  rag.addAlarms();
  const texts = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('must hold this statement')).map(({ entry }) => String(entry.data));
  const statements = texts.map((text) => JSON.parse(/statement, which cannot be added from here: (\{.*\})/.exec(text)![1]) as { Sid: string });
  return { template: Template.fromStack(stack), texts, statements };
}

test('a key that was made elsewhere is not changed: the synthesis says once which statements its policy must hold', () => {
  const { statements, texts } = askedFor((stack) => Key.fromKeyArn(stack, 'Key', ARN));
  expect(statements.map(({ Sid }) => Sid).sort()).toEqual(['CloudWatchAlarms', 'CloudWatchLogs', 'EventBridge', 'S3VectorsIndexing']);
  expect(statements).toContainEqual({
    Sid: 'EventBridge',
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Principal: { Service: 'events.amazonaws.com' },
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
  });
  expect(texts.join('\n')).toContain('The key Test/Key was made elsewhere');
  expect(texts.join('\n')).not.toContain('Token');
});

test('a key of the app is told so, and nobody is asked', () => {
  const { statements, template } = askedFor((stack) => new Key(stack, 'Key'));
  expect(statements).toEqual([]);
  const [{ Properties }] = Object.values(template.findResources('AWS::KMS::Key'));
  const sids = (Properties.KeyPolicy as { Statement: { Sid?: string }[] }).Statement.flatMap(({ Sid }) => Sid ?? []);
  expect(sids.sort()).toEqual(['CloudWatchAlarms', 'CloudWatchLogs', 'EventBridge', 'S3VectorsIndexing']);
});
