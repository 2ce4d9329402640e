import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  ContentFilter, FilterAction, FilterStrength, Geography, Guardrail, GuardrailTier, PiiEntity, SensitiveInformation, WordFilter, type GuardrailProps,
} from '../../lib';

function guarded(props?: GuardrailProps) {
  const stack = new Stack(new App(), 'Stack');
  const guardrail = new Guardrail(stack, 'Guardrail', props);
  const template = Template.fromStack(stack);
  const properties = Object.values(template.findResources('AWS::Bedrock::Guardrail'))[0].Properties;
  return { stack, guardrail, template, properties, versions: Object.keys(template.findResources('AWS::Bedrock::GuardrailVersion')) };
}

const BLOCK_BOTH = { InputAction: 'BLOCK', InputEnabled: true, OutputAction: 'BLOCK', OutputEnabled: true };

describe('A guardrail', () => {
  test('filters every category and prompt attacks when nothing is named', () => {
    const { properties } = guarded();
    const filters = properties.ContentPolicyConfig.FiltersConfig as { Type: string; InputStrength: string; OutputStrength: string }[];
    expect(filters.map(({ Type, InputStrength, OutputStrength }) => [Type, InputStrength, OutputStrength])).toEqual([
      ['HATE', 'HIGH', 'HIGH'], ['INSULTS', 'HIGH', 'HIGH'], ['SEXUAL', 'HIGH', 'HIGH'], ['VIOLENCE', 'HIGH', 'HIGH'], ['MISCONDUCT', 'HIGH', 'HIGH'],
      ['PROMPT_ATTACK', 'HIGH', 'NONE'],
    ]);
    expect(properties.ContentPolicyConfig.ContentFiltersTierConfig).toEqual({ TierName: 'CLASSIC' });
  });

  test('filters no category by itself where another policy is named', () => {
    expect(guarded({ wordFilters: [WordFilter.profanity()] }).properties.ContentPolicyConfig).toBeUndefined();
  });

  test('reads a category in prompts and answers as it is told', () => {
    const [filter] = guarded({
      contentFilters: [ContentFilter.violence({
        inputStrength: FilterStrength.LOW, outputStrength: FilterStrength.NONE, inputAction: FilterAction.NONE, images: true,
      })],
    }).properties.ContentPolicyConfig.FiltersConfig;
    expect(filter).toEqual({
      Type: 'VIOLENCE',
      InputStrength: 'LOW',
      InputAction: 'NONE',
      InputEnabled: true,
      InputModalities: ['TEXT', 'IMAGE'],
      OutputStrength: 'NONE',
      OutputAction: 'NONE',
      OutputEnabled: false,
      OutputModalities: ['TEXT', 'IMAGE'],
    });
  });

  test('denies topics', () => {
    const topic = { name: 'Investment advice', definition: 'What to buy.', examples: ['Shall I buy gold?'] };
    expect(guarded({ deniedTopics: [topic] }).properties.TopicPolicyConfig).toEqual({
      TopicsConfig: [{ Type: 'DENY', Name: topic.name, Definition: topic.definition, Examples: topic.examples, ...BLOCK_BOTH }],
      TopicsTierConfig: { TierName: 'CLASSIC' },
    });
  });

  test('blocks words of yours and of AWS', () => {
    expect(guarded({ wordFilters: [WordFilter.words(['Acme']), WordFilter.profanity({ outputAction: FilterAction.SKIP })] }).properties.WordPolicyConfig).toEqual({
      WordsConfig: [{ Text: 'Acme', ...BLOCK_BOTH }],
      ManagedWordListsConfig: [{ Type: 'PROFANITY', ...BLOCK_BOTH, OutputAction: 'NONE', OutputEnabled: false }],
    });
  });

  test('anonymises personal information, and patterns of yours', () => {
    const anonymised = { Action: 'ANONYMIZE', InputAction: 'ANONYMIZE', InputEnabled: true, OutputAction: 'ANONYMIZE', OutputEnabled: true };
    expect(guarded({
      sensitiveInformation: [
        SensitiveInformation.pii(PiiEntity.EMAIL),
        SensitiveInformation.pii(PiiEntity.of('AGE'), { inputAction: FilterAction.BLOCK }),
        SensitiveInformation.regex({ name: 'Customer', pattern: 'C-[0-9]{8}', outputAction: FilterAction.NONE }),
      ],
    }).properties.SensitiveInformationPolicyConfig).toEqual({
      PiiEntitiesConfig: [{ Type: 'EMAIL', ...anonymised }, { Type: 'AGE', ...anonymised, InputAction: 'BLOCK' }],
      RegexesConfig: [{ Name: 'Customer', Pattern: 'C-[0-9]{8}', ...anonymised, Action: 'NONE', OutputAction: 'NONE' }],
    });
  });

  test('holds answers to their sources and to the question', () => {
    expect(guarded({ contextualGrounding: { groundingThreshold: 0.99, relevanceThreshold: 0 } }).properties.ContextualGroundingPolicyConfig).toEqual({
      FiltersConfig: [
        { Type: 'GROUNDING', Threshold: 0.99, Action: 'BLOCK', Enabled: true },
        { Type: 'RELEVANCE', Threshold: 0, Action: 'BLOCK', Enabled: true },
      ],
    });
  });

  test('holds answers to rules', () => {
    const policyArns = ['arn:aws:bedrock:us-east-1:111122223333:automated-reasoning-policy/abcdefghijkl:1'];
    expect(guarded({ automatedReasoning: { policyArns, confidenceThreshold: 0.8 } }).properties.AutomatedReasoningPolicyConfig)
      .toEqual({ Policies: policyArns, ConfidenceThreshold: 0.8 });
  });

  test('understands more languages across Regions', () => {
    const { properties } = guarded({ crossRegion: Geography.EU, contentFilters: [ContentFilter.hate()], deniedTopics: [{ name: 'Law', definition: 'x'.repeat(1000) }] });
    expect(properties.ContentPolicyConfig.ContentFiltersTierConfig).toEqual({ TierName: 'STANDARD' });
    expect(properties.TopicPolicyConfig.TopicsTierConfig).toEqual({ TierName: 'STANDARD' });
    expect(properties.CrossRegionConfig.GuardrailProfileArn['Fn::Join'][1].at(-1)).toBe(':guardrail-profile/eu.guardrail.v1:0');
  });

  test('answers in your words, under your key', () => {
    const stack = new Stack(new App(), 'Stack');
    new Guardrail(stack, 'Guardrail', {
      blockedInputMessage: 'Not that.', blockedOutputMessage: 'Not this.', description: 'House rules', encryptionKey: new kms.Key(stack, 'Key'),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Bedrock::Guardrail', {
      BlockedInputMessaging: 'Not that.',
      BlockedOutputsMessaging: 'Not this.',
      Description: 'House rules',
      KmsKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
      Name: 'StackGuardrail2843DE38',
    });
  });
});

