import { ApplyGuardrailCommand, ConverseCommand, ConverseStreamCommand, type GuardrailConverseContentQualifier, type Message } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { findsIn, masked } from '../../../local/bedrock/guardrail';
import { guardrailFromTemplate } from '../../../local/bedrock/guardrail-template';

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
    })], ['masking', guardrailFromTemplate({
      Name: 'Masking',
      BlockedInputMessaging: 'I cannot talk about that.',
      BlockedOutputsMessaging: 'I cannot say that.',
      WordPolicyConfig: { WordsConfig: [{ Text: 'watched', InputAction: 'NONE', InputEnabled: true, OutputAction: 'NONE', OutputEnabled: true }] },
      SensitiveInformationPolicyConfig: {
        PiiEntitiesConfig: [
          { Type: 'EMAIL', Action: 'ANONYMIZE', InputAction: 'NONE', InputEnabled: true, OutputAction: 'ANONYMIZE', OutputEnabled: true },
          { Type: 'PHONE', Action: 'ANONYMIZE' },
          { Type: 'IP_ADDRESS', Action: 'BLOCK', InputAction: 'BLOCK', InputEnabled: false, OutputAction: 'BLOCK', OutputEnabled: true },
        ],
        RegexesConfig: [{ Name: 'Ticket', Pattern: '(?i)ticket [0-9]+ of [0-9]+', Action: 'ANONYMIZE', InputEnabled: false }],
      },
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
  expect(events.at(-1)?.metadata?.trace?.guardrail?.outputAssessments?.gr1?.[0].wordPolicy?.customWords).toEqual([{ match: 'moonshine still', action: 'BLOCKED', detected: true }]);
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

test('passes over what answers are only checked against', async () => {
  const stopReason = async (qualifiers: GuardrailConverseContentQualifier[]) => {
    const passage = { guardContent: { text: { text: 'a moonshine still', qualifiers } } };
    const messages: Message[] = [{ role: 'user', content: [passage] }, { role: 'assistant', content: [{ text: 'Yes?' }] }, { role: 'user', content: [{ text: 'Hello' }] }];
    return (await bedrock.client.send(new ConverseCommand({ ...asks(''), messages, guardrailConfig }))).stopReason;
  };
  expect(await stopReason(['grounding_source'])).not.toBe('guardrail_intervened');
  expect(await stopReason(['query', 'guard_content'])).toBe('guardrail_intervened');
});

test('assesses a text by itself', async () => {
  const apply = (text: string) => bedrock.client.send(new ApplyGuardrailCommand({
    guardrailIdentifier: 'gr1', guardrailVersion: 'DRAFT', source: 'OUTPUT', content: [{ text: { text } }],
  }));
  expect(await apply('a moonshine still')).toMatchObject({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'I cannot say that.' }] });
  expect(await apply('hello')).toMatchObject({ action: 'NONE', outputs: [] });
});

describe('what is masked', () => {
  const config = { ...guardrailConfig, guardrailIdentifier: 'masking' };
  const stream = async (text: string, more: object = {}) => {
    const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand({ ...asks(text), guardrailConfig: { ...config, ...more } })));
    const stop = events.find(({ messageStop }) => messageStop)?.messageStop?.stopReason;
    return { text: textIn(events), stop, trace: events.at(-1)?.metadata?.trace?.guardrail };
  };

  test('is named in its place, in whatever pieces the model says it, and the trace tells of it', async () => {
    const { text, stop, trace } = await stream(`${'far '.repeat(100)}Write to ada.l@example.co.uk, TICKET 12 of 345. ${'near '.repeat(100)}`);
    expect(text).toContain('far Write to {EMAIL}, {Ticket}. near');
    expect(text).not.toContain('example.co');
    expect(stop).toBe('guardrail_intervened');
    expect(trace?.outputAssessments?.masking?.[0].sensitiveInformationPolicy).toEqual({
      piiEntities: [{ type: 'EMAIL', match: 'ada.l@example.co.uk', action: 'ANONYMIZED', detected: true }],
      regexes: [{ name: 'Ticket', match: 'TICKET 12 of 345', action: 'ANONYMIZED', detected: true }],
    });
    expect(trace?.inputAssessment?.masking?.sensitiveInformationPolicy?.piiEntities).toMatchObject([{ type: 'EMAIL', action: 'NONE' }]);
  });

  test('in a question is not read by the model', async () => {
    const { text, stop, trace } = await stream('Call +1 555-123-4567 now.');
    expect(text).toContain('You said: Call {PHONE} now.');
    expect(stop).toBe('guardrail_intervened');
    expect(trace).toMatchObject({ inputAssessment: { masking: { sensitiveInformationPolicy: { piiEntities: [{ type: 'PHONE', action: 'ANONYMIZED' }] } } } });
    expect(trace?.outputAssessments).toBeUndefined();
  });

  test('is masked in the text that is assessed by itself', async () => {
    const content = [{ text: { text: 'Mail ada@example.com' } }, { text: { text: 'or not' } }];
    const applied = await bedrock.client.send(new ApplyGuardrailCommand({ guardrailIdentifier: 'masking', guardrailVersion: '1', source: 'OUTPUT', content }));
    expect(applied).toMatchObject({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'Mail {EMAIL}' }, { text: 'or not' }] });
  });

  test('is looked for in the direction that says so: an address may be asked about and not be told', async () => {
    const { text, stop, trace } = await stream('Who is 10.0.0.1?');
    expect(text).toMatch(/I cannot say that\.$/);
    expect(text).not.toContain('10.0');
    expect(stop).toBe('guardrail_intervened');
    expect(trace?.inputAssessment).toBeUndefined();
  });

  test('passes where it is only reported, with the stop reason of the model', async () => {
    const { text, stop, trace } = await stream('I am watched.');
    expect([text.endsWith('I am watched.'), stop]).toEqual([true, 'end_turn']);
    expect(trace?.outputAssessments?.masking?.[0].wordPolicy?.customWords).toEqual([{ match: 'watched', action: 'NONE', detected: true }]);
  });

  test('is nothing to an asynchronous guardrail, which blocks behind the words', async () => {
    expect((await stream('Mail ada@example.com', { streamProcessingMode: 'async' })).text).toContain('ada@example.com');
    expect((await stream('Who is 10.0.0.1?', { streamProcessingMode: 'async' })).text).toMatch(/10\.0\.0\.1\?I cannot say that\.$/);
  });
});

