import { Duration, Size } from 'aws-cdk-lib';
import { defineChat } from './define-chat';
import { AttachmentFormat, type ChatAttachments, type ChatbotApiProps, ConversationMemory, Model, ModelInput } from '../../lib';

function built(attachments?: ChatAttachments, props: ChatbotApiProps = {}) {
  const { template } = defineChat({ ...props, conversations: { ...props.conversations, attachments } });
  const { Properties } = Object.values(template().findResources('AWS::Lambda::Function'))[0];
  const policies = JSON.stringify(template().findResources('AWS::IAM::ManagedPolicy'));
  return {
    policy: JSON.parse(Properties.Environment.Variables.ATTACHMENTS || 'null'),
    routes: Object.values(template().findResources('AWS::ApiGateway::Resource')).map((resource) => resource.Properties.PathPart),
    grants: ['files/*', 'conversations/*', 's3:ListBucket'].filter((grant) => policies.includes(grant)),
    rules: Object.values(template().findResources('AWS::S3::Bucket')).flatMap((bucket) => bucket.Properties.LifecycleConfiguration.Rules),
  };
}

test('every format that the model reads may be attached by default', () => {
  const { policy, routes, grants } = built();
  expect(policy).toEqual({ formats: Object.values(AttachmentFormat), maxBytes: 4_718_592, retentionSeconds: 90 * 86_400 });
  expect(routes).toContain('files');
  expect(grants).toEqual(['files/*', 'conversations/*', 's3:ListBucket']);
});

test('takes what it is told to', () => {
  const { policy, rules } = built({ formats: [AttachmentFormat.PNG, AttachmentFormat.MD], maxSize: Size.kibibytes(10), retention: Duration.days(7) });
  expect(policy).toEqual({ formats: ['png', 'md'], maxBytes: 10_240, retentionSeconds: 7 * 86_400 });
  expect(rules).toContainEqual(expect.objectContaining({ Id: 'Files', ExpirationInDays: 7 }));
});

const textOnly = Model.foundation('acme.text-v1', { capabilities: { inputs: [ModelInput.TEXT] } });

test.each<[string, ChatAttachments | undefined, ChatbotApiProps]>([
  ['an empty list takes nothing', { formats: [] }, {}],
  ['a model that reads text only is shown nothing', undefined, { model: textOnly }],
])('%s: no routes, no grant', (_, attachments, props) => {
  const { policy, routes, grants } = built(attachments, props);
  expect(policy).toBeNull();
  expect(routes).not.toContain('files');
  expect(grants).toEqual(['conversations/*', 's3:ListBucket']);
});

test('a chat that keeps nothing takes files for requests, and one that takes none either has no use for its bucket', () => {
  const conversations = { memory: ConversationMemory.stateless() };
  expect(built(undefined, { conversations }).grants).toEqual(['files/*', 's3:ListBucket']);
  expect(built({ formats: [] }, { conversations }).grants).toEqual([]);
});

test.each<[string, ChatAttachments, string]>([
  ['too little', { maxSize: Size.bytes(1023) }, "'conversations.attachments.maxSize' must be a whole number between 1024 and 4718592 bytes, got 1023"],
  ['too much', { maxSize: Size.mebibytes(5) }, 'got 5242880'],
  ['hours', { retention: Duration.hours(5) }, "'conversations.attachments.retention' must be between 1 day"],
])('refuses %s', (_, attachments, message) => {
  expect(() => built(attachments)).toThrow(message);
});
