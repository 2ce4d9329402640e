import { Validations } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/**
 * Accepts one finding of a rule pack where it stands, with a reason for the reviewer.
 * As `Validations.of(scope).acknowledge`, which refuses the ids of findings about ARNs because they hold `::` more than once.
 */
export function acknowledge(scope: IConstruct, id: string, reason: string) {
  if (id.split('::').length <= 2) Validations.of(scope).acknowledge({ id, reason });
  else scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}
