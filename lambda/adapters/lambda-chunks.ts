import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { CHUNK_PAYLOAD_BYTES, CHUNK_SECONDS, type ChunkRequest } from '../../lib/contract/diy-rag';
import { ChunkFailure, type ChunkFunction } from '../ports/chunks';

const THROTTLED = ['TooManyRequestsException', 'EC2ThrottledException'];
const UNAVAILABLE = ['ServiceException', 'ResourceNotReadyException', 'ResourceConflictException', 'CodeArtifactUserPendingException'];

/** A Lambda function of the user's that cuts documents. */
export function lambdaChunks(client: LambdaClient, FunctionName: string, seconds = CHUNK_SECONDS): ChunkFunction {
  const tooLate = `the function that cuts documents took longer than ${seconds} seconds`;
  return async (request, signal) => {
    const Payload = encoded(request);
    const late = AbortSignal.timeout(seconds * 1_000);
    try {
      const abortSignal = AbortSignal.any([signal, late]);
      const { Payload: answer, FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload }), { abortSignal });
      if (FunctionError !== undefined) throw new ChunkFailure('failed', `the function that cuts documents failed: ${reasonOf(answer?.transformToString() ?? '')}`);
      return parsed(answer?.transformToString() ?? '');
    } catch (error) {
      if (signal.aborted) throw error;
      throw late.aborted ? new ChunkFailure('failed', tooLate, { cause: error }) : translated(error);
    }
  };
}

function encoded(request: ChunkRequest): Uint8Array {
  const payload = Buffer.from(JSON.stringify(request));
  if (payload.length <= CHUNK_PAYLOAD_BYTES) return payload;
  throw new ChunkFailure('refused', `the document must have ${CHUNK_PAYLOAD_BYTES} bytes at most where a function cuts it, got ${payload.length}: cut it by structure, or put it up in parts`);
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    throw new ChunkFailure('refused', 'the function that cuts documents must answer with JSON');
  }
}

/** The function's own words are its builder's to read, and not at length. */
function reasonOf(payload: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: unknown; errorMessage?: unknown };
    return [errorType, errorMessage || 'it did not say why'].filter(Boolean).join(': ').slice(0, 300);
  } catch {
    return 'it did not say why';
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ChunkFailure || error instanceof TypeError) return error;
  const behind = { cause: error };
  if (THROTTLED.includes(error.name)) return new ChunkFailure('throttled', error.message, behind);
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return UNAVAILABLE.includes(error.name) || status === undefined || status >= 500 ? new ChunkFailure('unavailable', error.message, behind) : error;
}
