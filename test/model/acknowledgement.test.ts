import { App, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Geography, Guardrail, Model, RerankModel } from '../../lib';

/** Synthesizes under the rule pack, which stops at any finding that nobody acknowledged. */
function check(grant: (stack: Stack, role: iam.Role) => void) {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Stack');
  grant(stack, new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
  return () => app.synth();
}

describe('A wildcard that the service asks for', () => {
  test.each<[string, (stack: Stack, role: iam.Role) => void]>([
    ['a geographic profile', (stack, role) => Model.crossRegion(Geography.EU, 'amazon.nova-pro-v1:0').bind(stack, role)],
    ['the global profile', (stack, role) => Model.standard().bind(stack, role)],
    ['a rerank model', (stack, role) => RerankModel.standard().bind(stack, role)],
    ['a guardrail across Regions', (stack, role) => new Guardrail(stack, 'Guardrail', { crossRegion: Geography.EU }).bind(stack, role)],
  ])('is acknowledged with the role that is granted %s', (_, grant) => {
    expect(check(grant)).not.toThrow();
  });

  test('is found where nobody acknowledged it', () => {
    expect(check((_, role) => role.addToPolicy(new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: ['*'] })))).toThrow();
  });
});
