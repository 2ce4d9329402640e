import { Match } from 'aws-cdk-lib/assertions';
import { defineChat } from './define-chat';
import { ConversationMemory, ConversationSummary, Geography, Model, ModelRouter } from '../../lib';

const nova = Model.foundation('amazon.nova-micro-v1:0');

test('tells the handler which model sums up, and how much it may say', () => {
  const summary = summaryOf({ conversations: { summary: ConversationSummary.rolling({ model: nova, maxTokens: 300 }) } });
  expect(summary).toMatchObject({ facts: { id: 'amazon.nova-micro-v1:0' }, maxTokens: 300 });
});

test('takes the default model and 500 tokens, or a quarter of the history where that is less', () => {
  expect(summaryOf({ conversations: { summary: ConversationSummary.rolling() } })).toMatchObject({ facts: { id: 'global.amazon.nova-2-lite-v1:0' }, maxTokens: 500 });
  expect(summaryOf({ conversations: { historyTokens: 1_000, summary: ConversationSummary.rolling() } })).toMatchObject({ maxTokens: 250 });
});

test('grants the handler to stream from that model too, and no more', () => {
  const scout = Model.crossRegion(Geography.US, 'meta.llama4-scout-17b-instruct-v1:0');
  const { template } = defineChat({ conversations: { summary: ConversationSummary.rolling({ model: scout }) } });
  const statements = Object.values(template().findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]);
  const granted = statements.filter(({ Resource }) => JSON.stringify(Resource).includes('llama4-scout'));
  expect(granted.length).toBeGreaterThan(0);
  for (const { Action } of granted) expect([Action].flat()).toEqual(['bedrock:InvokeModelWithResponseStream']);
});

test('sums nothing up unless asked to', () => {
  expect(summaryOf({})).toBeUndefined();
  expect(summaryOf({ conversations: { summary: ConversationSummary.none() } })).toBeUndefined();
});

test('refuses a summary where no conversation is kept', () => {
  expect(() => defineChat({ conversations: { memory: ConversationMemory.stateless(), summary: ConversationSummary.rolling() } }))
    .toThrow(/'conversations.summary' must be left out with this 'conversations.memory'.*ConversationMemory\.dynamoDb\(\)/);
});

test('refuses a router, for one model sums up', () => {
  const model = new ModelRouter({ model: nova, fallback: [Model.standard()] });
  expect(() => defineChat({ conversations: { summary: ConversationSummary.rolling({ model }) } })).toThrow(/'conversations\.summary\.model' must be one model, got a router or a split: name/);
});

test.each([[99, /maxTokens' must be.*between 100 and 8000.*got 99/], [8_001, /a quarter of conversations\.historyTokens, got 8001/]])('refuses a summary of %d tokens', (maxTokens, message) => {
  expect(() => defineChat({ conversations: { summary: ConversationSummary.rolling({ maxTokens }) } })).toThrow(message);
});

test('refuses a summary where the history is too short to be summed up', () => {
  expect(() => defineChat({ conversations: { historyTokens: 300, summary: ConversationSummary.rolling() } })).toThrow(/historyTokens' must be at least 400.*got 300/);
});

function summaryOf(props: Parameters<typeof defineChat>[0]) {
  const { stack, template } = defineChat(props);
  template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ SUMMARY: Match.anyValue() }) } });
  const variables = Object.values(template().findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Environment?.Variables as Record<string, unknown> | undefined);
  const summary = stack.resolve(variables.find((each) => each?.SUMMARY !== undefined)?.SUMMARY) as string;
  return summary === '' ? undefined : JSON.parse(summary) as object;
}