describe('A version of a guardrail', () => {
  const topics = (definition: string): GuardrailProps => ({ deniedTopics: [{ name: 'Law', definition }] });

  test('is one for one content', () => {
    expect(guarded(topics('Advice on law.')).versions).toEqual(guarded(topics('Advice on law.')).versions);
  });

  test.each<[string, GuardrailProps]>([
    ['a policy', topics('Advice on tax.')],
    ['a message', { ...topics('Advice on law.'), blockedInputMessage: 'No.' }],
    ['the tier', { ...topics('Advice on law.'), crossRegion: Geography.US }],
  ])('is another when %s changes', (_, props) => {
    expect(guarded(props).versions).not.toEqual(guarded(topics('Advice on law.')).versions);
  });

  test('stays when only the description changes', () => {
    expect(guarded({ ...topics('Advice on law.'), description: 'Legal' }).versions).toEqual(guarded(topics('Advice on law.')).versions);
  });

  test('is kept when it is replaced, so that a roll-back finds it', () => {
    const { template } = guarded();
    template.hasResource('AWS::Bedrock::GuardrailVersion', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('is the one that is applied', () => {
    const { stack, guardrail, versions } = guarded();
    expect(stack.resolve(guardrail.guardrailVersion)).toEqual({ 'Fn::GetAtt': [versions[0], 'Version'] });
  });

  test('leaves the guardrail’s own id alone', () => {
    expect(Object.keys(guarded().template.findResources('AWS::Bedrock::Guardrail'))).toEqual(['Guardrail91D61981']);
  });
});

describe('Guardrail', () => {
  const topic = (over: object) => ({ deniedTopics: [{ name: 'Law', definition: 'Advice on law.', ...over }] });
  const regex = (over: object) => ({ sensitiveInformation: [SensitiveInformation.regex({ name: 'Customer', pattern: 'C', ...over })] });

  test.each<[string, GuardrailProps, string]>([
    ['the standard tier in one Region', { tier: GuardrailTier.STANDARD }, "'tier' STANDARD must have 'crossRegion', such as crossRegion: Geography.US"],
    ['to leave every geography', { crossRegion: Geography.GLOBAL }, "'crossRegion' must be a geography, such as Geography.US, got Geography.GLOBAL"],
    ['a category twice', { contentFilters: [...ContentFilter.all(), ContentFilter.hate()] }, "'contentFilters' must name each category once, got HATE twice"],
    ['to anonymise hatred', { contentFilters: [ContentFilter.hate({ inputAction: FilterAction.ANONYMIZE })] }, 'got ANONYMIZE, which is for sensitive information only'],
    ['to anonymise a topic', topic({ outputAction: FilterAction.ANONYMIZE }), "an action of the denied topic 'Law' must be BLOCK, NONE or SKIP"],
    ['to anonymise words', { wordFilters: [WordFilter.profanity({ inputAction: FilterAction.ANONYMIZE })] }, 'an action of a word filter must be BLOCK, NONE or SKIP'],
    ['to anonymise what is not grounded', { contextualGrounding: { groundingThreshold: 0.5, action: FilterAction.ANONYMIZE } }, 'an action of contextual grounding must be'],
    ['a topic’s name with a slash', topic({ name: 'Law/tax' }), "'deniedTopics.name' must be 1 to 100 letters, digits, spaces or any of -_!?., got 'Law/tax'"],
    ['a long definition in the classic tier', topic({ definition: 'x'.repeat(201) }), "'deniedTopics[Law].definition' must have between 1 and 200 characters, got 201"],
    ['six examples', topic({ examples: ['1', '2', '3', '4', '5', '6'] }), 'must have between 0 and 5 entries, got 6'],
    ['a long example', topic({ examples: ['x'.repeat(101)] }), 'must have between 1 and 100 characters, got 101'],
    ['31 topics', { deniedTopics: Array.from({ length: 31 }, (_, n) => ({ name: `Topic ${n}`, definition: 'x' })) }, "'deniedTopics' must have between 0 and 30 entries, got 31"],
    ['no words', { wordFilters: [WordFilter.words([])] }, "'wordFilters.words' must have between 1 and 10000 entries, got 0"],
    ['a long word', { wordFilters: [WordFilter.words(['x'.repeat(101)])] }, "'wordFilters.words' must have between 1 and 100 characters, got 101"],
    ['a pattern without a name', regex({ name: '' }), "'sensitiveInformation.name' must have between 1 and 100 characters, got 0"],
    ['a long pattern', regex({ pattern: 'x'.repeat(501) }), "'sensitiveInformation[Customer].pattern' must have between 1 and 500 characters, got 501"],
    ['a pattern that ends too early', regex({ pattern: '(' }), "'sensitiveInformation[Customer].pattern' must be a regular expression, got '(': Unterminated group"],
    ['a pattern that looks around', regex({ pattern: 'C(?=-)' }), "'sensitiveInformation[Customer].pattern' must be a regular expression without look-around"],
    ['an empty list of content filters', { contentFilters: [] }, "'contentFilters' must have an entry, such as ContentFilter.hate(), or be left out, got an empty list"],
    ['an empty list of topics', { deniedTopics: [] }, "'deniedTopics' must have an entry, such as { name: 'Law', definition: 'Advice on law.' }, or be left out"],
    ['an empty list of words', { wordFilters: [], contentFilters: ContentFilter.all() }, "'wordFilters' must have an entry, such as WordFilter.profanity(), or be left out"],
    ['an empty list of information', { sensitiveInformation: [] }, "'sensitiveInformation' must have an entry, such as SensitiveInformation.pii(PiiEntity.EMAIL), or be left out"],
    ['a filter outside a list', { contentFilters: ContentFilter.hate() as unknown as ContentFilter[] }, "'contentFilters' must be a list, got an object of ContentFilter: put it in brackets"],
    ['grounding without a threshold', { contextualGrounding: {} }, "'contextualGrounding' must have a 'groundingThreshold' or a 'relevanceThreshold'"],
    ['a grounding that nothing reaches', { contextualGrounding: { groundingThreshold: 1 } }, "'contextualGrounding.groundingThreshold' must be between 0 and 0.99, got 1"],
    ['a negative relevance', { contextualGrounding: { relevanceThreshold: -0.1 } }, "'contextualGrounding.relevanceThreshold' must be between 0 and 0.99, got -0.1"],
    ['three reasoning policies', { automatedReasoning: { policyArns: ['a', 'b', 'c'] } }, "'automatedReasoning.policyArns' must have between 1 and 2 entries, got 3"],
    ['a confidence above one', { automatedReasoning: { policyArns: ['a'], confidenceThreshold: 2 } }, "'automatedReasoning.confidenceThreshold' must be between 0 and 1, got 2"],
    ['an empty message', { blockedInputMessage: '' }, "'blockedInputMessage' must have between 1 and 500 characters, got 0"],
    ['a long message', { blockedOutputMessage: 'x'.repeat(501) }, "'blockedOutputMessage' must have between 1 and 500 characters, got 501"],
    ['a long description', { description: 'x'.repeat(201) }, "'description' must have between 1 and 200 characters, got 201"],
  ])('refuses %s', (_, props, message) => {
    expect(() => guarded(props)).toThrow(message);
  });

  test.each(['(?i)c-[0-9]{8}', '(?P<year>[0-9]{4})', 'C[(?=]', 'C\\(?=', '[0-9]++', 'C-[0-9]{8}'])('takes the pattern %s, in whose dialect the service decides', (pattern) => {
    expect(guarded(regex({ pattern })).properties.SensitiveInformationPolicyConfig.RegexesConfig[0].Pattern).toBe(pattern);
  });

  test.each<[string, string | undefined, Geography, string[]]>([
    ['of another geography', 'eu-central-1', Geography.JP, [
      "a guardrail's 'crossRegion' is Geography.JP, whose profiles are called from its own Regions, and the stack is in eu-central-1: choose Geography.EU, or deploy to a Region of Geography.JP",
    ]],
    ['of its own geography', 'eu-central-1', Geography.EU, []],
    ['that only the deployment knows', undefined, Geography.JP, []],
  ])('warns of calls from outside its geography, in a stack %s', (_, region, crossRegion, warnings) => {
    const stack = new Stack(new App(), 'Stack', { env: { region } });
    new Guardrail(stack, 'Guardrail', { crossRegion });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data).replace(/ \[ack: .*\]$/, ''))).toEqual(warnings);
  });
});
