import { Duration, type Stack, Token } from 'aws-cdk-lib';
import { bind } from './bound-role';
import { Geography, type IModel, Model, type ModelBinding, ModelRouter, type ModelRouterProps, ModelSplit, type PromptRouterOptions, RequestTrait, Sampling, ToolSupport } from '../../lib';

const small = Model.foundation('amazon.nova-lite-v1:0');
const large = Model.crossRegion(Geography.US, 'anthropic.claude-sonnet-5-5', { name: 'careful' });

function bound(props: Partial<ModelRouterProps> = {}): ModelBinding & { statements: ReturnType<typeof bind>['statements'] } {
  return boundModel(new ModelRouter({ model: small, ...props }));
}

function boundModel(model: IModel) {
  let binding: ModelBinding | undefined;
  const { statements } = bind((stack: Stack, role) => { binding = model.bind(stack, role); });
  return { ...binding!, statements };
}

describe('A router', () => {
  test('says what is decided, with the models by their place', () => {
    const { routing } = bound({
      rules: [{ name: 'code', when: [RequestTrait.code(), RequestTrait.userGroup('staff')], use: large }],
      fallback: [large, small],
      firstTokenTimeout: Duration.seconds(4),
    });
    expect(routing!.candidates.map(({ modelName }) => modelName)).toEqual(['amazon.nova-lite-v1:0', 'careful']);
    expect(routing!._table).toMatchObject({
      name: 'auto',
      rules: [{ name: 'code', when: [{ kind: 'code' }, { kind: 'group', group: 'staff' }], to: [{ model: 1, weight: 1 }] }],
      otherwise: [{ model: 0, weight: 1 }],
      fallback: [1, 0],
      firstTokenMs: 4_000,
      coolDownMs: 30_000,
      selectable: false,
    });
    expect(routing!._table.models[1]).not.toHaveProperty('id');
  });

  test('is granted each of its models, and nothing twice', () => {
    const { statements } = bound({ rules: [{ name: 'code', when: [RequestTrait.code()], use: large }], fallback: [Model.foundation('amazon.nova-lite-v1:0'), large] });
    expect(statements.flatMap(({ Resource }) => Resource).map((resource) => String(resource).replace(/.*\//, ''))).toEqual([
      'amazon.nova-lite-v1:0', 'us.anthropic.claude-sonnet-5-5', 'anthropic.claude-sonnet-5-5',
    ]);
  });

  test('tells those who know nothing of routing what all of its models can do', () => {
    const weak = Model.foundation('acme.chat-v9', { capabilities: { contextTokens: 9_000, outputTokens: 500 } });
    const { modelId, modelName, capabilities, prices } = bound({ fallback: [weak, large] });
    expect([modelId, modelName, prices]).toEqual(['amazon.nova-lite-v1:0', 'auto', undefined]);
    expect(capabilities).toMatchObject({ contextTokens: 9_000, outputTokens: 500, tools: ToolSupport.BUFFERED, sampling: Sampling.NONE, inputs: ['text'] });
  });

  test('shares callers by weight, in a rule or in its place', () => {
    const split = new ModelSplit([{ model: small, weight: 90 }, { model: large, weight: 10 }]);
    const shares = [{ model: 0, weight: 90 }, { model: 1, weight: 10 }];
    expect(bound({ model: split }).routing!._table.otherwise).toEqual(shares);
    expect(boundModel(split).routing!._table.otherwise).toEqual(shares);
  });

  test('asks a classifier where no rule fits', () => {
    const classifier = { model: small, classes: [{ name: 'easy', description: 'Small talk', use: small }, { name: 'hard', description: 'The rest', use: large }] };
    expect(bound({ classifier }).routing!._table.classifier).toMatchObject({ model: 0, timeoutMs: 1_500, classes: [{ name: 'easy' }, { name: 'hard', to: [{ model: 1, weight: 1 }] }] });
  });
});

describe('A router refuses', () => {
  const rule = { name: 'code', when: [RequestTrait.code()], use: large };
  const two = [{ name: 'a', description: 'A', use: small }, { name: 'b', description: 'B', use: large }];

  test.each<[string, Partial<ModelRouterProps>, RegExp]>([
    ['a rule that fits every request', { rules: [{ ...rule, when: [] }] }, /'rules\[code\]\.when' must have an entry, such as RequestTrait.code\(\)/],
    ['a rule without conditions', { rules: [{ name: 'code', use: large } as never] }, /: 'rules\[code\]\.when' must be given: a list of traits, such as \[RequestTrait.code\(\)\]$/],
    ['a rule without a model', { rules: [{ name: 'code', when: [RequestTrait.code()] } as never] }, /: 'rules\[code\]\.use' must be given: a Model/],
    ['two rules of one name', { rules: [rule, rule] }, /'rules' must have names of their own, got 'code' twice/],
    ['a name that no header may carry', { rules: [{ ...rule, name: 'Für Code' }] }, /small letters, digits or -/],
    ['a router in a router', { fallback: [new ModelRouter({ model: large })] }, /'fallback' must be one model, got a router or a split/],
    ['shares of nothing', { model: new ModelSplit([{ model: small, weight: 0 }, { model: large, weight: 0 }]) }, /must be more than 0/],
    ['a share for one', { model: new ModelSplit([{ model: small, weight: 1 }]) }, /'shares of model' must have between 2 and 8 entries/],
    ['two models of one name', { fallback: [Model.foundation('amazon.nova-pro-v1:0', { name: 'amazon.nova-lite-v1:0' })] }, /give one of them another 'name'/],
    ['its own name for a model', { name: 'careful', fallback: [large] }, /could not tell them apart/],
    ['a language that it cannot tell', { rules: [{ ...rule, when: [RequestTrait.language('tlh')] }] }, /got 'tlh'/],
    ['a header that is none', { rules: [{ ...rule, when: [RequestTrait.header('x y', '1')] }] }, /a header's name/],
    ['a group with a comma, which is two', { rules: [{ ...rule, when: [RequestTrait.userGroup('a,b')] }] }, /without white space or commas/],
    ['one class', { classifier: { model: small, classes: two.slice(1) } }, /between 2 and 10 entries/],
    ['a classifier that may take a minute', { classifier: { model: small, classes: two, timeout: Duration.minutes(1) } }, /between 100 milliseconds and 10 seconds/],
    ['a first word that is late at once', { firstTokenTimeout: Duration.millis(10) }, /'firstTokenTimeout' must be between/],
    ['what only the deployment knows', { rules: [{ ...rule, when: [RequestTrait.header('x-tier', Token.asString({ Ref: 'Tier' }))] }] }, /known at synthesis.*routing\.rules\.0\.when\.0\.value/],
    ['something that is no model', { model: { id: 'nova' } as unknown as IModel }, /'model' must be made by Model/],
  ])('%s', (_, props, message) => {
    expect(() => bound(props)).toThrow(message);
  });
});

describe('A prompt router of Bedrock', () => {
  const arn = 'arn:aws:bedrock:us-east-1:111122223333:prompt-router/abc123';
  const routed = (options: Partial<PromptRouterOptions> = {}) =>
    boundModel(Model.promptRouter(arn, { routesTo: [small, Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0')], ...options }));

  test('is granted with the models that it leads to', () => {
    expect(routed().statements.flatMap(({ Resource }) => Resource).map((resource) => String(resource).replace(/^.*?:(?=[^:]*\/)/, ''))).toEqual([
      'foundation-model/amazon.nova-lite-v1:0', 'inference-profile/us.amazon.nova-pro-v1:0', 'foundation-model/amazon.nova-pro-v1:0', 'prompt-router/abc123',
    ].map((resource) => expect.stringContaining(resource)));
  });

  test('can do what all of its models can, and costs what the one costs that answers', () => {
    const { modelName, capabilities, prices, behind } = routed();
    expect([modelName, prices]).toEqual(['abc123', undefined]);
    expect(capabilities).toMatchObject({ contextTokens: 300_000, tools: ToolSupport.STREAMING });
    expect(behind!.map(({ modelId, prices: each }) => [modelId, each!.input])).toEqual([['amazon.nova-lite-v1:0', expect.any(Number)], ['us.amazon.nova-pro-v1:0', expect.any(Number)]]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['an ARN of something else', () => boundModel(Model.promptRouter('arn:aws:bedrock:us-east-1:111122223333:imported-model/x', { routesTo: [small] })), /must be the ARN of a prompt-router/],
    ['no models behind it', () => routed({ routesTo: [] }), /'routesTo' must have between 1 and 10 entries/],
    ['a model that it cannot lead to', () => routed({ routesTo: [Model.custom('arn:aws:bedrock:us-east-1:111122223333:imported-model/x')] }), /Model.foundation or Model.crossRegion/],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
