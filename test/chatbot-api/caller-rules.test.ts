import { Duration } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { defineChat } from './define-chat';
import { ApiAuth, Model, ModelRouter, RequestTrait } from '../../lib';

const limit = [{ window: Duration.days(1), requests: 10 }];
const staff = new ModelRouter({ model: Model.standard(), rules: [{ name: 'staff', when: [RequestTrait.code(), RequestTrait.userGroup('staff')], use: Model.foundation('amazon.nova-pro-v1:0') }] });
const warnings = ({ stack }: ReturnType<typeof defineChat>) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

describe.each([
  ['signatures of IAM credentials', () => ApiAuth.iam()],
  ['API keys', () => ApiAuth.apiKey()],
])('%s name no groups', (proof, auth) => {
  test('refuses quotas of groups, which would limit nobody', () => {
    expect(() => defineChat({ auth: auth(), quotas: { user: limit, groups: [{ name: 'trial', together: limit }] } }))
      .toThrow(`Test/Chat: 'quotas.groups' must be left out with ${proof}, because they name no groups and nobody would be limited, got 'trial': limit 'quotas.user', or take ApiAuth.cognito()`);
  });

  test('refuses rules for groups, which would fit nobody', () => {
    expect(() => defineChat({ auth: auth(), model: staff }))
      .toThrow(`'rules' of the router must not ask for RequestTrait.userGroup with ${proof}, because they name no groups and the rule would fit nobody, got it in 'staff'`);
  });

  test('warns of metrics by group, in which all are others', () => {
    const chat = defineChat({ auth: auth() });
    chat.chat.addGroupMetrics(['premium']);
    expect(warnings(chat)).toEqual([expect.stringContaining(`addGroupMetrics counts every turn as 'other' here, because ${proof} name no groups`)]);
  });
});

test('tokens name groups: quotas, rules and metrics of groups are taken without a word', () => {
  for (const auth of [ApiAuth.cognito(), ApiAuth.oidc({ issuer: 'https://login.example.com', audience: ['chat'] })]) {
    const chat = defineChat({ auth, model: staff, quotas: { groups: [{ name: 'trial', together: limit }] } });
    chat.chat.addGroupMetrics(['trial']);
    expect(warnings(chat)).toEqual([]);
  }
});

test('says that users of one API key share a quota, and that principals of IAM do not', () => {
  const quotas = { user: limit };
  expect(warnings(defineChat({ auth: ApiAuth.apiKey(), quotas }))).toEqual([expect.stringContaining("'quotas.user' counts by API key here")]);
  expect(warnings(defineChat({ auth: ApiAuth.iam(), quotas }))).toEqual([]);
});
