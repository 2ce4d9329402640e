import { conditionContext } from './conditions';
import { Decision, decide, NamedPolicy } from './evaluate';
import { AwsFailure } from '../aws/failure';
import { Authorization, AwsRequest } from '../aws/service';

/** A role as it was synthesized, and the access key that its holder signs with. */
export interface Principal {
  readonly accessKeyId: string;
  readonly arn: string;
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

  add(principal: Principal): void {
    this.byAccessKey.set(principal.accessKeyId, principal);
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
      // The loopback connection stands for the TLS one that AWS would see.
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
      'aws:CurrentTime': new Date().toISOString(),
    }, authorization.context ?? {});
    const decision = decide(principal.policies, { action, resource, context });
    if (decision.effect === 'allow') return undefined;
    return { principal: principal.arn, action, resource, message: denialMessage(principal, authorization, decision) };
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
