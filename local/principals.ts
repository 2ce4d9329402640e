import { createHash } from 'node:crypto';
import type { Resource } from './assembly/assembly';
import type { Deployment } from './assembly/deployment';
import type { NamedPolicy } from './iam/evaluate';
import { many, type OneOrMany, type PolicyDocument } from './iam/policy';
import type { Principal } from './iam/principals';

interface InlinePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: PolicyDocument;
}

interface TrustStatement {
  readonly Principal?: string | { readonly Service?: OneOrMany<string> };
}

/** The access key by which whoever holds a role is known here. */
export function accessKeyOf(roleArn: string): string {
  return `ASIA${createHash('sha256').update(roleArn).digest('hex').slice(0, 16).toUpperCase()}`;
}

/** Every role of a deployment with the policies that its template gives it. */
export function readPrincipals(deployment: Deployment): Principal[] {
  const managed = new Map(deployment.resources('AWS::IAM::ManagedPolicy').map((policy) => [deployment.ref(policy), policy]));
  const attached = deployment.resources('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy').map((policy) => {
    const { PolicyDocument: document, Roles: roles } = deployment.properties(policy) as { PolicyDocument: PolicyDocument; Roles?: string[] };
    return { named: { name: `${policy.stack.name}/${policy.logicalId}`, document }, roles: roles ?? [] };
  });

  return deployment.resources('AWS::IAM::Role').map((role) => {
    const arn = deployment.attribute(role, 'Arn');
    const path = `${role.stack.name}/${role.logicalId}`;
    const { Policies: inline = [], ManagedPolicyArns: arns = [] } = deployment.properties(role) as { Policies?: InlinePolicy[]; ManagedPolicyArns?: string[] };
    const policies: NamedPolicy[] = [
      ...inline.map(({ PolicyName, PolicyDocument: document }) => ({ name: `${path}/${PolicyName}`, document })),
      ...attached.filter(({ roles }) => roles.includes(deployment.id(role))).map(({ named }) => named),
      ...arns.flatMap((policyArn) => {
        const policy = managed.get(policyArn);
        return policy ? [{ name: `${policy.stack.name}/${policy.logicalId}`, document: deployment.property(policy, 'PolicyDocument') as PolicyDocument }] : [];
      }),
    ];
    return { accessKeyId: accessKeyOf(arn), arn, holders: holdersOf(deployment, role), policies };
  });
}

/** The AWS services that a role trusts. */
function holdersOf(deployment: Deployment, role: Resource): string[] {
  const trust = deployment.property(role, 'AssumeRolePolicyDocument') as { readonly Statement?: OneOrMany<TrustStatement> } | undefined;
  return many(trust?.Statement).flatMap(({ Principal }) => (typeof Principal === 'object' ? many(Principal.Service) : []));
}
