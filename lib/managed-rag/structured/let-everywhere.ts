import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledge } from '../../internal/acknowledge';
import { type ServiceRole } from '../../internal/handler-role';

/** Lets a role do what no resource can be named for, in a policy of its own that says why. */
export function letEverywhere(role: ServiceRole, id: string, actions: string[], reason: string, conditions?: Record<string, unknown>) {
  const policy = new ManagedPolicy(role, id, { roles: [role], statements: [new PolicyStatement({ actions, resources: ['*'], conditions })] });
  acknowledge(policy, 'AwsSolutions-IAM5[Resource::*]', reason);
}
