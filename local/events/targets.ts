import type { ServiceRole } from '../iam/service-role';
import type { Invoker } from '../lambda/service';
import type { Queues } from '../sqs/queues';

/** What a rule, a schedule or a bucket sends its events to. */
export interface Target {
  readonly arn: string;
  /** The group in a FIFO queue. */
  readonly messageGroupId?: string;
  /** In whose name it is called; without it the target's own policy must let the service in. */
  readonly role?: ServiceRole;
  readonly deadLetterArn?: string;
}

export interface Sender {
  /** The AWS service that sends: `events.amazonaws.com`. */
  readonly service: string;
  readonly sourceArn: string;
}

export interface TargetsOptions {
  readonly queues: Queues;
  readonly lambda: Invoker;
  /** Whether the function's policy lets a service call it for a source. */
  readonly mayInvoke: (service: string, sourceArn: string, functionArn: string) => boolean;
  readonly onNotice: (line: string) => void;
}

/** Hands events to functions and queues, under the permissions that the templates give. */
export class Targets {
  constructor(private readonly options: TargetsOptions) {}

  deliver(payload: string, target: Target, sender: Sender): void {
    const problem = this.send(payload, target, sender);
    if (problem === undefined) return;
    this.options.onNotice(`local cloud: an event of ${sender.sourceArn} is not delivered: ${problem}`);
    if (target.deadLetterArn === undefined) return;
    const lost = this.send(payload, { arn: target.deadLetterArn, role: target.role }, sender);
    if (lost !== undefined) this.options.onNotice(`local cloud: it is lost: ${lost}`);
  }

  private send(payload: string, { arn, role, messageGroupId }: Target, { service, sourceArn }: Sender): string | undefined {
    const [, , kind] = arn.split(':');
    try {
      if (kind === 'sqs' && role) return this.sendAs(role, arn, payload, messageGroupId);
      if (kind === 'sqs') return this.options.queues.sendFrom(service, sourceArn, arn, { body: payload, groupId: messageGroupId });
      if (kind !== 'lambda') return `the local cloud sends events to functions and queues only, not to ${arn}`;
      if (role) role.require({ action: 'lambda:InvokeFunction', resource: arn });
      else if (!this.options.mayInvoke(service, sourceArn, arn)) return `no permission of the function ${arn} lets ${service} call it for ${sourceArn}`;
      return this.options.lambda.invokeAsync(arn, payload) ? undefined : `there is no function ${arn}`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private sendAs(role: ServiceRole, queueArn: string, body: string, groupId: string | undefined): string | undefined {
    const queue = this.options.queues.find(queueArn);
    if (!queue) return `there is no queue ${queueArn}`;
    role.require({ action: 'sqs:SendMessage', resource: queueArn });
    this.options.queues.send(queue, { body, groupId }, 'local');
    return undefined;
  }
}
