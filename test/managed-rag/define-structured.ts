import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { actionsOf, type Statement, statements } from './define-rag';
import { QueryEngine, StructuredData, StructuredKnowledge, type StructuredKnowledgeProps } from '../../lib';
import { spelled } from '../model/bound-role';

export const WORKGROUP = 'arn:aws:redshift-serverless:us-east-1:111122223333:workgroup/01234567-89ab-cdef-0123-456789abcdef';

type Given = Partial<StructuredKnowledgeProps>;

/** A StructuredKnowledge in a stack of its own, over the database `sales` of a workgroup unless told otherwise. */
export function defineStructured(props: Given | ((stack: Stack) => Given) = {}) {
  const stack = new Stack(new App(), 'Test');
  const given = typeof props === 'function' ? props(stack) : props;
  const sales = new StructuredKnowledge(stack, 'Sales', { engine: QueryEngine.redshiftServerless(WORKGROUP), data: StructuredData.redshift('sales'), ...given });
  return { stack, sales, template: () => Template.fromStack(stack) };
}

/** What a role may do, each as `action on resource`, sorted. */
export function rights(template: Template, role: RegExp): string[] {
  return statements(template, role).flatMap((statement: Statement) => actionsOf([statement]).flatMap((action) => [statement.Resource].flat().map((resource) => {
    const condition = statement.Condition ? ` where ${JSON.stringify(spelled(statement.Condition))}` : '';
    return `${action} on ${String(spelled(resource))}${condition}`.replace(/\$\{(AWS::\w+)\}/g, '$1');
  }))).sort();
}
