import { StoreFailure } from '../ports/passage-store';

const PASSING = ['TooManyRequestsException', 'ThrottlingException', 'ServiceQuotaExceededException'];

/** What S3 Vectors answers, or its failure as a store's. */
export async function s3VectorsTold<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    const { name, message } = error as Error;
    // What the role may not do will not pass: it is the deployment's fault, and told as it is.
    if (name === 'AccessDeniedException') throw error;
    const kind = PASSING.includes(name) ? 'throttled' : name === 'ValidationException' ? 'refused' : 'unavailable';
    throw new StoreFailure(kind, `S3 Vectors: ${name}: ${message}`, { cause: error });
  }
}
