import { CfnResource, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { synthesize } from './synthesize';
import { addExamples, EXAMPLES } from '../../examples/app';

/** Asset hashes change with every change of a handler, which is not what a snapshot is for. */
const withoutHashes = (template: object) => JSON.parse(JSON.stringify(template).replace(/\b[0-9a-f]{64}\b/g, '<asset>')) as object;

describe.each(Object.keys(EXAMPLES))('the example %s', (name) => {
  const { assembly, findings } = synthesize(name.endsWith('-regulated'), (app) => addExamples(app, name));

  test('leaves no finding of a rule pack or of CloudFormation unacknowledged', () => {
    expect(findings).toEqual([]);
  });

  test.each(assembly.stacks.map(({ stackName, template }) => ({ stackName, template: template as object })))('synthesizes $stackName as before', ({ template }) => {
    expect(withoutHashes(template)).toMatchSnapshot();
  });
});

test('findings are seen: a careless stack fails every pack and the validation', () => {
  const { findings } = synthesize(true, (app) => {
    const stack = new Stack(app, 'Careless');
    new Bucket(stack, 'Bucket');
    new CfnResource(stack, 'Mistyped', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 'long' } });
    new LogGroup(stack, 'Logs', { retention: RetentionDays.INFINITE });
  });
  for (const pack of ['AwsSolutions', 'Serverless', 'HIPAA', 'NIST', 'PCI', 'CloudFormation']) {
    expect(findings.join('\n')).toMatch(new RegExp(`^${pack}`, 'm'));
  }
});
