import { LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { lambdaHooks } from '../adapters/lambda-hooks';
import type { Hooks } from '../ports/hooks';

/** How functions of the builder are called. A call that nobody took may be repeated once; each says of itself how long it may take. */
export const hooks: Hooks = lambdaHooks(new LambdaClient({ maxAttempts: 2, requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000 }) }));
