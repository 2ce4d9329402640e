import { randomUUID } from 'node:crypto';
import type { Target, Targets } from './targets';
import type { Deployment } from '../assembly/deployment';
import { mayGiveUp, type ServiceRole } from '../iam/service-role';

interface Schedule {
  readonly name: string;
  readonly arn: string;
  readonly input: string;
  readonly target: Target;
}

interface ScheduleProperties {
  readonly State?: string;
  readonly Target: {
    readonly Arn: string;
    readonly RoleArn: string;
    readonly Input?: string;
    readonly SqsParameters?: { readonly MessageGroupId?: string };
    readonly DeadLetterConfig?: { readonly Arn: string };
  };
}

/** EventBridge Scheduler: the schedules of the templates, which go off when they are told to. */
export class Schedules {
  private readonly schedules: Schedule[] = [];

  constructor(private readonly targets: Targets, private readonly roleOf: (roleArn: string) => ServiceRole) {}

  create(deployment: Deployment): void {
    for (const resource of deployment.resources('AWS::Scheduler::Schedule')) {
      const { State, Target: target } = deployment.properties(resource) as unknown as ScheduleProperties;
      if (State === 'DISABLED') continue;
      const input = target.Input ?? '{}';
      const role = this.roleOf(target.RoleArn);
      // Whether it ever sends there or not, it must be able to.
      if (target.DeadLetterConfig) mayGiveUp(role, target.DeadLetterConfig.Arn);
      this.schedules.push({
        name: deployment.id(resource),
        arn: deployment.attribute(resource, 'Arn'),
        input,
        target: {
          arn: target.Arn,
          role,
          messageGroupId: target.SqsParameters?.MessageGroupId,
          deadLetterArn: target.DeadLetterConfig?.Arn,
        },
      });
    }
  }

  get names(): readonly string[] {
    return this.schedules.map(({ name }) => name);
  }

  /** Lets the schedules go off whose name contains the text; the answer is their names. */
  fire(name: string): string[] {
    const found = this.schedules.filter((schedule) => schedule.name.includes(name));
    for (const schedule of found) {
      this.targets.deliver(withContext(schedule), schedule.target, { service: 'scheduler.amazonaws.com', sourceArn: schedule.arn });
    }
    return found.map((schedule) => schedule.name);
  }
}

/** The words that a schedule may put into its input. */
function withContext({ input, arn }: Schedule): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', new Date().toISOString().replace(/\.\d+Z$/, 'Z'))
    .replaceAll('<aws.scheduler.execution-id>', randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
