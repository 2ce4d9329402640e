import { conditionContext } from './conditions';
import { decide } from './evaluate';
import { many, type OneOrMany, type PolicyDocument, type PolicyStatement, statementsOf } from './policy';
import { ACCOUNT } from '../assembly/identity';

export interface ServiceQuestion {
  /** The AWS service that asks: `s3.amazonaws.com`. */
  readonly service: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

type WithPrincipal = PolicyStatement & { readonly Principal?: '*' | { readonly AWS?: OneOrMany<string>; readonly Service?: OneOrMany<string> } };

/** Whether the policies of a resource let an AWS service do something to it. */
export function allowsService(documents: readonly PolicyDocument[], { service, action, resource, context }: ServiceQuestion): boolean {
  const policies = documents.map((document, index) => ({
    name: String(index),
    document: { ...document, Statement: statementsOf(document).filter((statement) => speaksOf(statement, service)) },
  }));
  const known = conditionContext({ 'aws:SecureTransport': 'true', 'aws:SourceAccount': ACCOUNT, 'aws:PrincipalServiceName': service, 'aws:PrincipalIsAWSService': 'true' }, context);
  return decide(policies, { action, resource, context: known }).effect === 'allow';
}

function speaksOf({ Principal }: WithPrincipal, service: string): boolean {
  if (Principal === '*') return true;
  return many(Principal?.AWS).includes('*') || many(Principal?.Service).includes(service);
}
