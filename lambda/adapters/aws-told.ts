import { StoreFailure } from '../ports/passage-store';

const BUSY = [
  'ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException', 'ServiceQuotaExceededException', 'OcuLimitExceededException',
];
/** Keys among them: a role that may not use one, and one that is disabled or gone. */
const FORBIDDEN = /^(AccessDenied|Kms)/;

/** What a service of AWS answers, or its failure as a store's. */
export async function awsTold<T>(service: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StoreFailure) throw error;
    const { name, message } = error as Error;
    throw new StoreFailure(kindOf(name), `${service}: ${name}: ${message}`, { cause: error });
  }
}

function kindOf(name: string): StoreFailure['kind'] {
  if (FORBIDDEN.test(name)) return 'forbidden';
  if (name === 'ValidationException') return 'refused';
  return BUSY.includes(name) ? 'throttled' : 'unavailable';
}
