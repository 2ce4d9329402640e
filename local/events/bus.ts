import { randomUUID } from 'node:crypto';
import { inputFor, type TargetInput } from './input';
import { matchesPattern, type Pattern } from './pattern';
import type { Target, Targets } from './targets';
import type { Deployment } from '../assembly/deployment';
import { ACCOUNT, arn, REGION } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsRequest, AwsService } from '../aws/service';
import type { ServiceRole } from '../iam/service-role';

/** What happened, as whoever sends it says. */
export interface SentEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  readonly resources?: readonly string[];
  /** Name or ARN. @default - the account's own bus */
  readonly bus?: string;
}

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly bus: string;
  readonly pattern?: Pattern;
  readonly scheduled: boolean;
  readonly targets: readonly (Target & { readonly input: TargetInput })[];
}

interface RuleProperties {
  readonly EventBusName?: string;
  readonly EventPattern?: Pattern | string;
  readonly ScheduleExpression?: string;
  readonly State?: string;
  readonly Targets?: readonly (TargetInput & {
    readonly Arn: string;
    readonly RoleArn?: string;
    readonly SqsParameters?: { readonly MessageGroupId: string };
    readonly DeadLetterConfig?: { readonly Arn: string };
  })[];
}

interface Entry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Resources?: readonly string[];
  readonly EventBusName?: string;
}

/** EventBridge: rules of the templates over events of the account's bus and of others. */
export class EventBus {
  private readonly rules: Rule[] = [];

  constructor(private readonly targets: Targets, private readonly roleOf: (roleArn: string) => ServiceRole) {}

  create(deployment: Deployment): void {
    for (const resource of deployment.resources('AWS::Events::Rule')) {
      const { EventBusName, EventPattern, ScheduleExpression, State, Targets: targets = [] } = deployment.properties(resource) as RuleProperties;
      if (State === 'DISABLED') continue;
      this.rules.push({
        name: deployment.id(resource),
        arn: deployment.attribute(resource, 'Arn'),
        bus: busName(EventBusName),
        pattern: typeof EventPattern === 'string' ? JSON.parse(EventPattern) as Pattern : EventPattern,
        scheduled: ScheduleExpression !== undefined,
        targets: targets.map((target) => ({
          arn: target.Arn,
          messageGroupId: target.SqsParameters?.MessageGroupId,
          role: target.RoleArn === undefined ? undefined : this.roleOf(target.RoleArn),
          deadLetterArn: target.DeadLetterConfig?.Arn,
          input: target,
        })),
      });
    }
  }

  /** Sends an event to all whose rule asks for it; the answer is its id. */
  put({ source, detailType, detail, resources = [], bus }: SentEvent): string {
    const event = envelope(source, detailType, resources, detail);
    for (const rule of this.rules) {
      if (rule.bus === busName(bus) && rule.pattern && matchesPattern(rule.pattern, event)) this.send(rule, event);
    }
    return event.id;
  }

  /** Lets the scheduled rules go off whose name contains the text; the answer is their names. */
  fire(name: string): string[] {
    const found = this.rules.filter((rule) => rule.scheduled && rule.name.includes(name));
    for (const rule of found) {
      this.send(rule, envelope('aws.events', 'Scheduled Event', [rule.arn], {}));
    }
    return found.map((rule) => rule.name);
  }

  private send(rule: Rule, event: object): void {
    for (const target of rule.targets) this.targets.deliver(inputFor(target.input, event), target, { service: 'events.amazonaws.com', sourceArn: rule.arn });
  }
}

/** `PutEvents`, as functions call it. */
export function eventBridge(bus: EventBus): AwsService {
  const entriesOf = ({ headers, body }: AwsRequest) => {
    const operation = (headers['x-amz-target'] ?? '').split('.')[1];
    if (operation !== 'PutEvents') throw new AwsFailure('UnknownOperationException', 400, `the local EventBridge has no operation ${operation ?? 'without a name'}, only PutEvents`);
    const { Entries = [] } = JSON.parse(body.toString()) as { Entries?: readonly Entry[] };
    if (Entries.length < 1 || Entries.length > 10) throw new AwsFailure('ValidationException', 400, `'entries' must have 1 to 10 members, got ${Entries.length}`);
    return Entries;
  };
  return {
    name: 'events',
    authorizations: (request) => [...new Set(entriesOf(request).map(({ EventBusName }) => busName(EventBusName)))]
      .map((name) => ({ action: 'events:PutEvents', resource: arn('events', `event-bus/${name}`) })),
    async handle(request) {
      const results = entriesOf(request).map(({ Source, DetailType, Detail, Resources, EventBusName }) => {
        if (!Source || !DetailType || !Detail) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType and Detail are required' };
        try {
          const detail = JSON.parse(Detail) as object;
          return { EventId: bus.put({ source: Source, detailType: DetailType, detail, resources: Resources, bus: EventBusName }) };
        } catch {
          return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
        }
      });
      const failed = results.filter((result) => 'ErrorCode' in result).length;
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ FailedEntryCount: failed, Entries: results }) };
    },
  };
}

function busName(name = 'default'): string {
  return name.split('/').pop() ?? name;
}

function envelope(source: string, detailType: string, resources: readonly string[], detail: object) {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return { 'version': '0', 'id': randomUUID(), 'detail-type': detailType, source, 'account': ACCOUNT, time, 'region': REGION, resources, detail };
}
