import { Duration, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { defineChat } from './define-chat';
import { AttachmentFormat, type ChatbotApiProps, ConversationMemory, Model, ModelInput, ModelRouter, ModelSplit, RequestTrait, Sampling } from '../../lib';

const samples = (sampling: Sampling, name: string = sampling) => Model.foundation('amazon.nova-lite-v1:0', { name, capabilities: { sampling } });
const reads = (...inputs: ModelInput[]) => Model.foundation('amazon.nova-lite-v1:0', { capabilities: { inputs } });
const lite = () => Model.foundation('amazon.nova-lite-v1:0');
const pro = Model.foundation('amazon.nova-pro-v1:0');
const day = (tokens: number) => [{ window: Duration.days(1), tokens }];

const warnings = (props: ChatbotApiProps) => Annotations.fromStack(defineChat(props).stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

test.each<[string, ChatbotApiProps, string[]]>([
  ['a temperature for a model that takes none', { model: samples(Sampling.NONE), generation: { temperature: 0.2 } }, ["'generation.temperature' has no effect, because none takes neither temperature nor top_p"]],
  ['both for a model that takes none', { model: samples(Sampling.NONE), generation: { temperature: 0, topP: 0.9 } }, ["'generation.temperature' has no effect", "'generation.topP' has no effect"]],
  ['both for a model that takes one', { model: samples(Sampling.ONE), generation: { temperature: 0.2, topP: 0.9 } }, ["'generation.topP' has no effect beside 'generation.temperature', because one takes only one of them"]],
  ['a format for a model that reads text only', { model: reads(ModelInput.TEXT), conversations: { attachments: { formats: [AttachmentFormat.PNG, AttachmentFormat.PDF] } } },
    ["'conversations.attachments.formats' lets nobody attach png, pdf, because amazon.nova-lite-v1:0 does not read them"]],
  ['a format for a model that reads images only', { model: reads(ModelInput.TEXT, ModelInput.IMAGE), conversations: { attachments: { formats: [AttachmentFormat.PNG, AttachmentFormat.PDF] } } }, ['lets nobody attach pdf, because']],
  ['fewer tokens than the longest answer', { generation: { maxTokens: 5_000 }, quotas: { user: day(1_000) } },
    ["'quotas.user.tokens' is 1000, and every turn reserves its prompt and the 5000 tokens of its longest answer: all are refused whose client does not ask for less with 'max_tokens'"]],
  ['no more tokens than an answer has by default', { quotas: { user: day(2_048) } }, ["'quotas.user.tokens' is 2048"]],
  ['too few tokens for a group', { quotas: { groups: [{ name: 'beta', member: day(10), together: day(20) }] } }, ["'quotas.groups[beta].member.tokens' is 10", "'quotas.groups[beta].together.tokens' is 20"]],
  ['a model as its own fallback', { model: new ModelRouter({ model: lite(), fallback: [lite()] }) }, ["'fallback' of the router has no effect, because it holds only amazon.nova-lite-v1:0, which answers all requests"]],
])('warns of %s', (_, props, expected) => {
  expect(warnings(props)).toEqual(expected.map((text) => expect.stringContaining(text)));
});

test.each<[string, ChatbotApiProps]>([
  ['one of both for a model that takes one', { model: samples(Sampling.ONE), generation: { topP: 0.9 } }],
  ['both where a model behind the router takes both', { model: new ModelRouter({ model: samples(Sampling.NONE), fallback: [samples(Sampling.BOTH)] }), generation: { temperature: 0.2, topP: 0.9 } }],
  ['no formats', { model: reads(ModelInput.TEXT), conversations: { attachments: { formats: [] } } }],
  ['formats that are read', { conversations: { attachments: { formats: [AttachmentFormat.PDF] } } }],
  ['limits that hold an answer', { generation: { maxTokens: 500 }, quotas: { user: day(501) } }],
  ['requests alone', { quotas: { user: [{ window: Duration.days(1), requests: 1 }] } }],
  ['numbers that only the deployment knows', { generation: { maxTokens: Token.asNumber({ Ref: 'AWS::AccountId' }) }, quotas: { user: day(1) }, conversations: { memory: ConversationMemory.stateless() } }],
  ['a fallback for a model of a rule', { model: new ModelRouter({ model: lite(), rules: [{ name: 'code', when: [RequestTrait.code()], use: pro }], fallback: [lite()] }) }],
  ['a fallback for a share', { model: new ModelRouter({ model: new ModelSplit([{ model: lite(), weight: 1 }, { model: pro, weight: 1 }]), fallback: [pro] }) }],
])('warns of nothing: %s', (_, props) => {
  expect(warnings(props)).toEqual([]);
});

test.each(['addAlarms', 'addDashboard'] as const)('refuses %s a second time', (method) => {
  const { chat } = defineChat();
  chat[method]();
  expect(() => chat[method]()).toThrow(`Test/Chat: '${method}' may be called once`);
});
