import { existsSync } from 'node:fs';
import { App, Aws, CfnCondition, CfnOutput, CfnResource, Fn, Stack, Token } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { FixtureStack, synthesizeFixture } from './fixture/stack';
import { readAssembly } from '../../local/assembly/assembly';
import { Deployment } from '../../local/assembly/deployment';

/** The outputs of a stack that holds these values. */
function outputsOf(define: (stack: Stack) => Record<string, unknown>) {
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = new Stack(app, 'Some');
    for (const [name, value] of Object.entries(define(stack))) new CfnOutput(stack, name, { value: Token.asString(value) });
  });
  try {
    return new Deployment(readAssembly(directory)).outputs().Some;
  } finally {
    remove();
  }
}

test('answers pseudo parameters as one account in one region', () => {
  expect(outputsOf(() => ({ Where: Fn.sub('${AWS::Partition} ${AWS::Region} ${AWS::AccountId} ${AWS::StackName} ${!literal}') })))
    .toEqual({ Where: 'aws us-east-1 123456789012 Some ${literal}' });
});

test('answers functions inside functions', () => {
  expect(outputsOf(() => ({
    Nested: Fn.select(1, Fn.split('/', Fn.join('/', [Aws.REGION, Fn.sub('${a}-${AWS::Region}', { a: Aws.ACCOUNT_ID })]))),
    Zone: Fn.select(2, Fn.getAzs()),
    Encoded: Fn.base64('text'),
  }))).toEqual({ Nested: '123456789012-us-east-1', Zone: 'us-east-1c', Encoded: 'dGV4dA==' });
});

test('leaves out what a condition leaves out', () => {
  const outputs = outputsOf((stack) => {
    const here = new CfnCondition(stack, 'Here', { expression: Fn.conditionEquals(Aws.REGION, 'us-east-1') });
    const not = new CfnCondition(stack, 'Not', { expression: Fn.conditionNot(here) });
    new CfnOutput(stack, 'Gone', { value: 'x', condition: not });
    return { Chosen: Fn.conditionIf(here.logicalId, 'yes', 'no').toString() };
  });
  expect(outputs).toEqual({ Chosen: 'yes' });
});

test('carries values from stack to stack', () => {
  const { directory, remove } = synthesizeFixture((app: App) => {
    const one = new Stack(app, 'One');
    const role = new CfnRole(one, 'Role', { roleName: 'the-role', assumeRolePolicyDocument: {} });
    new CfnOutput(new Stack(app, 'Two'), 'Arn', { value: role.attrArn });
  });
  expect(new Deployment(readAssembly(directory)).outputs().Two).toEqual({ Arn: 'arn:aws:iam::123456789012:role/the-role' });
  remove();
});

test('counts what it cannot run, and gives it a plausible ARN', () => {
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = new FixtureStack(app, 'Fixture');
    new CfnResource(stack, 'Second', { type: 'AWS::WAFv2::WebACL', properties: { Scope: 'REGIONAL' } });
    new CfnOutput(stack, 'Firewalls', { value: stack.resolve(Fn.getAtt('Second', 'Arn')) });
  });
  const deployment = new Deployment(readAssembly(directory));
  expect([...deployment.leftOut()]).toEqual([['AWS::WAFv2::WebACL', 2]]);
  expect(deployment.outputs().Fixture.Firewalls).toMatch(/^arn:aws:wafv2:us-east-1:123456789012:webacl\//);
  remove();
});

test('refuses an attribute that a running resource does not have, by name', () => {
  expect(() => outputsOf((stack) => {
    const role = new CfnRole(stack, 'Role', { assumeRolePolicyDocument: {} });
    return { Odd: Fn.getAtt(role.logicalId, 'Colour') };
  })).toThrow("the local cloud does not know the attribute 'Colour' of Some/Role (AWS::IAM::Role)");
});

test('finds the code of a function among the assets', () => {
  const { directory, remove } = synthesizeFixture();
  const deployment = new Deployment(readAssembly(directory));
  const [lambda] = deployment.resources('AWS::Lambda::Function');
  const { S3Key } = deployment.property(lambda, 'Code') as { S3Key: string };
  expect(existsSync(`${lambda.stack.assets.get(S3Key)?.path}/index.js`)).toBe(true);
  remove();
});

test('gives a resource the same name at every start', () => {
  const { directory, remove } = synthesizeFixture();
  const names = () => {
    const deployment = new Deployment(readAssembly(directory));
    return deployment.resources('AWS::Lambda::Function', 'AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool').map((resource) => deployment.ref(resource));
  };
  expect(names()).toEqual(names());
  expect(names().length).toBeGreaterThan(2);
  remove();
});
