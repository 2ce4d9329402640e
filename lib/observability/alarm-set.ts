import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmTopic } from './alarm-topic';
import { type AlarmsOptions, type IAlarms } from './alarms';
import { requireFirst } from '../internal/validation';

interface AlarmRule {
  readonly metric: cloudwatch.IMetric;
  /** How many periods are looked at. */
  readonly periods: number;
  /** How many of them must be bad; all, unless told. */
  readonly badPeriods?: number;
  /** What it means that the alarm rings. */
  readonly means: string;
  /** What its reader does first. */
  readonly next: string;
  /** Whether it stays as it is until there is another value: for what is measured once in a while. */
  readonly untilNext?: boolean;
}

/** Rings above a number. */
export interface ThresholdRule extends AlarmRule {
  readonly above: number;
}

/** Rings below a number. */
export interface FloorRule extends AlarmRule {
  readonly below: number;
}

/** Rings above what is usual for the hour and the day of the week, as CloudWatch learns it. */
export interface BandRule extends AlarmRule {
  /** Width of what is usual, in standard deviations. */
  readonly deviations: number;
}

/** What a construct wants to be told of, by the name of the alarm. */
export type AlarmRules = Readonly<Record<string, ThresholdRule | FloorRule | BandRule>>;

export interface AlarmSetProps extends AlarmsOptions {
  readonly rules: AlarmRules;
  /** Encrypts the topic that is made. */
  readonly encryptionKey?: IKey;
}

/** The alarms of one construct, and the topic that tells of them. */
export class AlarmSet extends Construct implements IAlarms {
  public readonly topic: ITopic;
  public readonly alarms: { [name: string]: cloudwatch.AlarmBase };

  constructor(scope: Construct, id: string, { rules, topic, encryptionKey }: AlarmSetProps) {
    super(scope, requireFirst(scope, id, 'addAlarms'));
    this.topic = topic ?? new AlarmTopic(this, 'Topic', encryptionKey);
    this.alarms = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, this.defineAlarm(name, rule)]));
  }

  private defineAlarm(name: string, rule: ThresholdRule | FloorRule | BandRule) {
    const { metric, periods, badPeriods, means, next, untilNext = false } = rule;
    const common = {
      metric,
      alarmDescription: `${means} Next: ${next}`,
      evaluationPeriods: periods,
      datapointsToAlarm: badPeriods,
      // Nothing is counted where nothing is asked: silence is no failure.
      treatMissingData: untilNext ? cloudwatch.TreatMissingData.IGNORE : cloudwatch.TreatMissingData.NOT_BREACHING,
    };
    const alarm = this.define(name, rule, common);
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }

  private define(name: string, rule: ThresholdRule | FloorRule | BandRule, common: Omit<cloudwatch.AlarmProps, 'threshold'>) {
    const { ComparisonOperator } = cloudwatch;
    if ('above' in rule) return new cloudwatch.Alarm(this, name, { ...common, threshold: rule.above, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD });
    if ('below' in rule) return new cloudwatch.Alarm(this, name, { ...common, threshold: rule.below, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD });
    const { GREATER_THAN_UPPER_THRESHOLD: comparisonOperator } = ComparisonOperator;
    return new cloudwatch.AnomalyDetectionAlarm(this, name, { ...common, stdDevs: rule.deviations, comparisonOperator });
  }
}
