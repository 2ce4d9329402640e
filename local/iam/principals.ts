import { conditionContext, parseOperator } from './conditions';
import { Decision, decide, NamedPolicy } from './evaluate';
import { statementsOf } from './policy';
import { IamReport, reportUse, Use } from './report';
import { AwsFailure } from '../aws/failure';
import { Authorization, AwsRequest } from '../aws/service';

/** A role as it was synthesized, and the access key that its holder signs with. */
export interface Principal {
  readonly accessKeyId: string;
  readonly arn: string;
  /** The AWS services that may take the role; none for a role that people or accounts take. @default - Lambda */
  readonly holders?: readonly string[];
  readonly policies: readonly NamedPolicy[];
}

export interface Denial {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** What the caller reads. */
  readonly message: string;
}

/** Everybody who may call the local AWS, and what each has been seen to do. */
export class Principals {
  private readonly byAccessKey = new Map<string, Principal>();
  private readonly uses = new Map<string, Map<string, Use>>();
  private readonly denials = new Map<string, Map<string, Denial>>();

  /** Refuses a policy that it could not evaluate, before anything runs under it. */
  add(principal: Principal): void {
    for (const { name, document } of principal.policies) requireEvaluable(principal.arn, name, document);
    this.byAccessKey.set(principal.accessKeyId, principal);
  }

  knows(accessKeyId: string): boolean {
    return this.byAccessKey.has(accessKeyId);
  }

  /** Whose an access key is; its own name where nobody has it. */
  arnOf(accessKeyId: string): string {
    return this.byAccessKey.get(accessKeyId)?.arn ?? accessKeyId;
  }

  /** Per role, what it was granted against what it used; `services` are those that run here, by IAM prefix. */
  report(services: readonly string[]): Promise<IamReport> {
    const roles = [...this.byAccessKey.values()].map(({ accessKeyId, arn, holders, policies }) => ({
      role: arn,
      holders,
      policies,
      uses: [...this.uses.get(accessKeyId)?.values() ?? []],
      denied: [...this.denials.get(accessKeyId)?.values() ?? []].map(({ action, resource }) => ({ action, resource })),
    }));
    return reportUse(roles, new Set(services));
  }

  /** Decides one authorization of a call and remembers which statements allowed it; a denial says what is missing. */
  authorize(request: Pick<AwsRequest, 'accessKeyId' | 'region'>, authorization: Authorization): Denial | undefined {
    const principal = this.byAccessKey.get(request.accessKeyId);
    if (!principal) {
      throw new AwsFailure('UnrecognizedClientException', 403,
        `The security token included in the request is invalid. The local cloud knows no access key '${request.accessKeyId}'`);
    }
    const { action, resource } = authorization;
    const context = conditionContext({
      'aws:PrincipalArn': principal.arn,
      'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalAccount': principal.arn.split(':')[4],
      'aws:RequestedRegion': request.region,
      // There is one account; S3 leaves it out of its ARNs.
      'aws:ResourceAccount': resource.split(':')[4] || principal.arn.split(':')[4],
      // The loopback connection stands for the TLS one that AWS would see.
      'aws:SecureTransport': 'true',
    }, authorization.context ?? {});
    const decision = decide(principal.policies, { action, resource, context });
    if (decision.effect === 'allow') {
      for (const { policy, index } of decision.statements) {
        remember(this.uses, principal, `${policy} ${index} ${action} ${resource}`, { policy, statement: index, action, resource });
      }
      return undefined;
    }
    const denial = { principal: principal.arn, action, resource, message: denialMessage(principal, authorization, decision) };
    remember(this.denials, principal, `${action} ${resource}`, denial);
    return denial;
  }
}

function remember<T>(memory: Map<string, Map<string, T>>, { accessKeyId }: Principal, key: string, value: T): void {
  const known = memory.get(accessKeyId) ?? new Map<string, T>();
  memory.set(accessKeyId, known.set(key, value));
}

function requireEvaluable(arn: string, policy: string, document: NamedPolicy['document']): void {
  for (const [index, { Effect, Condition }] of statementsOf(document).entries()) {
    const place = `statement ${index} of ${policy}, a policy of ${arn}`;
    if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error(`'Effect' must be Allow or Deny, got ${JSON.stringify(Effect)} in ${place}`);
    for (const operator of Object.keys(Condition ?? {})) {
      try {
        parseOperator(operator);
      } catch (error) {
        throw new Error(`${(error as Error).message}, in ${place}`);
      }
    }
  }
}

function denialMessage(principal: Principal, { action, resource, context }: Authorization, decision: Exclude<Decision, { effect: 'allow' }>): string {
  const refusal = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  if (decision.effect === 'deny') {
    const { policy, index } = decision.statement;
    return `${refusal} with an explicit deny in an identity-based policy (local: statement ${index} of ${policy})`;
  }
  const missing = { Effect: 'Allow', Action: action, Resource: resource, ...(context ? { Condition: { StringEquals: context } } : {}) };
  return `${refusal} because no identity-based policy allows the ${action} action (local: missing is ${JSON.stringify(missing)})`;
}
