import { Aws } from 'aws-cdk-lib';
import { bind } from './bound-role';
import { Geography, Model, ModelInput, Sampling, ToolSupport, type ModelBinding, type ModelOptions } from '../../lib';
import { modelFacts } from '../../lib/model/model-facts';

const bound = (model: Model): ModelBinding => bind((stack, role) => model.bind(stack, role)).binding;
const refusal = (model: Model) => () => bound(model);
const IMPORTED = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123';

describe('Model', () => {
  test('is Nova 2 Lite through the global profile when none is named', () => {
    expect(bound(Model.standard())).toEqual({
      modelId: 'global.amazon.nova-2-lite-v1:0',
      modelName: 'global.amazon.nova-2-lite-v1:0',
      capabilities: { contextTokens: 1_000_000, outputTokens: 65_535, tools: 'streaming', sampling: 'both', inputs: ['text', 'image', 'document'], batch: true },
      prices: { asOf: '2026-11-20', input: 0.3, output: 2.5, cacheRead: 0.075, cacheWrite: 0.3 },
    });
  });

  test('costs what its own geography costs', () => {
    const input = (geography: Geography) => bound(Model.crossRegion(geography, 'amazon.nova-2-lite-v1:0')).prices?.input;
    expect([Geography.GLOBAL, Geography.US, Geography.EU, Geography.JP].map(input)).toEqual([0.3, 0.33, 0.374, 0.396]);
  });

  test('has no price where the catalogue knows none', () => {
    expect(bound(Model.crossRegion(Geography.of('mx'), 'amazon.nova-2-lite-v1:0')).prices).toBeUndefined();
    expect(bound(Model.provisioned('arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc', { baseModelId: 'amazon.nova-lite-v1:0' })).prices).toBeUndefined();
  });

  test('costs more for a long prompt where the service says so', () => {
    expect(bound(Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-haiku-5-5')).prices?.longPrompt)
      .toEqual({ above: 100_000, input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.625 });
  });

  test('knows which models stream no tool calls', () => {
    expect(bound(Model.crossRegion(Geography.US, 'meta.llama4-scout-17b-instruct-v1:0')).capabilities.tools).toBe(ToolSupport.BUFFERED);
  });

  test.each([
    ['anthropic.claude-sonnet-5-5', Sampling.NONE],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', Sampling.ONE],
    ['amazon.nova-2-lite-v1:0', Sampling.BOTH],
  ])('knows which sampling parameters %s accepts', (id, sampling) => {
    expect(bound(Model.crossRegion(Geography.GLOBAL, id)).capabilities.sampling).toBe(sampling);
  });

  test('is treated with care when nobody knows it', () => {
    expect(bound(Model.foundation('acme.chat-v9'))).toEqual({
      modelId: 'acme.chat-v9',
      modelName: 'acme.chat-v9',
      capabilities: { contextTokens: 32_000, outputTokens: 4_096, tools: 'buffered', sampling: 'none', inputs: ['text'] },
    });
  });

  test('takes what you know better', () => {
    const options: ModelOptions = {
      name: 'house-model',
      capabilities: {
        contextTokens: 64_000,
        outputTokens: 8_000,
        tools: ToolSupport.STREAMING,
        sampling: Sampling.BOTH,
        inputs: [ModelInput.TEXT, ModelInput.IMAGE],
        cacheMinimum: 1024,
        batch: false,
      },
      prices: { asOf: '2026-12-01', input: 1, output: 2 },
    };
    expect(bound(Model.foundation('acme.chat-v9', options)))
      .toEqual({ modelId: 'acme.chat-v9', modelName: options.name, capabilities: options.capabilities, prices: options.prices });
  });

  test('keeps the answer within a window that you make smaller', () => {
    expect(bound(Model.standard()).capabilities.outputTokens).toBe(65_535);
    expect(bound(Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0', { capabilities: { contextTokens: 8_000 } })).capabilities.outputTokens).toBe(8_000);
  });

  test('sends no cache points when you turn them off', () => {
    expect(bound(Model.crossRegion(Geography.US, 'anthropic.claude-sonnet-4-6')).capabilities.cacheMinimum).toBe(1024);
    expect(bound(Model.crossRegion(Geography.US, 'anthropic.claude-sonnet-4-6', { capabilities: { cacheMinimum: 0 } })).capabilities.cacheMinimum).toBeUndefined();
  });

  test('of your own can do what the model can that it was made from', () => {
    const { modelId, modelName, capabilities } = bound(Model.custom(IMPORTED, { baseModelId: 'meta.llama3-3-70b-instruct-v1:0' }));
    expect([modelId, modelName, capabilities.contextTokens]).toEqual([IMPORTED, 'abc123', 128_000]);
  });

  test('accepts what is known at deploy time only', () => {
    expect(bound(Model.foundation(Aws.STACK_NAME)).modelId).toBe('${AWS::StackName}');
    expect(bound(Model.provisioned(Aws.STACK_ID)).modelId).toBe('${AWS::StackId}');
    expect(bound(Model.crossRegion(Geography.US, Aws.STACK_NAME)).modelId).toBe('us.${AWS::StackName}');
    expect(bound(Model.inferenceProfile(Aws.STACK_ID, { baseModelId: 'us.amazon.nova-pro-v1:0' })).modelName).toBe('us.amazon.nova-pro-v1:0');
  });

  test.each<[string, Model, string]>([
    ['a bare id that is served through profiles only', Model.foundation('amazon.nova-2-lite-v1:0'),
      "Stack: 'amazon.nova-2-lite-v1:0' is served through inference profiles only: use Model.crossRegion(Geography.GLOBAL, 'amazon.nova-2-lite-v1:0')"],
    ['a bare id that has no global profile', Model.foundation('meta.llama4-scout-17b-instruct-v1:0'),
      "use Model.crossRegion(Geography.US, 'meta.llama4-scout-17b-instruct-v1:0')"],
    ['a profile’s id as a foundation model', Model.foundation('us-gov.openai.gpt-oss-20b-1:0'),
      "'id' must be a foundation model's own id, got the inference profile 'us-gov.openai.gpt-oss-20b-1:0': use Model.crossRegion(Geography.US_GOV, 'openai.gpt-oss-20b-1:0')"],
    ['an id that names its geography twice', Model.crossRegion(Geography.US, 'us.amazon.nova-pro-v1:0'),
      "got the inference profile 'us.amazon.nova-pro-v1:0': use Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0')"],
    ['an ARN as an id', Model.foundation('arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0'),
      'use Model.inferenceProfile, Model.provisioned or Model.custom for an ARN'],
    ['an ARN as an id across Regions', Model.crossRegion(Geography.US, IMPORTED), 'use Model.inferenceProfile, Model.provisioned or Model.custom for an ARN'],
    ['an id as a profile’s ARN', Model.inferenceProfile('us.amazon.nova-pro-v1:0'), "'arn' must be the ARN of an inference profile, got 'us.amazon.nova-pro-v1:0'"],
    ['an application profile of which nobody says what it copies', Model.inferenceProfile('arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc'),
      "'baseModelId' must name the model or system profile that the inference profile copies"],
    ['an application profile over a model that is served through profiles only',
      Model.inferenceProfile('arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc', { baseModelId: 'amazon.nova-2-lite-v1:0' }),
      "'baseModelId' must carry the geography of the system profile that is copied, such as 'global.amazon.nova-2-lite-v1:0'"],
    ['another ARN as provisioned throughput', Model.provisioned(IMPORTED), `'arn' of Model.provisioned must be the ARN of a provisioned-model, got '${IMPORTED}'`],
    ['a custom model that is not deployed', Model.custom('arn:aws:bedrock:us-east-1:111122223333:custom-model/abc'),
      "'arn' of Model.custom must be the ARN of a custom-model-deployment or of an imported-model"],
    ['an answer longer than the window', Model.foundation('acme.chat', { capabilities: { contextTokens: 1000, outputTokens: 2000 } }),
      "'capabilities.outputTokens' must be a whole number between 1 and 1000, got 2000"],
    ['no id', Model.foundation(''), "'id' must be a model's id as Bedrock spells it, its provider, a dot and its name, such as 'amazon.nova-2-lite-v1:0'"],
    ['what a model is called in talk', Model.foundation('claude haiku 4.5'), "such as 'amazon.nova-2-lite-v1:0' (aws bedrock list-foundation-models lists them), got 'claude haiku 4.5'"],
    ['an id of another service', Model.crossRegion(Geography.US, 'gpt-4o'), "'id' must be a model's id as Bedrock spells it"],
    ['an id where the geography belongs', Model.crossRegion('amazon.nova-pro-v1:0' as unknown as Geography, ''), "'geography' of Model.crossRegion must be a Geography, such as Geography.GLOBAL"],
    ['a model that makes vectors', Model.foundation('amazon.titan-embed-text-v2:0'),
      "'amazon.titan-embed-text-v2:0' turns text into vectors, so it is no Model: use EmbeddingModel where such a model is asked for, and here one that answers prompts, such as Model.standard()"],
    ['a model that makes vectors, across Regions', Model.crossRegion(Geography.EU, 'cohere.embed-v4:0'), "'cohere.embed-v4:0' turns text into vectors, so it is no Model"],
    ['a model that reranks', Model.foundation('cohere.rerank-v3-5:0'), "'cohere.rerank-v3-5:0' reranks passages, so it is no Model: use RerankModel"],
    ['half a token', Model.foundation('acme.chat', { capabilities: { contextTokens: 0.5 } }), "'capabilities.contextTokens' must be a whole number"],
  ])('refuses %s', (_, model, message) => {
    expect(refusal(model)).toThrow(message);
  });

  test('warns of a geography that the model was not offered in', () => {
    const { warnings } = bind((stack, role) => Model.crossRegion(Geography.CA, 'amazon.nova-2-lite-v1:0').bind(stack, role));
    expect(warnings).toEqual([expect.stringContaining("'amazon.nova-2-lite-v1:0' was known to be offered through eu, global, jp, us, not through ca")]);
  });

  test('warns of a model that the service has retired', () => {
    const { warnings } = bind((stack, role) => Model.crossRegion(Geography.US, 'amazon.nova-premier-v1:0').bind(stack, role));
    expect(warnings).toEqual([expect.stringContaining("Bedrock has retired 'amazon.nova-premier-v1:0'")]);
  });

  test.each<[string, string | undefined, Model, string[]]>([
    ['US from Europe', 'eu-central-1', Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), [
      "the geography of 'amazon.nova-2-lite-v1:0' is Geography.US, whose profiles are called from its own Regions, and the stack is in eu-central-1: "
      + 'choose Geography.EU or Geography.GLOBAL, or deploy to a Region of Geography.US',
    ]],
    ['US from GovCloud', 'us-gov-west-1', Model.crossRegion(Geography.US, 'acme.chat-v9'), [expect.stringContaining('choose Geography.US_GOV, or deploy')]],
    ['Japan from Sydney', 'ap-southeast-2', Model.crossRegion(Geography.JP, 'amazon.nova-2-lite-v1:0'), [expect.stringContaining('choose Geography.GLOBAL, or deploy')]],
    ['US from the US', 'us-west-2', Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), []],
    ['anywhere from Europe', 'eu-central-1', Model.standard(), []],
    ['US from where only the deployment knows', undefined, Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0'), []],
    ['a geography without a name from Europe', 'eu-central-1', Model.crossRegion(Geography.of('mx'), 'acme.chat-v9'), []],
  ])('warns of calls from outside the geography: %s', (_, region, model, expected) => {
    const { warnings } = bind((stack, role) => model.bind(stack, role), region);
    expect(warnings.map((warning) => warning.replace(/ \[ack: .*\]$/, ''))).toEqual(expected);
  });

  test('warns of nothing otherwise', () => {
    expect(bind((stack, role) => [Model.standard(), Model.foundation('acme.chat-v9')].map((model) => model.bind(stack, role))).warnings).toEqual([]);
  });
});

describe('An application inference profile', () => {
  test('copies a foundation model under a name and tags of its own', () => {
    const { template, binding } = bind((stack, role) => Model.application(stack, 'Search', {
      source: Model.foundation('amazon.nova-lite-v1:0'), tags: { team: 'search' }, description: 'Search team',
    }).bind(stack, role));
    template.hasResourceProperties('AWS::Bedrock::ApplicationInferenceProfile', {
      Description: 'Search team',
      InferenceProfileName: binding.modelName,
      ModelSource: { CopyFrom: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':bedrock:', { Ref: 'AWS::Region' }, '::foundation-model/amazon.nova-lite-v1:0']] } },
      Tags: [{ Key: 'team', Value: 'search' }],
    });
    expect(binding.modelName).toMatch(/^StackSearch[0-9A-F]{8}-[0-9a-f]{8}$/);
  });

  test('has another name when it copies another model, for the old one keeps its own until it is replaced', () => {
    const name = (source: Model) => bind((stack, role) => Model.application(stack, 'Search', { source }).bind(stack, role)).binding.modelName;
    expect(name(Model.standard())).not.toBe(name(Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0')));
  });

  test('costs what it copies', () => {
    const { binding } = bind((stack, role) => Model.application(stack, 'Search', { source: Model.standard() }).bind(stack, role));
    expect([binding.prices?.input, binding.capabilities.contextTokens]).toEqual([0.3, 1_000_000]);
  });

  test.each<[string, Model, string]>([
    ['capacity that was bought', Model.provisioned('arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc'),
      "'source' must be made by Model.foundation or Model.crossRegion, got Model.provisioned"],
    ['a bare id that is served through profiles only', Model.foundation('amazon.nova-2-lite-v1:0'), 'use Model.crossRegion(Geography.GLOBAL'],
    ['an id', 'amazon.nova-lite-v1:0' as unknown as Model, "'source' must be made by Model.foundation or Model.crossRegion, got something else"],
  ])('refuses to copy %s', (_, source, message) => {
    expect(() => bind((stack) => Model.application(stack, 'Search', { source }))).toThrow(message);
  });
});

describe('The facts of a model', () => {
  test('are what the binding says, without the day of the prices', () => {
    expect(modelFacts(bound(Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-haiku-4-5-20251001-v1:0')))).toEqual({
      id: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      name: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      contextTokens: 200_000,
      outputTokens: 64_000,
      tools: 'streaming',
      sampling: 'one',
      inputs: ['text', 'image', 'document'],
      cacheMinimum: 4096,
      jsonSchema: true,
      prices: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
    });
  });
});
