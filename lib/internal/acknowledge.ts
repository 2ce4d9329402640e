import { Validations } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

/**
 * Accepts one finding of a rule pack where it stands, with a reason for the reviewer.
 * As `Validations.of(scope).acknowledge`, which refuses the ids of findings about ARNs because they hold `::` more than once.
 */
export function acknowledge(scope: IConstruct, id: string, reason: string) {
  if (id.split('::').length <= 2) Validations.of(scope).acknowledge({ id, reason });
  else scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

/**
 * Accepts a wildcard in a statement that was granted, as the rule spells it (`Resource::arn:<AWS::Partition>:…`).
 * It stands with the principal, because the statement does; a principal that is no construct has no policy here.
 */
export function acknowledgeWildcard(caller: IGrantable, finding: string, reason: string) {
  const principal: unknown = caller.grantPrincipal;
  if (Construct.isConstruct(principal)) acknowledge(principal, `AwsSolutions-IAM5[${finding}]`, reason);
}
