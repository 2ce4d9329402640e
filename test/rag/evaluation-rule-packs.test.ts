import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { DiyRag, EvaluationRuns, EvaluationSet, ManagedRag, Posture } from '../../lib';

// Off in the other tests, for it takes its time.
delete process.env.CDK_VALIDATION;

interface Report {
  readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly Violation[] }[];
}

interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
}

/** What the packs and CloudFormation's own validation find. */
function findings(regulated: boolean, Rag: typeof DiyRag | typeof ManagedRag): string[] {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:failSynthOnValidationErrors': false } });
  const stack = new Stack(app, 'Stack');
  const rag = new Rag(stack, 'Rag', { posture: regulated ? Posture.regulated() : Posture.standard() });
  rag.addEvaluation({
    set: EvaluationSet.fromBucket(Bucket.fromBucketName(stack, 'Sets', 'sets'), 'set.jsonl'),
    thresholds: { recall: 0.8 },
    runs: EvaluationRuns.gate().also(EvaluationRuns.onDeploy()).also(EvaluationRuns.schedule(ScheduleExpression.rate(Duration.days(1)))),
  }).addAlarms();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  if (regulated) Validations.of(app).addPlugins(new HIPAASecurityChecks(app), new NIST80053R5Checks(app), new PCIDSS321Checks(app));
  const report = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap(({ pluginName, violations }) => violations.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath }) => `${pluginName}: ${ruleName} at ${String(constructPath)}`)));
}

describe.each([['standard', false], ['regulated', true]] as const)('in the %s posture', (_, regulated) => {
  test.each([['documents of one\'s own', DiyRag], ['a knowledge base', ManagedRag]] as const)('an evaluation of %s leaves no finding unacknowledged', (_name, Rag) => {
    expect(findings(regulated, Rag).filter((finding) => finding.includes('/Evaluation'))).toEqual([]);
  }, 60_000);
});
