import type { AuthorizerDefinition, Method } from './api';
import { CustomAuthorizers } from './custom-authorizer';
import type { Caller, Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { type LocalIdentities, verifySignature } from './signature';
import type { Claims } from '../cognito/issuer';
import type { UserPools } from '../cognito/pools';
import type { FunctionPool } from '../lambda/pool';

export interface AuthorizationOptions {
  readonly pools: UserPools;
  readonly identities: LocalIdentities;
  functionOf(arn: string): FunctionPool | undefined;
}

/** Finds out who asks, by the method's authorization type. */
export class Authorization {
  private readonly custom: CustomAuthorizers;

  constructor(private readonly options: AuthorizationOptions) {
    this.custom = new CustomAuthorizers(options.functionOf);
  }

  async authorize(exchange: Exchange, method: Method): Promise<Caller> {
    switch (method.authorizationType) {
      case 'NONE': return {};
      case 'AWS_IAM': return verifySignature(exchange, this.options.identities);
      case 'COGNITO_USER_POOLS': return this.cognito(exchange, method, required(method));
      case 'CUSTOM': return this.custom.authorize(exchange, required(method));
      default: throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: `the local gateway has no authorization of type ${method.authorizationType}` });
    }
  }

  private cognito(exchange: Exchange, method: Method, authorizer: AuthorizerDefinition): Caller {
    const source = authorizer.identitySource[0] ?? 'method.request.header.Authorization';
    const token = exchange.header(source.replace(/^method\.request\.header\./, ''))?.replace(/^Bearer\s+/i, '').trim();
    if (!token) throw new GatewayFailure('UNAUTHORIZED');
    // With scopes the method wants an access token, without them an ID token.
    const use = method.scopes.length > 0 ? 'access' : 'id';
    let expired = false;
    for (const arn of authorizer.providerArns) {
      const verification = this.options.pools.ofArn(arn).verify(token, use);
      if ('claims' in verification) return this.holder(verification.claims, method);
      expired ||= verification.refused === 'expired';
    }
    throw expired ? new GatewayFailure('EXPIRED_TOKEN', { status: 401 }) : new GatewayFailure('UNAUTHORIZED');
  }

  private holder(claims: Claims, method: Method): Caller {
    const granted = String(claims.scope ?? '').split(' ');
    if (method.scopes.length > 0 && !method.scopes.some((scope) => granted.includes(scope))) throw new GatewayFailure('UNAUTHORIZED');
    return { authorizer: { claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(name, value)])) } };
  }
}

function required(method: Method): AuthorizerDefinition {
  if (!method.authorizer) throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: `${method.httpMethod} ${method.resourcePath} names no authorizer` });
  return method.authorizer;
}

/** API Gateway hands every claim on as text, times too. */
function claimText(name: string, value: unknown): string {
  if ((name === 'exp' || name === 'iat') && typeof value === 'number') {
    const [weekday, day, month, year, clock] = new Date(value * 1000).toUTCString().replace(',', '').split(' ');
    return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
  }
  return Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
