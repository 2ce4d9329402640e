import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';

export interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: object;
}

/** Binds something to a role of a stack and says what the role may do then, with intrinsic functions written as `${Name}`. */
export function bind<Binding>(act: (stack: Stack, role: iam.Role) => Binding, region?: string) {
  const stack = new Stack(new App(), 'Stack', { env: { region } });
  const role = new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const binding = act(stack, role);
  const template = Template.fromStack(stack);
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .map(({ Action, Resource, Condition }) => spelled({ Action, Resource, Condition }) as Statement);
  return { binding: spelled(stack.resolve(binding)) as Binding, statements, template, stack, warnings: warnings(stack) };
}

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
}

/** `{ Ref: 'AWS::Region' }` as `${AWS::Region}`, joins joined. */
export function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, inner] = ['', undefined], ...more] = Object.entries(value).filter(([, entry]) => entry !== undefined);
  if (more.length === 0 && key === 'Ref') return `\${${String(inner)}}`;
  if (more.length === 0 && key === 'Fn::GetAtt') return `\${${(inner as string[]).join('.')}}`;
  if (more.length === 0 && key === 'Fn::Join') return (inner as [string, unknown[]])[1].map(spelled).join((inner as [string])[0]);
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined).map(([name, entry]) => [name, spelled(entry)]));
}
