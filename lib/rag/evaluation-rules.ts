import { Duration, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type EvaluationOptions } from './evaluation-options';
import { type EvaluationTriggers } from './evaluation-runs';
import { EVALUATE_SECONDS, EVALUATION_MEASURES, LONGEST_GATE_SECONDS } from '../contract/evaluation';
import { type MetadataField } from '../contract/metadata';
import { fail, requireBetween, requireDuration, requireInteger, requireMade } from '../internal/validation';
import { type ModelBinding } from '../model';
import { type Build } from '../posture/build';

export const DEFAULT_LIMITS = { questions: 1_000, concurrency: 4, time: Duration.minutes(30), settling: Duration.minutes(15) };
export const LEAST_COMPLETENESS = 0.9;

const MOST_QUESTIONS = 5_000;
const MOST_AT_ONCE = 100;
const LONGEST = Duration.hours(12);
/** The last question may begin when the time is over, and something is left to write down. */
const AFTER_SECONDS = EVALUATE_SECONDS + 60;

/** What an evaluation must be by itself. */
export function requireValidEvaluation(scope: IConstruct, options: EvaluationOptions, triggers: EvaluationTriggers, { posture }: Build) {
  const { set, judge, runs, thresholds = {}, limits = {}, results } = options;
  if (set === undefined) fail(scope, "'set' must be given: EvaluationSet.fromFile('evaluation.jsonl')");
  requireMade(scope, 'set', set, '_bind', "EvaluationSet, such as EvaluationSet.fromFile('evaluation.jsonl')");
  requireMade(scope, 'judge', judge, '_bind', 'Judge, such as Judge.model(Model.standard())');
  requireMade(scope, 'runs', runs, 'also', 'EvaluationRuns, such as EvaluationRuns.gate()');
  requireMade(scope, 'results', results, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Results', 'results')");
  for (const measure of EVALUATION_MEASURES) requireShare(scope, `thresholds.${measure}`, thresholds[measure]);
  requireInteger(scope, 'limits.questions', limits.questions, 1, MOST_QUESTIONS);
  requireInteger(scope, 'limits.concurrency', limits.concurrency, 2, Math.min(MOST_AT_ONCE, posture.reservedConcurrency ?? MOST_AT_ONCE));
  requireDuration(scope, 'limits.time', limits.time, Duration.minutes(1), LONGEST);
  requireDuration(scope, 'limits.settling', limits.settling, Duration.minutes(1), LONGEST);
  requireBetween(scope, 'limits.dollars', limits.dollars, 0.01, 100_000);
  if (triggers.gate) requireTimeForGate(scope, { ...DEFAULT_LIMITS, ...limits });
}

/** Shares are thought of in percent as often as not. */
function requireShare(scope: IConstruct, prop: string, value: number | undefined) {
  if (value === undefined || Token.isUnresolved(value) || (value >= 0 && value <= 1)) return;
  fail(scope, `'${prop}' must be a share between 0 and 1, got ${value}: write 0.8 for 80 percent, or leave it out`);
}

function requireTimeForGate(scope: IConstruct, { time, settling }: { readonly time: Duration; readonly settling: Duration }) {
  const seconds = time.toSeconds() + settling.toSeconds() + AFTER_SECONDS;
  if (seconds <= LONGEST_GATE_SECONDS) return;
  fail(scope, `'limits.time' and 'limits.settling' must be at most ${Duration.seconds(LONGEST_GATE_SECONDS - AFTER_SECONDS).toHumanString()} together with EvaluationRuns.gate(), `
    + `for CloudFormation waits an hour, got ${time.toHumanString()} and ${settling.toHumanString()}: shorten one, raise 'limits.concurrency', or take EvaluationRuns.onDeploy()`);
}

/** What is wrong with a filter that names a field which documents are not declared to have. What else may be wrong with it, the run says. */
export function undeclaredIn(filter: object, fields: readonly MetadataField[], path = 'filter'): string | undefined {
  const names = fields.map(({ name }) => `'${name}'`);
  const known = names.length === 0 ? "'and' or 'or', for this knowledge base declares no fields" : `${names.join(', ')}, 'and' or 'or'`;
  const problems = Object.entries(filter).map(([key, value]: [string, unknown]) => {
    if (key !== 'and' && key !== 'or') {
      const name = key.slice(0, 64);
      return fields.some((field) => field.name === key) ? undefined : `'${path}.${name}' must be one of ${known}, got '${name}': declare it in 'retrieval.fields', or leave it out`;
    }
    return Array.isArray(value) ? value.map((inner, at) => (isObject(inner) ? undeclaredIn(inner, fields, `${path}.${key}[${at}]`) : undefined)).find(Boolean) : undefined;
  });
  return problems.find(Boolean);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A limit in dollars that nobody can hold would be trusted. */
export function requireKnownPrices(scope: IConstruct, { limits }: EvaluationOptions, bindings: readonly ModelBinding[]) {
  const unknown = bindings.find(({ prices, behind }) => !prices && !behind?.every((each) => each.prices));
  if (limits?.dollars === undefined || !unknown) return;
  fail(scope, `'limits.dollars' must be left out where prices are not known, as of ${unknown.modelName}: give the model its 'prices', or limit 'limits.questions' and 'limits.time'`);
}
