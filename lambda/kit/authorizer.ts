import type { APIGatewayAuthorizerEvent, APIGatewayAuthorizerResult, Context } from 'aws-lambda';
import { describeError, type Log } from './log';
import { IssuerFailure } from '../ports/tokens';

type Decide = (event: APIGatewayAuthorizerEvent) => Promise<{ readonly allowed: APIGatewayAuthorizerResult } | { readonly refused: string }>;

/** A Lambda authorizer: one line in the log for each decision, and the very word that makes API Gateway answer 401. */
export function authorizer(decide: Decide, log: Log) {
  return async (event: APIGatewayAuthorizerEvent, { awsRequestId }: Context): Promise<APIGatewayAuthorizerResult> => {
    const decision = await decide(event).catch((error: unknown) => {
      log.error('cannot decide', { requestId: awsRequestId, ...describeError(error), ...(error instanceof IssuerFailure && { reason: error.message }) });
      throw error;
    });
    if ('allowed' in decision) {
      log.info('allowed', { requestId: awsRequestId });
      return decision.allowed;
    }
    log.info('refused', { requestId: awsRequestId, reason: decision.refused });
    throw new Error('Unauthorized');
  };
}
