import { type Stack } from 'aws-cdk-lib';
import { bind } from './bound-role';
import { EmbeddingModel, Geography, Model, ModelUse, RerankModel } from '../../lib';

const INVOKE_AND_STREAM = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const PROFILES = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile';
const through = (profile: string) => ({ StringEquals: { 'bedrock:InferenceProfileArn': profile } });
const statementsOf = (make: (stack: Stack) => Model) => bind((stack, role) => make(stack).bind(stack, role)).statements;

describe('A foundation model', () => {
  test('is granted by its own id in the stack’s Region', () => {
    expect(statementsOf(() => Model.foundation('amazon.nova-lite-v1:0'))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-lite-v1:0' },
    ]);
  });
});

describe('A caller that only streams', () => {
  const actions = (model: Model) => bind((stack, role) => model.bind(stack, role, ModelUse.STREAMED)).statements.map(({ Action }) => Action);

  test('is granted no more than to stream', () => {
    expect(actions(Model.standard())).toEqual(['bedrock:InvokeModelWithResponseStream', 'bedrock:InvokeModelWithResponseStream']);
  });

  test('may also invoke a model as a whole that cannot stream while it is offered tools', () => {
    expect(actions(Model.foundation('acme.chat-v9'))).toEqual([INVOKE_AND_STREAM]);
  });
});

describe('A geographic profile', () => {
  test.each([
    ['us', Geography.US], ['eu', Geography.EU], ['jp', Geography.JP], ['au', Geography.AU], ['in', Geography.IN],
    ['ca', Geography.CA], ['apac', Geography.APAC], ['us-gov', Geography.US_GOV], ['mx', Geography.of('mx')],
  ])('of %s is granted with its model in every Region, for calls that come through it', (prefix, geography) => {
    const profile = `${PROFILES}/${prefix}.acme.chat-v1`;
    expect(statementsOf(() => Model.crossRegion(geography, 'acme.chat-v1'))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: profile },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:*::foundation-model/acme.chat-v1', Condition: through(profile) },
    ]);
  });
});

describe('A global profile', () => {
  test('is granted with its model in the stack’s Region and in none', () => {
    const profile = `${PROFILES}/global.amazon.nova-2-lite-v1:0`;
    expect(statementsOf(() => Model.standard())).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: profile },
      {
        Action: INVOKE_AND_STREAM,
        Resource: [
          'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-2-lite-v1:0',
          'arn:${AWS::Partition}:bedrock:::foundation-model/amazon.nova-2-lite-v1:0',
        ],
        Condition: through(profile),
      },
    ]);
  });
});

describe('An application inference profile', () => {
  const ARN = '${Profile6F32097C.InferenceProfileArn}';

  test('over a foundation model is granted with that model, for calls that come through it', () => {
    expect(statementsOf((stack) => Model.application(stack, 'Profile', { source: Model.foundation('amazon.nova-lite-v1:0') }))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: ARN },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-lite-v1:0', Condition: through(ARN) },
    ]);
  });

  test('over a geographic profile is granted with that profile, and with the model for calls that come through it', () => {
    expect(statementsOf((stack) => Model.application(stack, 'Profile', { source: Model.crossRegion(Geography.EU, 'amazon.nova-lite-v1:0') }))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: [ARN, `${PROFILES}/eu.amazon.nova-lite-v1:0`] },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-lite-v1:0', Condition: through(ARN) },
    ]);
  });

  test('over the global profile is granted with the model in the stack’s Region and in none', () => {
    expect(statementsOf((stack) => Model.application(stack, 'Profile', { source: Model.standard() }))[1]).toEqual({
      Action: INVOKE_AND_STREAM,
      Resource: [
        'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-2-lite-v1:0',
        'arn:${AWS::Partition}:bedrock:::foundation-model/amazon.nova-2-lite-v1:0',
      ],
      Condition: through(ARN),
    });
  });
});

