import { EventBus, eventBridge } from './bus';
import { Schedules } from './schedules';
import { Targets } from './targets';
import type { Deployment } from '../assembly/deployment';
import { arn } from '../assembly/identity';
import type { AwsService } from '../aws/service';
import type { Principals } from '../iam/principals';
import { allowsService } from '../iam/resource-policy';
import { mayGiveUp, serviceRole } from '../iam/service-role';
import { startEventSources } from '../lambda/event-source';
import type { FunctionPool } from '../lambda/pool';
import { deadLetterQueues, type Invoker } from '../lambda/service';
import { type Disturbance, Notifications } from '../s3/notifications';
import type { Buckets } from '../s3/store';
import { Queues } from '../sqs/queues';
import { sqs } from '../sqs/service';

export interface EventingOptions {
  readonly deployment: Deployment;
  readonly principals: Principals;
  readonly buckets: Buckets;
  readonly lambda: Invoker;
  functionOf(functionArn: string): FunctionPool | undefined;
  readonly onNotice: (line: string) => void;
}

/** What tests and the page do with the events of a local cloud. */
export interface Events {
  /** The queues, with what lies in them. */
  readonly queues: Queues;
  /** Lets the schedules and scheduled rules go off whose name contains the text: none of them does by itself. The answer is their names. */
  fire(name: string): string[];
  /** What CloudFormation tells when every stack comes to a state: `CREATE_COMPLETE` is told when all runs; a test may tell `DELETE_IN_PROGRESS`. */
  tellOfStacks(status: string): void;
  /** What CloudFormation tells when each resource of a type whose logical id contains the text comes to a state. The answer is their physical ids. */
  tellOfResources(type: string, logicalId: string, status: string): string[];
  /** Sends events of buckets twice, late, in another order or not at all, as may happen at AWS. */
  disturb(disturbance: Disturbance): void;
}

/** The queues, rules, schedules and notifications of a deployment, at work. */
export class Eventing implements Events {
  readonly queues = new Queues();
  readonly services: readonly AwsService[];
  private readonly notifications: Notifications;
  private readonly bus: EventBus;
  private readonly schedules: Schedules;

  constructor(private readonly options: EventingOptions) {
    const { deployment, lambda, buckets, onNotice } = options;
    const targets = new Targets({ queues: this.queues, lambda, onNotice, mayInvoke: invokePermissions(deployment) });
    const roleOf = (roleArn: string) => serviceRole(options.principals, roleArn, onNotice);
    this.bus = new EventBus(targets, roleOf);
    this.schedules = new Schedules(targets, roleOf);
    this.notifications = new Notifications(targets, this.bus);
    for (const part of [this.queues, this.bus, this.schedules, this.notifications]) part.create(deployment);
    buckets.onChange((change) => this.notifications.tell(change));
    this.services = [sqs(this.queues), eventBridge(this.bus)];
  }

  /** Begins to read queues for functions; the answer ends it. */
  start(): () => Promise<void> {
    const { deployment, principals, functionOf, onNotice } = this.options;
    const roles = new Map(deployment.resources('AWS::Lambda::Function').map((resource) => [deployment.attribute(resource, 'Arn'), String(deployment.property(resource, 'Role'))]));
    for (const [functionArn, queueArn] of deadLetterQueues(deployment)) mayGiveUp(serviceRole(principals, roles.get(functionArn) ?? '', onNotice), queueArn);
    const sources = startEventSources(deployment, {
      queues: this.queues, functionOf, onNotice, roleOf: (functionArn) => serviceRole(principals, roles.get(functionArn) ?? '', onNotice),
    });
    return () => sources.stop();
  }

  tellOfStacks(status: string): void {
    for (const { name } of this.options.deployment.stacks) {
      const stackId = arn('cloudformation', `stack/${name}/local`);
      const detail = { 'stack-id': stackId, 'status-details': { 'status': status, 'status-reason': '' }, 'client-request-token': '' };
      this.bus.put({ source: 'aws.cloudformation', detailType: 'CloudFormation Stack Status Change', resources: [stackId], detail });
    }
  }

  tellOfResources(type: string, logicalId: string, status: string): string[] {
    const { deployment } = this.options;
    return deployment.resources(type).filter((resource) => resource.logicalId.includes(logicalId)).map((resource) => {
      const stackId = arn('cloudformation', `stack/${resource.stack.name}/local`);
      const detail = {
        'stack-id': stackId,
        'logical-resource-id': resource.logicalId,
        'physical-resource-id': deployment.ref(resource),
        'status-details': { 'status': status, 'status-reason': '' },
        'resource-type': type,
        'client-request-token': '',
      };
      this.bus.put({ source: 'aws.cloudformation', detailType: 'CloudFormation Resource Status Change', resources: [stackId], detail });
      return detail['physical-resource-id'];
    });
  }

  fire(name: string): string[] {
    if (name === '') throw new Error("'name' must say which schedules go off, got nothing: a part of their names");
    return [...this.schedules.fire(name), ...this.bus.fire(name)];
  }

  disturb(disturbance: Disturbance): void {
    this.notifications.disturb(disturbance);
  }

  /** Turns the URLs of queues into those of this machine. */
  localise(text: string, endpoint: string): string {
    return this.queues.all.reduce((known, { definition: { url, name } }) => known.replaceAll(url, `${endpoint}/queue/${name}`), text);
  }
}

/** Who may call a function by its own policy, from the permissions of the templates. */
function invokePermissions(deployment: Deployment): (service: string, sourceArn: string, functionArn: string) => boolean {
  const permissions = deployment.resources('AWS::Lambda::Permission').map((resource) => deployment.properties(resource) as Readonly<Record<string, string>>);
  return (service, sourceArn, functionArn) => {
    const [plain] = [functionArn.split(':').slice(0, 7).join(':')];
    const statements = permissions.filter(({ FunctionName }) => FunctionName === functionArn || FunctionName === plain || FunctionName === plain.split(':')[6])
      .map(({ Principal, Action, SourceArn, SourceAccount }) => ({
        Effect: 'Allow',
        Principal: { Service: Principal },
        Action,
        Resource: functionArn,
        Condition: { ...SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }, ...SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } } },
      }));
    return allowsService([{ Statement: statements }], { service, action: 'lambda:InvokeFunction', resource: functionArn, context: { 'aws:SourceArn': sourceArn } });
  };
}
