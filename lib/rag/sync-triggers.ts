import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, type ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { type SyncQueues } from './sync-queues';
import { type SyncRequest } from '../contract/document-sync';
import { EventRule } from '../internal/event-rule';
import { ServiceRole } from '../internal/handler-role';
import { type Build } from '../posture/build';

const EVERYTHING: SyncRequest = { sync: 'all' };

/** The queue that takes requests, and the one for what cannot be delivered. */
type Lines = Pick<SyncQueues, 'jobs' | 'lost'>;

/** What CloudFormation says of the stack itself as it comes to one of these states. */
export function stackEvents(...states: string[]) {
  return {
    source: ['aws.cloudformation'],
    detailType: ['CloudFormation Stack Status Change'],
    detail: { 'stack-id': [Aws.STACK_ID], 'status-details': { status: states } },
  };
}

/** Asks for everything to be looked through after each deployment, or for what else its message says, without a custom resource that would hold the deployment up. */
export class DeploymentTrigger extends Construct {
  constructor(scope: Construct, id: string, { jobs, lost }: Lines, message: object = EVERYTHING) {
    super(scope, id);
    new EventRule(this, 'Rule', stackEvents('CREATE_COMPLETE', 'UPDATE_COMPLETE'), lost).sendTo(jobs, message);
  }
}

/** Asks for everything to be looked through at times, or for what else its message says. */
export class ScheduleTrigger extends Construct {
  constructor(
    scope: Construct, id: string, schedules: readonly ScheduleExpression[], { jobs, lost }: Lines, { encryptionKey }: Build, message: object = EVERYTHING,
  ) {
    super(scope, id);
    const role = new ServiceRole(this, 'Role', 'scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } });
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [jobs.queueArn, lost.queueArn] }));
    if (encryptionKey) role.allowEncryption(encryptionKey, 'sqs');
    schedules.forEach(({ expressionString, timeZone }, place) => {
      const schedule = new CfnSchedule(this, `Schedule${place + 1}`, {
        scheduleExpression: expressionString,
        scheduleExpressionTimezone: timeZone?.timezoneName,
        flexibleTimeWindow: { mode: 'OFF' },
        target: { arn: jobs.queueArn, roleArn: role.roleArn, input: JSON.stringify(message), deadLetterConfig: { arn: lost.queueArn } },
      });
      schedule.node.addDependency(role);
    });
  }
}
