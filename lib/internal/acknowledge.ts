import { Stack, Validations } from 'aws-cdk-lib';
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
 * Accepts a wildcard in the resource of a statement that was granted.
 * It stands with the principal, because the statement does; a principal that is no construct has no policy here.
 */
export function acknowledgeWildcard(caller: IGrantable, resource: string, reason: string) {
  const principal: unknown = caller.grantPrincipal;
  if (Construct.isConstruct(principal)) acknowledgeResource(principal, resource, reason);
}

/** Accepts a wildcard in the resource of a statement that stands in this policy, or below it. */
export function acknowledgeResource(scope: IConstruct, resource: string, reason: string) {
  acknowledge(scope, `AwsSolutions-IAM5[Resource::${spelled(Stack.of(scope).resolve(resource))}]`, reason);
}

/** An ARN as the rule spells it in its finding: a reference in angle brackets, a joined text joined. */
function spelled(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner]] = Object.entries(value as Record<string, unknown>);
  if (name === 'Ref') return `<${inner}>`;
  if (name === 'Fn::GetAtt') return `<${(inner as string[]).join('.')}>`;
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(spelled).join((inner as [string, unknown[]])[0]);
  return JSON.stringify(value);
}
