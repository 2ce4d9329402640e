import { type Duration } from 'aws-cdk-lib';

/** How a construct's dashboard is shown. */
export interface DashboardOptions {
  /**
   * What the dashboard is called in its account.
   *
   * @default - a name made from those of the stack and the construct
   */
  readonly dashboardName?: string;

  /**
   * How much of the past is shown when the dashboard is opened.
   *
   * @default Duration.hours(3)
   */
  readonly defaultInterval?: Duration;
}