test.each([
  ['PHONE', 'Call (020) 7946-0958.'], ['URL', 'See https://example.com/a?b=c.'], ['MAC_ADDRESS', '00:1B:44:11:3A:B7 is mine'],
  ['CREDIT_DEBIT_CARD_NUMBER', 'Pay with 4111 1111 1111 1111.'], ['INTERNATIONAL_BANK_ACCOUNT_NUMBER', 'To DE89 3704 0044 0532 0130 00.'],
  ['US_SOCIAL_SECURITY_NUMBER', 'It is 078-05-1120.'], ['AWS_ACCESS_KEY', 'Key AKIAIOSFODNN7EXAMPLE.'], ['IP_ADDRESS', 'At 192.168.0.1.'],
])('knows %s by its shape, and takes a year or a date for nothing', (kind, text) => {
  const guardrail = guardrailFromTemplate({ BlockedInputMessaging: 'No.', BlockedOutputsMessaging: 'No.', SensitiveInformationPolicyConfig: { PiiEntitiesConfig: [{ Type: kind, Action: 'ANONYMIZE' }] } });
  const mask = (said: string) => masked(said, findsIn(guardrail, said, 'output'));
  expect(mask(text)).toContain(`{${kind}}`);
  expect(mask('In 2026, on 2026-11-21 at 10:30, version 1.2.3 of 4.000 things.')).toBe('In 2026, on 2026-11-21 at 10:30, version 1.2.3 of 4.000 things.');
});

test('says which policies of a template it does not apply', () => {
  const messaging = { BlockedInputMessaging: 'No.', BlockedOutputsMessaging: 'No.' };
  expect(guardrailFromTemplate(messaging).leftOut).toEqual([]);
  expect(guardrailFromTemplate({
    ...messaging,
    ContentPolicyConfig: { FiltersConfig: [] },
    WordPolicyConfig: { ManagedWordListsConfig: [{ Type: 'PROFANITY' }] },
    SensitiveInformationPolicyConfig: { PiiEntitiesConfig: [{ Type: 'EMAIL', Action: 'BLOCK' }, { Type: 'NAME', Action: 'BLOCK' }] },
  }).leftOut).toEqual(['content filters', 'the managed list of profanities', 'personal information without a shape (NAME)']);
});
