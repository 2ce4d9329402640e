import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ChatbotApi, type ChatbotApiProps, ConversationMemory, Posture, Transport } from '../../lib';

function define(props: (stack: Stack) => ChatbotApiProps = () => ({}), context: Record<string, unknown> = {}) {
  const stack = new Stack(new App({ context }), 'Test');
  const chat = new ChatbotApi(stack, 'Chat', props(stack));
  const template = Template.fromStack(stack);
  const id = stack.getLogicalId(chat.bucket.node.defaultChild as never);
  return { template, id, bucket: template.findResources('AWS::S3::Bucket')[id] };
}

test('the content bucket is private, versioned, logged and outlives its stack', () => {
  const { bucket, id, template } = define();
  expect(id).toBe('ChatContent37EA420E');
  expect(bucket).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      LoggingConfiguration: { DestinationBucketName: { Ref: expect.stringMatching(/^AccessLogs/) }, LogFilePrefix: expect.stringMatching(/^[0-9a-f]+\/$/) },
    },
  });
  expect(bucket.Properties.CorsConfiguration).toBeUndefined();
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    Bucket: { Ref: id },
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
  });
});

test('nothing of the logs depends on feature flags of the app', () => {
  const flags = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };
  expect(define(() => ({}), flags).template.findResources('AWS::S3::Bucket')).toEqual(define().template.findResources('AWS::S3::Bucket'));
});

test('two chats of a stack share one bucket of access logs', () => {
  const stack = new Stack(new App(), 'Test');
  for (const id of ['One', 'Other']) new ChatbotApi(stack, id);
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 3);
});

test('what is kept expires with the messages, uploads a day before what belongs to conversations', () => {
  const { bucket } = define(() => ({ conversations: { memory: ConversationMemory.dynamoDb({ retention: Duration.hours(30) }) } }));
  expect(bucket.Properties.LifecycleConfiguration.Rules).toEqual(expect.arrayContaining([
    { Id: 'Files', Prefix: 'files/', Status: 'Enabled', ExpirationInDays: 2 },
    { Id: 'Conversations', Prefix: 'conversations/', Status: 'Enabled', ExpirationInDays: 3 },
    expect.objectContaining({ Id: 'Leftovers', NoncurrentVersionExpiration: { NoncurrentDays: 35 } }),
  ]));
});

test('pages of the transport\'s origins may upload', () => {
  const { bucket } = define(() => ({ transport: Transport.restStreaming({ corsOrigins: ['https://chat.example.com'] }) }));
  expect(bucket.Properties.CorsConfiguration).toEqual({ CorsRules: [{ AllowedOrigins: ['https://chat.example.com'], AllowedMethods: ['POST'], MaxAge: 3600 }] });
});

test('a key of yours encrypts it, and the handler may use that key by way of S3 only', () => {
  const { bucket, template } = define((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
  expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([{
    BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } },
  }]);
  template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Condition: { StringEquals: { 'kms:ViaService': Match.objectLike({ 'Fn::Join': ['', Match.arrayWith(['s3.'])] }) } } })]) },
  });
});

test('the regulated posture keeps a copy, which lives by the same rules', () => {
  const { bucket, template } = define(() => ({ posture: Posture.regulated() }));
  const { Rules: [rule] } = bucket.Properties.ReplicationConfiguration;
  expect(rule).toMatchObject({ Status: 'Enabled', Filter: { Prefix: '' }, DeleteMarkerReplication: { Status: 'Enabled' }, SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } } });
  const copy = template.findResources('AWS::S3::Bucket')[rule.Destination.Bucket['Fn::GetAtt'][0]];
  expect(copy.Properties.LifecycleConfiguration).toEqual(bucket.Properties.LifecycleConfiguration);
  expect(copy.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
});
