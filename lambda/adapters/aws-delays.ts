import { ServiceDelay } from '../ports/delays';

const THROTTLED = /throttl|slowdown|toomanyrequests|throughputexceeded|requestlimitexceeded/i;
/** What Node.js calls an answer that never came. */
const CUT_OFF = /^(ECONN|EPIPE|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)/;

/** What failures of the SDK and of Node.js say of themselves. */
interface Failure {
  readonly name?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What passes of the failures of a service of AWS; undefined for all that is wrong with the request or may not be. */
export function delayIn(error: unknown): ServiceDelay['kind'] | undefined {
  const { name = '', code = '', $metadata: { httpStatusCode: status = 0 } = {} } = (error ?? {}) as Failure;
  if (THROTTLED.test(name) || status === 429) return 'throttled';
  return status >= 500 || name === 'TimeoutError' || CUT_OFF.test(String(code)) ? 'unavailable' : undefined;
}

/** A port over a service of AWS which tells by `ServiceDelay` what passes. What it lists is told as it comes. */
export function tellingDelays<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        const answer = method.apply(target, args) as unknown;
        return answer instanceof Promise ? answer.catch(told) : answer;
      };
    },
  });
}

function told(error: Error): never {
  const kind = delayIn(error);
  throw kind === undefined ? error : new ServiceDelay(kind, `${error.name}: ${error.message}`, { cause: error });
}
