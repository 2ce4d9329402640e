import type { AuthorizerDefinition } from './api';
import { requestEvent } from './event';
import type { Caller, Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { decide } from '../iam/evaluate';
import type { PolicyDocument } from '../iam/policy';
import type { FunctionPool } from '../lambda/pool';

export interface AuthorizerAnswer {
  readonly principalId?: string;
  readonly policyDocument?: PolicyDocument;
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly usageIdentifierKey?: string;
}

/** Lambda authorizers, of type TOKEN and REQUEST; answers are kept as long as the authorizer says. */
export class CustomAuthorizers {
  private readonly kept = new Map<string, { until: number; answer: AuthorizerAnswer }>();

  constructor(private readonly functionOf: (arn: string) => FunctionPool | undefined) {}

  async authorize(exchange: Exchange, authorizer: AuthorizerDefinition): Promise<Caller> {
    const identity = authorizer.identitySource.map((source) => read(exchange, source));
    if (identity.some((value) => !value)) throw new GatewayFailure('UNAUTHORIZED');
    if (authorizer.identityValidation && !authorizer.identityValidation.test(identity[0] ?? '')) throw new GatewayFailure('UNAUTHORIZED');

    const startedAt = Date.now();
    const answer = await this.answer(exchange, authorizer, identity as string[]);
    requireAllowed(answer, exchange.methodArn);
    const { principalId, context = {} } = answer;
    return {
      principalId,
      usageKey: answer.usageIdentifierKey,
      authorizer: {
        principalId,
        integrationLatency: Date.now() - startedAt,
        ...Object.fromEntries(Object.entries(context).map(([key, value]) => [key, String(value)])),
      },
    };
  }

  private async answer(exchange: Exchange, authorizer: AuthorizerDefinition, identity: string[]): Promise<AuthorizerAnswer> {
    const key = JSON.stringify([exchange.api.id, exchange.api.stage, authorizer.name, identity]);
    const known = this.kept.get(key);
    if (known && known.until > Date.now()) return known.answer;
    const answer = await this.ask(exchange, authorizer, identity);
    if (authorizer.ttlMs > 0 && identity.length > 0) this.kept.set(key, { until: Date.now() + authorizer.ttlMs, answer });
    return answer;
  }

  private async ask(exchange: Exchange, authorizer: AuthorizerDefinition, identity: string[]): Promise<AuthorizerAnswer> {
    const pool = this.functionOf(authorizer.functionArn ?? '');
    if (!pool) throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: `the authorizer's function ${authorizer.functionArn} does not run here` });
    const event = authorizer.type === 'TOKEN'
      ? { type: 'TOKEN', methodArn: exchange.methodArn, authorizationToken: identity[0] }
      : { type: 'REQUEST', methodArn: exchange.methodArn, ...requestEvent(exchange) };
    try {
      return JSON.parse((await pool.call(event)).toString()) as AuthorizerAnswer;
    } catch (error) {
      // The one message by which a function says that the token is no good.
      if ((error as Error).message === 'Unauthorized') throw new GatewayFailure('UNAUTHORIZED');
      throw new GatewayFailure('AUTHORIZER_FAILURE', { reason: `${(error as Error).name}: ${(error as Error).message}` });
    }
  }
}

export function requireAllowed(answer: AuthorizerAnswer | null, methodArn: string): void {
  if (!answer?.principalId || !answer.policyDocument?.Statement) {
    throw new GatewayFailure('AUTHORIZER_CONFIGURATION_ERROR', { reason: 'the authorizer returned no principalId or no policyDocument' });
  }
  const decision = decide([{ name: 'authorizer', document: answer.policyDocument }], { action: 'execute-api:Invoke', resource: methodArn, context: new Map() });
  if (decision.effect === 'allow') return;
  const explicit = decision.effect === 'deny' ? ' with an explicit deny' : '';
  throw new GatewayFailure('ACCESS_DENIED', { message: `User is not authorized to access this resource${explicit}` });
}

function read(exchange: Exchange, source: string): string | undefined {
  const [, kind, name] = /^(?:method\.request\.)?(header|querystring|path|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (kind) {
    case 'header': return exchange.header(name);
    case 'querystring': return exchange.query.get(name) ?? undefined;
    case 'path': return exchange.pathParameters?.[name];
    case 'context': return exchange.variable(name);
    case 'stageVariables': return exchange.api.stageVariables?.[name];
    default: return undefined;
  }
}