describe('A profile that exists', () => {
  test('of AWS is granted with the model that its ARN names', () => {
    const arn = 'arn:aws:bedrock:us-west-2:111122223333:inference-profile/us.amazon.nova-pro-v1:0';
    expect(statementsOf(() => Model.inferenceProfile(arn))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: arn },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-pro-v1:0', Condition: through(arn) },
    ]);
  });

  test('of an application is granted with the system profile and the model that it copies', () => {
    const arn = 'arn:aws:bedrock:us-west-2:111122223333:application-inference-profile/abcdef123456';
    expect(statementsOf(() => Model.inferenceProfile(arn, { baseModelId: 'us.amazon.nova-pro-v1:0' }))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: [arn, `${PROFILES}/us.amazon.nova-pro-v1:0`] },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-pro-v1:0', Condition: through(arn) },
    ]);
  });

  test('of an application over a foundation model is granted with that model in the stack’s Region', () => {
    const arn = 'arn:aws:bedrock:us-west-2:111122223333:application-inference-profile/abcdef123456';
    expect(statementsOf(() => Model.inferenceProfile(arn, { baseModelId: 'amazon.nova-pro-v1:0' }))).toEqual([
      { Action: INVOKE_AND_STREAM, Resource: arn },
      { Action: INVOKE_AND_STREAM, Resource: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-pro-v1:0', Condition: through(arn) },
    ]);
  });
});

describe('Capacity or weights of one’s own', () => {
  test.each([
    ['provisioned-model', Model.provisioned],
    ['custom-model-deployment', Model.custom],
    ['imported-model', Model.custom],
  ])('as %s is granted by its ARN alone', (kind, make) => {
    const arn = `arn:aws:bedrock:us-east-1:111122223333:${kind}/abcdef123456`;
    expect(statementsOf(() => make(arn))).toEqual([{ Action: INVOKE_AND_STREAM, Resource: arn }]);
  });
});

describe('An embedding model', () => {
  test('is granted without streaming', () => {
    expect(bind((stack, role) => EmbeddingModel.standard().bind(stack, role)).statements).toEqual([
      { Action: 'bedrock:InvokeModel', Resource: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.titan-embed-text-v2:0' },
    ]);
  });

  test('through a geography is granted with its model for calls that come through the profile', () => {
    const profile = `${PROFILES}/eu.cohere.embed-v4:0`;
    expect(bind((stack, role) => EmbeddingModel.crossRegion(Geography.EU, 'cohere.embed-v4:0').bind(stack, role)).statements).toEqual([
      { Action: 'bedrock:InvokeModel', Resource: profile },
      { Action: 'bedrock:InvokeModel', Resource: 'arn:${AWS::Partition}:bedrock:*::foundation-model/cohere.embed-v4:0', Condition: through(profile) },
    ]);
  });
});

describe('A rerank model', () => {
  test('is granted by its id, beside an action that has no resource', () => {
    expect(bind((stack, role) => RerankModel.standard().bind(stack, role)).statements).toEqual([
      { Action: 'bedrock:InvokeModel', Resource: 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.rerank-v1:0' },
      { Action: 'bedrock:Rerank', Resource: '*' },
    ]);
  });
});

describe('Every grant', () => {
  const arn = (resource: string) => `arn:aws:bedrock:us-east-1:111122223333:${resource}`;
  const everyModel: [string, (stack: Stack) => Model][] = [
    ['foundation', () => Model.foundation('amazon.nova-lite-v1:0')],
    ['geographic', () => Model.crossRegion(Geography.US, 'amazon.nova-lite-v1:0')],
    ['global', () => Model.standard()],
    ['system profile', () => Model.inferenceProfile(arn('inference-profile/us.amazon.nova-lite-v1:0'))],
    ['application profile', () => Model.inferenceProfile(arn('application-inference-profile/abc'), { baseModelId: 'us.amazon.nova-lite-v1:0' })],
    ['own application profile', (stack) => Model.application(stack, 'Profile', { source: Model.standard() })],
    ['provisioned', () => Model.provisioned(arn('provisioned-model/abc'))],
    ['custom', () => Model.custom(arn('imported-model/abc'))],
  ];

  test.each(everyModel)('of a %s model names each action and each model', (_, make) => {
    const statements = statementsOf(make);
    expect(statements.length).toBeGreaterThan(0);
    for (const { Action, Resource } of statements) {
      expect([Action].flat().filter((action) => action.includes('*'))).toEqual([]);
      expect([Resource].flat().filter((resource) => /\/[^/]*\*|^\*$/.test(resource))).toEqual([]);
    }
  });

  test.each(everyModel)('of a %s model that leaves the Region open is held to one profile', (_, make) => {
    const open = statementsOf(make).filter(({ Resource }) => [Resource].flat().some((resource) => /:bedrock:\*?::/.test(resource)));
    const held = { StringEquals: { 'bedrock:InferenceProfileArn': expect.any(String) } };
    expect(open.map(({ Condition }) => Condition)).toEqual(open.map(() => held));
  });
});
