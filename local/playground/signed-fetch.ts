import { ApiError } from './api-error';
import { loadSession, type Target, tokenFor } from './session';

export type SignedFetch = (path: string, init?: RequestInit) => Promise<Response>;

/** Calls one deployed API as one local user. A page left open outlives its token, so a 401 is tried once more with a fresh one. */
export function signedFetch(target: Target, user: string, token: string): SignedFetch {
  // By path: the page may have been opened as localhost, and its own origin is the only one that it talks to.
  const base = new URL(target.url).pathname;
  let current = token;
  const call = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${current}`);
    return fetch(base + path, { ...init, headers }).catch((error: Error) => {
      throw error.name === 'AbortError' ? error : new ApiError(`The API does not answer: ${error.message}`, 'connection_error');
    });
  };
  return async (path, init) => {
    const response = await call(path, init);
    if (response.status !== 401) {
      return response;
    }
    const renewed = tokenFor(await loadSession(), target, user);
    if (!renewed || renewed === current) {
      return response;
    }
    current = renewed;
    return call(path, init);
  };
}
