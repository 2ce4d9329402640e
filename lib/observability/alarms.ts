import { type AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';
import { type ITopic } from 'aws-cdk-lib/aws-sns';

/** Who is told of alarms. */
export interface AlarmsOptions {
  /**
   * Where alarms are sent, when they begin and when they are over. The policy of a topic of yours, and of its key, must let CloudWatch publish.
   *
   * @default - a topic is made, encrypted with the construct's key where it has one; subscribe to it
   */
  readonly topic?: ITopic;
}

/** The alarms of one construct. */
export interface IAlarms {
  /** Where they are sent. */
  readonly topic: ITopic;

  /** Each alarm, by its name in the construct's documentation. */
  readonly alarms: { [name: string]: AlarmBase };
}
