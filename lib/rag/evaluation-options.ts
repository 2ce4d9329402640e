import { type Duration } from 'aws-cdk-lib';
import { type Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { type EvaluationRuns } from './evaluation-runs';
import { type EvaluationSet } from './evaluation-set';
import { type Judge } from './judge';
import { type AlarmsOptions, type IAlarms } from '../observability';

/** The least that each measure has to come to, from 0 to 1. A measure of which nothing could be measured has not come to it. */
export interface EvaluationThresholds {
  /** Recall: how much of what is relevant is among the passages that an answer is given from. @default - any */
  readonly recall?: number;

  /** Precision: how many of these passages are relevant. @default - any */
  readonly precision?: number;

  /** nDCG: how well they are ordered, against the best order of all that is relevant. @default - any */
  readonly ndcg?: number;

  /** Mean reciprocal rank: one by the place of the first that is relevant. @default - any */
  readonly mrr?: number;

  /** Faithfulness: the share of an answer's statements that its passages support, as the judge sees it. @default - any */
  readonly faithfulness?: number;

  /** Relevance: how well answers answer what is asked, a grade of the judge's from 1 to 5 as a share of the way. @default - any */
  readonly relevance?: number;

  /** Correctness: whether answers say what the reference says: 1, partly 0.5, not 0, as the judge sees it. @default - any */
  readonly correctness?: number;

  /** Abstention: how many of the questions that no document answers are not answered. @default - any */
  readonly abstention?: number;

  /** How many of all others are answered. @default - any */
  readonly answered?: number;

  /** How many questions are asked and judged to the end: of fewer the other figures say little. @default 0.9 */
  readonly completeness?: number;
}

/** How far a run may go. */
export interface EvaluationLimits {
  /**
   * Most questions of the set, from 1 to 5000. A longer set is an error, and nothing of it is asked.
   *
   * @default 1000
   */
  readonly questions?: number;

  /**
   * Questions that are asked at once, from 2 to 100. Each takes a call or two of the models' quotas.
   *
   * @default 4
   */
  readonly concurrency?: number;

  /**
   * How long questions are asked, from a minute to 12 hours; what is left then counts as failed. With a gate, this, `settling` and six minutes may take an hour together.
   *
   * @default Duration.minutes(30)
   */
  readonly time?: Duration;

  /**
   * How long documents may take to be in step with their index before the first question, from a minute to 12 hours. After that a gate fails, and any other run goes on and
   * says so.
   *
   * @default Duration.minutes(15)
   */
  readonly settling?: Duration;

  /**
   * Most US dollars that the models of a run may cost; what is left then counts as failed. Questions that are under way end. Embeddings are not counted.
   *
   * @default - no limit but the number of questions
   */
  readonly dollars?: number;
}

/** What is evaluated, how, and what has to come of it. */
export interface EvaluationOptions {
  /** The questions. */
  readonly set: EvaluationSet;

  /**
   * Who says whether answers hold.
   *
   * @default - the library's default model
   */
  readonly judge?: Judge;

  /**
   * When it runs.
   *
   * @default EvaluationRuns.onDeploy()
   */
  readonly runs?: EvaluationRuns;

  /**
   * What has to come of it: a gate lets nothing through that misses one of these, and alarms ring.
   *
   * @default - nine of ten questions are asked and judged to the end
   */
  readonly thresholds?: EvaluationThresholds;

  /**
   * How far a run may go.
   *
   * @default - 1000 questions, four at once, half an hour
   */
  readonly limits?: EvaluationLimits;

  /**
   * Where results are put, under `runs/`.
   *
   * @default - a private bucket is made
   */
  readonly results?: IBucket;
}

/** When somebody is told that answers got worse. */
export interface EvaluationAlarmsOptions extends AlarmsOptions {
  /**
   * How far a measure may fall from one run to the next, above 0 to 1.
   *
   * @default 0.1
   */
  readonly drop?: number;
}

/** An evaluation of answers. */
export interface IEvaluation {
  /** Where results are: under `runs/`, a folder a run with `report.html`, `summary.json` and `questions.jsonl`. */
  readonly results: IBucket;

  /** Whoever sends `{"evaluate":"all"}` here has a run begin; let them with `grantRun`. */
  readonly runRequests: IQueue;

  /** Lets somebody have a run begin. */
  grantRun(grantee: IGrantable): Grant;

  /** Adds alarms for measures below their thresholds or falling, for runs that break off, and for messages that are given up. */
  addAlarms(options?: EvaluationAlarmsOptions): IAlarms;

  /** A metric of evaluations by its name in CloudWatch; the average over an hour unless told otherwise. */
  metric(metricName: string, options?: MetricOptions): Metric;

  /** How much of what is relevant is found, from 0 to 1. */
  metricRecall(options?: MetricOptions): Metric;

  /** How much of what is found is relevant, from 0 to 1. */
  metricPrecision(options?: MetricOptions): Metric;

  /** How well what is found is ordered, from 0 to 1. */
  metricNdcg(options?: MetricOptions): Metric;

  /** One by the place of the first that is relevant, from 0 to 1. */
  metricMrr(options?: MetricOptions): Metric;

  /** The share of statements that passages support, from 0 to 1. */
  metricFaithfulness(options?: MetricOptions): Metric;

  /** How well answers answer what is asked, from 0 to 1. */
  metricRelevance(options?: MetricOptions): Metric;

  /** How far answers say what their references say, from 0 to 1. */
  metricCorrectness(options?: MetricOptions): Metric;

  /** How many questions are not answered that no document answers, from 0 to 1. */
  metricAbstention(options?: MetricOptions): Metric;

  /** How many of all other questions are answered, from 0 to 1. */
  metricAnswered(options?: MetricOptions): Metric;

  /** How many questions are asked and judged to the end, from 0 to 1. */
  metricCompleteness(options?: MetricOptions): Metric;

  /** What models cost, in US dollars; the sum. */
  metricCost(options?: MetricOptions): Metric;

  /** By how much the measure fell that fell most since the last run, from 0 to 1. */
  metricDrop(options?: MetricOptions): Metric;

  /** Runs that ended with figures; the sum. */
  metricRuns(options?: MetricOptions): Metric;

  /** Runs that could not be carried out; the sum. */
  metricBrokenRuns(options?: MetricOptions): Metric;
}
