import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';
import { StoreFailure } from '../ports/passage-store';

/** What is sent: an object, or lines of JSON. */
export type Body = object | string;

export type Send = <Answer>(method: string, path: string, body: Body | undefined, signal?: AbortSignal) => Promise<Answer>;

const TIMEOUT_MS = 20_000;

/** Requests with the signature of the handler's role, for a service without a client in the SDK. */
export function signedJson(service: string, endpoint: string): Send {
  const signer = new SignatureV4({ service, region: process.env.AWS_REGION!, credentials: defaultProvider(), sha256: Sha256 });
  const { protocol, hostname, port, host } = new URL(endpoint);
  return plainJson(service, endpoint, async (method, path, headers, body) => (await signer.sign({
    method, protocol, hostname, port: port ? Number(port) : undefined, path, headers: { ...headers, host }, body,
  })).headers);
}

type Headers = Readonly<Record<string, string>>;

/** Adds to headers what proves who asks. */
type Proving = (method: string, path: string, headers: Headers, body?: string) => Promise<Headers>;

/** Requests to a store, and its refusals as the port tells them. */
export function plainJson(name: string, endpoint: string, headersOf: Proving): Send {
  return async <Answer>(method: string, path: string, content: Body | undefined, signal?: AbortSignal) => {
    const body = content === undefined || typeof content === 'string' ? content : JSON.stringify(content);
    const type = typeof content === 'string' ? 'application/x-ndjson' : 'application/json';
    const headers = await headersOf(method, path, { 'content-type': type }, body);
    const patience = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...signal ? [signal] : []]);
    const answer = await fetched(name, new URL(path, endpoint), { method, headers, body, signal: patience }, signal);
    return (answer === '' ? {} : JSON.parse(answer)) as Answer;
  };
}

async function fetched(name: string, url: URL, request: RequestInit, signal?: AbortSignal): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, request);
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new StoreFailure('unavailable', `${name}: ${(error as Error).message}`, { cause: error });
  }
  if (response.ok) return text;
  throw new StoreFailure(kindOf(response.status), `${name}: HTTP ${response.status}: ${text.slice(0, 500)}`, { cause: response.status });
}

/** Whether a request failed for what it asked for is not there. */
export function isNotThere(error: unknown): boolean {
  return error instanceof StoreFailure && error.cause === 404;
}

/** Whoever is not let in: without a proof that holds, a payment, or the permission. */
const FORBIDDEN = [401, 402, 403];

export function kindOf(status: number): StoreFailure['kind'] {
  if (status === 429) return 'throttled';
  if (FORBIDDEN.includes(status)) return 'forbidden';
  return status === 400 || status === 413 || status === 422 ? 'refused' : 'unavailable';
}
