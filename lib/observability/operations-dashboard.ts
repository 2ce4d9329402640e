import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { type IAlarms } from './alarms';
import { type DashboardOptions } from './dashboard-options';
import { requireFirst } from '../internal/validation';

/** One question and the lines that answer it. */
export interface Chart {
  readonly title: string;
  /** The unit of the axis. */
  readonly unit: string;
  readonly lines: cloudwatch.IMetric[];
}

export interface OperationsDashboardProps extends DashboardOptions {
  /** What is watched. */
  readonly heading: string;
  /** Where its reader finds what every line means. */
  readonly documentation: string;
  /** Alarms that there are already; others are added at the end. */
  readonly alarms?: IAlarms;
  /** The questions in the order in which they are asked; those of a row that is too long go on in the next. */
  readonly rows: Chart[][];
  /** What failed last. */
  readonly failures: Failures;
}

/** Lines of a log that tell of failures. */
export interface Failures {
  readonly title: string;
  readonly logs: ILogGroup;
  readonly fields: string;
  readonly filter: string;
}

/** The failures of handlers that write a line for each request. */
export function failedRequests(logs: ILogGroup): Failures {
  return { title: 'Requests that failed last', logs, fields: 'route, status, errorCode, cause, requestId, xray_trace_id', filter: 'ispresent(errorCode)' };
}

const WIDTH = 24;
/** A chart that is narrower tells little, and CloudWatch counts widths in whole columns. */
const BESIDE = 4;
const INTERVAL = Duration.hours(3);

/** A construct on one page, for whoever is called at night: what is wrong, since when, and the requests that failed last. */
export class OperationsDashboard extends cloudwatch.Dashboard {
  constructor(scope: Construct, id: string, props: OperationsDashboardProps) {
    super(scope, requireFirst(scope, id, 'addDashboard'), { dashboardName: props.dashboardName, defaultInterval: props.defaultInterval ?? INTERVAL });
    const { heading, documentation, alarms, rows, failures } = props;
    this.addWidgets(new cloudwatch.TextWidget({
      width: WIDTH,
      height: 2,
      markdown: `# ${heading}\n[What the lines mean and what to do](${documentation}). Log group: \`${failures.logs.logGroupName}\``,
    }));
    if (alarms) this.addAlarms(alarms);
    for (const row of rows) this.addRow(row);
    this.addWidgets(this.latest(failures));
  }

  /** Shows charts beside each other, four at most; more are spread evenly over rows. */
  public addRow(row: Chart[]) {
    const together = Math.ceil(row.length / Math.ceil(row.length / BESIDE));
    for (let first = 0; first < row.length; first += together) {
      const charts = row.slice(first, first + together);
      this.addWidgets(...charts.map((chart) => graph(chart, WIDTH / charts.length)));
    }
  }

  /** Shows which alarms ring. */
  public addAlarms({ alarms }: IAlarms) {
    this.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'Alarms', width: WIDTH, height: 3, alarms: Object.values(alarms) }));
  }

  private latest({ title, logs, fields, filter }: Failures) {
    return new cloudwatch.LogQueryWidget({
      title,
      width: WIDTH,
      height: 6,
      logGroupNames: [logs.logGroupName],
      queryLines: [`fields @timestamp, ${fields}`, `filter ${filter}`, 'sort @timestamp desc', 'limit 20'],
    });
  }
}

function graph({ title, unit, lines }: Chart, width: number) {
  return new cloudwatch.GraphWidget({ title, width, height: 6, left: lines, leftYAxis: { label: unit, min: 0, showUnits: false } });
}
