import { ConverseCommand, ConverseStreamCommand, CountTokensCommand, ApplyGuardrailCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, LocalBedrock, startLocalBedrock } from './local-bedrock';
import { modelAddress, modelAuthorizations } from '../../../local/bedrock/access';
import { PolicyStatement } from '../../../local/iam/policy';

const PLACE = { region: 'us-east-1', account: '123456789012' };
const PROFILES = new Map([['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.acme.m']]);
const decisions = (modelId: string) => modelAuthorizations('bedrock:InvokeModel', modelAddress(modelId, PLACE, PROFILES), PLACE)
  .map(({ resource, context = {} }) => [resource, context['bedrock:InferenceProfileArn'] ?? '', context['aws:RequestedRegion'] ?? '']);

test('asks for a foundation model on the model alone', () => {
  expect(decisions('acme.m')).toEqual([['arn:aws:bedrock:us-east-1::foundation-model/acme.m', '', 'us-east-1']]);
  expect(decisions('arn:aws:bedrock:us-east-1::foundation-model/acme.m')).toEqual(decisions('acme.m'));
});

test('asks for a geographic profile on the profile and, through it, on the model in each of its regions', () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.acme.m';
  expect(decisions('us.acme.m')).toEqual([
    [profile, '', ''],
    ...['us-east-1', 'us-east-2', 'us-west-2'].map((region) => [`arn:aws:bedrock:${region}::foundation-model/acme.m`, profile, region]),
  ]);
  expect(decisions(profile)).toEqual(decisions('us.acme.m'));
});

test('asks for the global profile also on the ARN without a region', () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.acme.m';
  expect(decisions('global.acme.m')).toEqual([
    [profile, '', ''],
    ['arn:aws:bedrock:us-east-1::foundation-model/acme.m', profile, 'us-east-1'],
    ['arn:aws:bedrock:::foundation-model/acme.m', profile, 'unspecified'],
  ]);
});

test('asks for an application profile on it and on what it copies, through it', () => {
  const [profile] = PROFILES.keys();
  const [first, ...rest] = decisions(profile);
  expect(first).toEqual([profile, '', '']);
  expect(rest.map(([resource, through]) => [resource, through])).toContainEqual(['arn:aws:bedrock:us-west-2::foundation-model/acme.m', profile]);
});

test.each(['provisioned-model/p1', 'custom-model-deployment/c1', 'imported-model/i1'])('asks for %s on its ARN alone', (resource) => {
  const arn = `arn:aws:bedrock:us-east-1:123456789012:${resource}`;
  expect(decisions(arn)).toEqual([[arn, '', '']]);
});

describe('through the endpoint', () => {
  let bedrock: LocalBedrock | undefined;
  afterEach(() => bedrock?.stop());
  const granting = async (...statements: PolicyStatement[]) => bedrock = await startLocalBedrock({ statements });
  const allow = (Action: string, Resource: string | string[], Condition?: PolicyStatement['Condition']): PolicyStatement => ({ Effect: 'Allow', Action, Resource, Condition });
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.amazon.nova-2-lite-v1:0';
  const models = ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0', 'arn:aws:bedrock:::foundation-model/amazon.nova-2-lite-v1:0'];
  const through = { StringEquals: { 'bedrock:InferenceProfileArn': profile } };

  test('a role that may use the profile and the model through it is answered', async () => {
    const { client } = await granting(allow('bedrock:InvokeModel', profile), allow('bedrock:InvokeModel', models, through));
    await expect(client.send(new ConverseCommand(asks('Hello')))).resolves.toMatchObject({ stopReason: 'end_turn' });
  });

  test('a role without the region-less model is denied, and told what is missing', async () => {
    const { client } = await granting(allow('bedrock:InvokeModel', profile), allow('bedrock:InvokeModel', models[0], through));
    await expect(client.send(new ConverseCommand(asks('Hello')))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
      message: expect.stringMatching(/^User: arn:aws:iam::123456789012:role\/Chat is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:::foundation-model.*local: missing is/),
    });
  });

  test('a role that may only call whole answers cannot stream', async () => {
    const { client } = await granting(allow('bedrock:InvokeModel', '*'));
    await expect(client.send(new ConverseStreamCommand(asks('Hello')))).rejects.toThrow('bedrock:InvokeModelWithResponseStream');
  });

  test('a guardrail in the request, and one by itself, needs ApplyGuardrail', async () => {
    const { client } = await granting(allow('bedrock:InvokeModel', '*'));
    const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: '1' };
    await expect(client.send(new ConverseCommand({ ...asks('Hello'), guardrailConfig }))).rejects.toThrow('bedrock:ApplyGuardrail on resource: arn:aws:bedrock:us-east-1:123456789012:guardrail/gr1');
    const apply = new ApplyGuardrailCommand({ ...guardrailConfig, source: 'INPUT', content: [{ text: { text: 'x' } }] });
    await expect(client.send(apply)).rejects.toThrow('bedrock:ApplyGuardrail');
  });

  test('a policy may demand a guardrail', async () => {
    const Condition = { StringEquals: { 'bedrock:GuardrailIdentifier': 'arn:aws:bedrock:us-east-1:123456789012:guardrail/gr1:1' } };
    const { client } = await granting(allow('bedrock:InvokeModel', '*', Condition));
    await expect(client.send(new ConverseCommand(asks('Hello')))).rejects.toThrow('not authorized');
  });

  test('counting tokens is a permission of its own', async () => {
    const { client } = await granting(allow('bedrock:InvokeModel', '*'));
    const count = new CountTokensCommand({ modelId: 'acme.m', input: { converse: { messages: asks('x').messages } } });
    await expect(client.send(count)).rejects.toThrow('bedrock:CountTokens');
  });
});
