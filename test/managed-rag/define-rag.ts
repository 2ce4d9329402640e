import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedRag, type ManagedRagProps } from '../../lib';

/** A ManagedRag in a stack of its own; `props` may need the stack for what they refer to. */
export function defineRag(props: ManagedRagProps | ((stack: Stack) => ManagedRagProps) = {}) {
  const stack = new Stack(new App(), 'Test');
  const rag = new ManagedRag(stack, 'Rag', typeof props === 'function' ? props(stack) : props);
  return { stack, rag, template: () => Template.fromStack(stack) };
}

/** Every statement of the policies of roles whose logical id matches. */
export function statements(template: Template, role: RegExp): Statement[] {
  return Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
    .filter(({ Properties: { Roles } }) => (Roles as { Ref: string }[]).some(({ Ref }) => role.test(Ref)))
    .flatMap(({ Properties: { PolicyDocument } }) => (PolicyDocument as { Statement: Statement[] }).Statement);
}

export interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export const actionsOf = (found: Statement[]) => found.flatMap(({ Action }) => Action);
