import type { Principals } from './principals';
import { REGION } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { Authorization } from '../aws/service';
import { accessKeyOf } from '../principals';

/** What an AWS service does in the name of a role that a template gives it: a queue is polled, a bucket is read. */
export interface ServiceRole {
  /** Throws what the service would be told where the role may not. */
  require(authorization: Authorization): void;
}

/** Asks for the right to send what fails to a queue, which services look for before anything fails; that it is missing is told where denials are. */
export function mayGiveUp(role: ServiceRole, queueArn: string): void {
  try {
    if (queueArn.split(':')[2] === 'sqs') role.require({ action: 'sqs:SendMessage', resource: queueArn });
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
  }
}

/** A role of the templates; of one that they only import nothing is known, so all is allowed. */
export function serviceRole(principals: Principals, roleArn: string, onDenied: (message: string) => void): ServiceRole {
  const accessKeyId = accessKeyOf(roleArn);
  return {
    require(authorization) {
      if (!principals.knows(accessKeyId)) return;
      const denial = principals.authorize({ accessKeyId, region: REGION }, authorization);
      if (!denial) return;
      onDenied(denial.message);
      throw new AwsFailure('AccessDeniedException', 403, denial.message);
    },
  };
}
