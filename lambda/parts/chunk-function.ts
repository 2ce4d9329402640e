import { LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { lambdaChunks } from '../adapters/lambda-chunks';
import type { ChunkFunction } from '../ports/chunks';

/** One attempt: a call that is repeated is paid twice, and the queue brings the document again. */
const client = new LambdaClient({ maxAttempts: 1, requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000 }) });

/** A function of the user's that cuts documents. */
export function chunkFunction(functionArn = ''): ChunkFunction {
  return lambdaChunks(client, functionArn);
}
