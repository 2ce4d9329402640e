import { type ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

/** What makes an evaluation run. */
export interface EvaluationTriggers {
  readonly onDeploy: boolean;
  readonly gate: boolean;
  readonly schedules: readonly ScheduleExpression[];
}

/**
 * When answers are evaluated. Whoever `grantRun` lets may have it done at any time besides.
 *
 * @example
 * const runs = EvaluationRuns.gate().also(EvaluationRuns.schedule(ScheduleExpression.rate(Duration.days(1))));
 */
export abstract class EvaluationRuns {
  /**
   * As the last step of a deployment that changes what is evaluated, the set, thresholds or this package, and the deployment waits: where a threshold is missed it fails with the
   * figures, and CloudFormation rolls it back. What was let through before passes at once, as a rollback must.
   */
  public static gate(): EvaluationRuns {
    return new Runs({ onDeploy: false, gate: true, schedules: [] });
  }

  /** After each deployment, which does not wait for it. */
  public static onDeploy(): EvaluationRuns {
    return new Runs({ onDeploy: true, gate: false, schedules: [] });
  }

  /**
   * At times.
   *
   * @param expression when, such as `ScheduleExpression.rate(Duration.days(1))` or a cron expression of a time zone
   */
  public static schedule(expression: ScheduleExpression): EvaluationRuns {
    return new Runs({ onDeploy: false, gate: false, schedules: [expression] });
  }

  /** Only when somebody whom `grantRun` lets sends `{"evaluate":"all"}` to the queue `runRequests`. */
  public static manual(): EvaluationRuns {
    return new Runs({ onDeploy: false, gate: false, schedules: [] });
  }

  /** @internal */
  public abstract readonly _triggers: EvaluationTriggers;

  /** Both this and another. */
  public abstract also(other: EvaluationRuns): EvaluationRuns;
}

class Runs extends EvaluationRuns {
  constructor(public readonly _triggers: EvaluationTriggers) {
    super();
  }

  public also({ _triggers: other }: EvaluationRuns): EvaluationRuns {
    const { onDeploy, gate, schedules } = this._triggers;
    return new Runs({ onDeploy: onDeploy || other.onDeploy, gate: gate || other.gate, schedules: [...schedules, ...other.schedules] });
  }
}
