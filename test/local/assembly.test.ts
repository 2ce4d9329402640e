import { existsSync } from 'node:fs';
import { App, Aws, CfnCondition, CfnOutput, CfnResource, Fn, Stack, Token } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { FixtureStack, synthesizeFixture } from './fixture/stack';
import { readAssembly } from '../../local/assembly/assembly';
import { Deployment } from '../../local/assembly/deployment';

const TRUST = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };

/** A stack with something in it, as CloudFormation wants. */
function stackOf(app: App, id: string) {
  const stack = new Stack(app, id);
  new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic' });
  return stack;
}

/** The outputs of a stack that holds these values. */
function outputsOf(define: (stack: Stack) => Record<string, unknown>) {
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = stackOf(app, 'Some');
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
    const role = new CfnRole(one, 'Role', { roleName: 'the-role', assumeRolePolicyDocument: TRUST });
    new CfnOutput(stackOf(app, 'Two'), 'Arn', { value: role.attrArn });
  });
  expect(new Deployment(readAssembly(directory)).outputs().Two).toEqual({ Arn: 'arn:aws:iam::123456789012:role/the-role' });
  remove();
});

test('counts what it cannot run, and gives it a plausible ARN', () => {
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = new FixtureStack(app, 'Fixture');
    new CfnResource(stack, 'Second', { type: 'AWS::SNS::Topic' });
    new CfnResource(stack, 'Bus', { type: 'AWS::SES::ConfigurationSet', properties: { Name: 'bus' } });
    new CfnOutput(stack, 'BusArn', { value: Token.asString(Fn.getAtt('Bus', 'Arn')) });
  });
  const deployment = new Deployment(readAssembly(directory));
  expect([...deployment.leftOut()]).toEqual([['AWS::SES::ConfigurationSet', 1], ['AWS::SNS::Topic', 2]]);
  expect(deployment.outputs().Fixture.BusArn).toMatch(/^arn:aws:ses:us-east-1:123456789012:configurationset\//);
  remove();
});

test('refuses an attribute that a running resource does not have, by name', () => {
  expect(() => outputsOf((stack) => {
    const role = new CfnRole(stack, 'Role', { assumeRolePolicyDocument: TRUST });
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
