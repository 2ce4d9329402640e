import { type ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

/** What makes a knowledge base read its documents. */
export interface SyncTriggers {
  readonly onDeploy: boolean;
  readonly onChange: boolean;
  readonly backlog?: number;
  readonly schedules: readonly ScheduleExpression[];
}

/** Options of `SyncPolicy.onChange`. */
export interface OnChangeOptions {
  /**
   * How many changes may wait before one job that looks through the whole source takes their place, from 10 to 100,000. Bedrock reads few documents a second
   * one by one, and a job looks at all that there are: the larger the source, the more changes are worth reading by themselves. Not for managed knowledge
   * bases, which are read by jobs in any case, and not for `DiyRag`, which takes changes as they come.
   *
   * @default 1000
   */
  readonly backlog?: number;
}

/**
 * When a knowledge base reads its documents. Only what is new or has changed is read; what is gone is forgotten.
 *
 * @example
 * const sync = SyncPolicy.onChange().also(SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))));
 */
export abstract class SyncPolicy {
  /**
   * Seconds after a document in a bucket is put, replaced or deleted, or what describes it: that document alone is read. Sources without a bucket tell nobody of changes.
   *
   * @param options when a job does it at once instead
   */
  public static onChange(options: OnChangeOptions = {}): SyncPolicy {
    return new Policy({ onDeploy: false, onChange: true, backlog: options.backlog, schedules: [] });
  }

  /** After each deployment of the stack: every source is looked through. */
  public static onDeploy(): SyncPolicy {
    return new Policy({ onDeploy: true, onChange: false, schedules: [] });
  }

  /**
   * At times: every source is looked through.
   *
   * @param expression when, such as `ScheduleExpression.rate(Duration.days(1))` or a cron expression of a time zone
   */
  public static schedule(expression: ScheduleExpression): SyncPolicy {
    return new Policy({ onDeploy: false, onChange: false, schedules: [expression] });
  }

  /** Only when somebody whom `grantSync` lets sends `{"sync":"all"}` to the queue `syncRequests`, as they may with any policy. */
  public static manual(): SyncPolicy {
    return new Policy({ onDeploy: false, onChange: false, schedules: [] });
  }

  /** @internal */
  public abstract readonly _triggers: SyncTriggers;

  /** Both this and another. Where both say how many changes may wait, the other one counts. */
  public abstract also(other: SyncPolicy): SyncPolicy;
}

class Policy extends SyncPolicy {
  constructor(public readonly _triggers: SyncTriggers) {
    super();
  }

  public also({ _triggers: other }: SyncPolicy): SyncPolicy {
    const { onDeploy, onChange, backlog, schedules } = this._triggers;
    return new Policy({
      onDeploy: onDeploy || other.onDeploy,
      onChange: onChange || other.onChange,
      backlog: other.backlog ?? backlog,
      schedules: [...schedules, ...other.schedules],
    });
  }
}
