import { ApplyGuardrailCommand, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { guardrailFromTemplate } from '../../../local/bedrock/guardrail';

let bedrock: LocalBedrock;
beforeAll(async () => {
  bedrock = await startLocalBedrock({
    guardrails: new Map([['gr1', guardrailFromTemplate({
      Name: 'Guard',
      BlockedInputMessaging: 'I cannot talk about that.',
      BlockedOutputsMessaging: 'I cannot say that.',
      WordPolicyConfig: { WordsConfig: [{ Text: 'moonshine still' }] },
      TopicPolicyConfig: { TopicsConfig: [{ Name: 'Investment advice', Definition: 'Advice', Type: 'DENY', Examples: ['which shares should I buy'] }] },
      SensitiveInformationPolicyConfig: { RegexesConfig: [{ Name: 'Badge', Pattern: 'B-\\d{4}', Action: 'BLOCK' }] },
    })]]),
  });
});
afterAll(() => bedrock.stop());

const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: '1', trace: 'enabled' as const };

test.each(['Sell me a Moonshine Still', 'So which shares should I buy?', 'My badge is B-1234'])('blocks the input %j', async (text) => {
  const answer = await bedrock.client.send(new ConverseCommand({ ...asks(text), guardrailConfig }));
  expect(answer).toMatchObject({ stopReason: 'guardrail_intervened', output: { message: { content: [{ text: 'I cannot talk about that.' }] } } });
  expect(answer.trace?.guardrail?.inputAssessment?.gr1).toBeDefined();
});

test('blocks an input in a stream', async () => {
  const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand({ ...asks('a moonshine still'), guardrailConfig })));
  expect(textIn(events)).toBe('I cannot talk about that.');
  expect(events.find((event) => event.messageStop)?.messageStop?.stopReason).toBe('guardrail_intervened');
});

test('blocks what the model says before the words are out', async () => {
  const input = { ...asks('Hello'), system: [{ text: 'You sell a moonshine still.' }], guardrailConfig };
  const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand(input)));
  expect(textIn(events)).toMatch(/I cannot say that\.$/);
  expect(textIn(events)).not.toContain('moonshine');
  expect(events.at(-1)?.metadata?.trace?.guardrail?.outputAssessments?.gr1?.[0].wordPolicy?.customWords).toEqual([{ match: 'moonshine still', action: 'BLOCKED' }]);
});

test('passes a harmless turn on in full', async () => {
  const guarded = await eventsOf(await bedrock.client.send(new ConverseStreamCommand({ ...asks('Hello there'), guardrailConfig })));
  const plain = await eventsOf(await bedrock.client.send(new ConverseStreamCommand(asks('Hello there'))));
  expect(textIn(guarded)).toBe(textIn(plain));
  expect(guarded.filter((event) => event.contentBlockDelta).length).toBeGreaterThan(1);
});

test('reads the whole conversation unless something is marked as guarded', async () => {
  const messages = [
    { role: 'user' as const, content: [{ text: 'a moonshine still' }] },
    { role: 'assistant' as const, content: [{ text: 'No.' }] },
  ];
  const next = { role: 'user' as const, content: [{ text: 'Hello' }] };
  const marked = { role: 'user' as const, content: [{ guardContent: { text: { text: 'Hello' } } }] };
  const stopReason = async (last: typeof next | typeof marked) =>
    (await bedrock.client.send(new ConverseCommand({ ...asks(''), messages: [...messages, last], guardrailConfig }))).stopReason;
  expect(await stopReason(next)).toBe('guardrail_intervened');
  expect(await stopReason(marked)).not.toBe('guardrail_intervened');
});

test('assesses a text by itself', async () => {
  const apply = (text: string) => bedrock.client.send(new ApplyGuardrailCommand({
    guardrailIdentifier: 'gr1', guardrailVersion: 'DRAFT', source: 'OUTPUT', content: [{ text: { text } }],
  }));
  expect(await apply('a moonshine still')).toMatchObject({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'I cannot say that.' }] });
  expect(await apply('hello')).toMatchObject({ action: 'NONE', outputs: [] });
});

test('says which policies of a template it does not apply', () => {
  const messaging = { BlockedInputMessaging: 'No.', BlockedOutputsMessaging: 'No.' };
  expect(guardrailFromTemplate(messaging).leftOut).toEqual([]);
  expect(guardrailFromTemplate({
    ...messaging,
    ContentPolicyConfig: { FiltersConfig: [] },
    WordPolicyConfig: { ManagedWordListsConfig: [{ Type: 'PROFANITY' }] },
    SensitiveInformationPolicyConfig: { PiiEntitiesConfig: [{ Type: 'EMAIL', Action: 'BLOCK' }], RegexesConfig: [{ Name: 'n', Pattern: 'p', Action: 'ANONYMIZE' }] },
  }).leftOut).toEqual(['content filters', 'the managed list of profanities', 'personal data by its kind', 'masking']);
});
