import { ConditionContext, conditionsHold, withVariables } from './conditions';
import { many, matchesArn, matchesWildcard, PolicyDocument, PolicyStatement, statementsOf } from './policy';

export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

/** Which statement decided. */
export interface StatementReference {
  readonly policy: string;
  /** Position in the policy, from 0. */
  readonly index: number;
}

export type Decision =
  | { readonly effect: 'allow'; readonly statements: readonly StatementReference[] }
  | { readonly effect: 'deny'; readonly statement: StatementReference }
  | { readonly effect: 'none' };

export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/** IAM's rule for identity-based policies: a deny wins, then an allow, and silence means no. */
export function decide(policies: readonly NamedPolicy[], question: Question): Decision {
  const allowing: StatementReference[] = [];
  for (const { name, document } of policies) {
    for (const [index, statement] of statementsOf(document).entries()) {
      if (!applies(statement, question)) continue;
      if (statement.Effect === 'Deny') return { effect: 'deny', statement: { policy: name, index } };
      allowing.push({ policy: name, index });
    }
  }
  return allowing.length > 0 ? { effect: 'allow', statements: allowing } : { effect: 'none' };
}

function applies(statement: PolicyStatement, { action, resource, context }: Question): boolean {
  return matchesAction(statement, action) && matchesResource(statement, resource, context) && conditionsHold(statement.Condition, context);
}

export function matchesAction(statement: PolicyStatement, action: string): boolean {
  const matches = (pattern: string) => matchesWildcard(pattern, action, { ignoreCase: true });
  return statement.NotAction ? !many(statement.NotAction).some(matches) : many(statement.Action).some(matches);
}

function matchesResource(statement: PolicyStatement, resource: string, context: ConditionContext): boolean {
  const matches = (pattern: string) => pattern === '*' || matchesArn(withVariables(pattern, context), resource);
  return statement.NotResource ? !many(statement.NotResource).some(matches) : many(statement.Resource).some(matches);
}
