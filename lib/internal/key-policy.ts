import { Annotations, Stack } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IConstruct } from 'constructs';

/** What keys have been told already: the policy of a key that many resources share says it once. */
const told = new WeakMap<IKey, Set<string>>();

/**
 * Lets a service use a key in its own name, by the key's policy. That of a key which was made elsewhere is out of reach, and nothing would be said of it
 * until the first call fails: the synthesis warns, with the statement.
 */
export function letServiceUse(scope: IConstruct, key: IKey, statement: Omit<PolicyStatementProps, 'resources'> & { readonly sid: string }) {
  const known = told.get(key) ?? new Set();
  if (known.has(statement.sid)) return;
  told.set(key, known.add(statement.sid));
  const whole = new PolicyStatement({ ...statement, resources: ['*'] });
  if (key.addToResourcePolicy(whole).statementAdded) return;
  Annotations.of(scope).addWarningV2(`cdk-genai-patterns:keyPolicy${statement.sid}`,
    `The key ${key.node.path} was made elsewhere, and its policy must hold this statement, which cannot be added from here: ${JSON.stringify(spelled(Stack.of(scope).resolve(whole.toStatementJson())))}`);
}

/** As JSON, what the deployment knows by CloudFormation's names for it. */
function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, inner]] = Object.entries(value);
  if (name === 'Ref') return `\${${inner}}`;
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(spelled).join((inner as [string, unknown[]])[0]);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spelled(each)]));
}
