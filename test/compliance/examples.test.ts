import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { addExamples, EXAMPLES } from '../../examples/app';

// Off in the other tests, for it takes its time.
delete process.env.CDK_VALIDATION;

/** Writes an app as `cdk synth` does, under CloudFormation's own validation and the rule packs, and says what they found. */
function synthesize(regulated: boolean, define: (app: App) => void) {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:failSynthOnValidationErrors': false } });
  define(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  if (regulated) Validations.of(app).addPlugins(new HIPAASecurityChecks(app), new NIST80053R5Checks(app), new PCIDSS321Checks(app));
  const assembly = app.synth();
  const report = JSON.parse(readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8')) as Report;
  return { assembly, findings: report.pluginReports.flatMap(({ pluginName, violations }) => violations.map(({ ruleName }) => `${pluginName}: ${ruleName}`)) };
}

interface Report {
  readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly { readonly ruleName: string }[] }[];
}

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
