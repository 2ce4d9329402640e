import { PassagesFailure } from '../ports/passages';

const THROTTLED = ['ThrottlingException', 'ServiceQuotaExceededException', 'TooManyRequestsException'];
/** Of a store that wakes up, or is busy with something else. */
const UNAVAILABLE = ['InternalServerException', 'BadGatewayException', 'DependencyFailedException', 'ConflictException', 'ServiceUnavailableException'];

/** A database that sleeps while nobody asks says so as if the request were wrong. */
const WAKING = /auto-?paus|resuming/i;

/** What became of a call to a knowledge base, as the core understands it. */
export function retrievalFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error;
  const behind = { cause: error };
  if (THROTTLED.includes(error.name)) return new PassagesFailure('throttled', error.message, behind);
  if (UNAVAILABLE.includes(error.name)) return new PassagesFailure('unavailable', error.message, behind);
  if (error.name === 'ValidationException') return new PassagesFailure(WAKING.test(error.message) ? 'unavailable' : 'refused', error.message, behind);
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  // What has no answer from the service at all is the network's failure; what it forbids is the deployment's.
  return status === undefined || status >= 500 ? new PassagesFailure('unavailable', error.message, behind) : error;
}
