import { Names } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type Construct } from 'constructs';
import { type AlarmRules, AlarmSet } from './alarm-set';
import { type AlarmsOptions, type IAlarms } from './alarms';
import { type DashboardOptions } from './dashboard-options';
import { type Chart, OperationsDashboard, type OperationsDashboardProps } from './operations-dashboard';
import { METRICS_NAMESPACE } from '../contract/api';

export interface OperationsProps extends Pick<OperationsDashboardProps, 'documentation'> {
  /** Encrypts the topic of alarms that is made. */
  readonly encryptionKey?: IKey;
}

/** What watches one construct: its metrics, and its alarms and its dashboard in whichever order they are asked for. */
export class Operations {
  private alarms?: IAlarms;
  private dashboard?: OperationsDashboard;

  constructor(private readonly scope: Construct, private readonly props: OperationsProps) {}

  /** What the construct is called in metrics and logs. */
  public get service(): string {
    return Names.uniqueResourceName(this.scope, { separator: '-', maxLength: 64 });
  }

  /** A metric of the construct, or of what it is about besides; the sum over five minutes unless told otherwise. */
  public metric(metricName: string, about: Readonly<Record<string, string>>, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensionsMap = this.dimensions(about);
    return new cloudwatch.Metric({ namespace: METRICS_NAMESPACE, metricName, dimensionsMap, statistic: cloudwatch.Stats.SUM, ...options });
  }

  /** By what metrics are told apart: the construct, and what they are about besides. */
  public dimensions(about: Readonly<Record<string, string>>): { [name: string]: string } {
    return { Service: this.service, ...about };
  }

  public addAlarms(rules: AlarmRules, { topic }: AlarmsOptions): IAlarms {
    this.alarms = new AlarmSet(this.scope, 'Alarms', { rules, topic, encryptionKey: this.props.encryptionKey });
    this.dashboard?.addAlarms(this.alarms);
    return this.alarms;
  }

  public addDashboard(shown: Pick<OperationsDashboardProps, 'rows' | 'failures'>, options: DashboardOptions): cloudwatch.Dashboard {
    const { documentation } = this.props;
    this.dashboard = new OperationsDashboard(this.scope, 'Dashboard', { ...options, ...shown, heading: this.service, documentation, alarms: this.alarms });
    return this.dashboard;
  }

  /** Shows charts that came to be after the dashboard, where there is one. */
  public addRow(row: Chart[]) {
    this.dashboard?.addRow(row);
  }
}
