export interface ApiErrorDetails {
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is an error, in the words that the caller reads. */
export class ApiError extends Error {
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(readonly status: number, readonly type: string, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.name = new.target.name;
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }

  /** The same error, with more headers. */
  telling(headers: Readonly<Record<string, string>>): this {
    return Object.assign(this, { headers: { ...headers, ...this.headers } });
  }
}

export class BadRequest extends ApiError {
  constructor(param: string | undefined, message: string, code?: string) {
    super(400, 'invalid_request_error', message, { param, code });
  }
}

export class Unauthorized extends ApiError {
  constructor(message: string, details: ApiErrorDetails = { code: 'unauthorized' }) {
    super(401, 'authentication_error', message, details);
  }
}

/** Who asks is known, and may not. */
export class Forbidden extends ApiError {
  constructor(code: string, message: string) {
    super(403, 'permission_error', message, { code });
  }
}

export class NotFound extends ApiError {
  constructor(param: string | undefined, message: string, code = 'not_found') {
    super(404, 'invalid_request_error', message, { param, code });
  }
}

/** There is something at the address, for another method. */
export class WrongMethod extends ApiError {
  constructor(allowed: string) {
    super(405, 'invalid_request_error', `This address takes ${allowed} only: send the request as ${allowed}.`, { code: 'method_not_allowed', headers: { allow: allowed } });
  }
}

export class Busy extends ApiError {
  constructor(code: string, message: string, retryAfter: number) {
    super(409, 'conflict_error', message, { code, headers: { 'retry-after': String(retryAfter) } });
  }
}

export class Unfinished extends ApiError {
  constructor(message: string) {
    super(503, 'server_error', message, { code: 'unfinished', headers: { 'retry-after': '1' } });
  }
}

export class Unprocessable extends ApiError {
  constructor(param: string, message: string, code: string) {
    super(422, 'invalid_request_error', message, { param, code });
  }
}

export class TooLarge extends ApiError {
  constructor(param: string, message: string) {
    super(413, 'invalid_request_error', message, { param, code: 'request_too_large' });
  }
}

export class Throttled extends ApiError {
  constructor(message: string, retryAfter: number) {
    super(429, 'rate_limit_error', message, { code: 'rate_limit_exceeded', headers: { 'retry-after': String(retryAfter) } });
  }
}

export class Unavailable extends ApiError {
  constructor(message: string) {
    super(503, 'server_error', message, { code: 'model_unavailable', headers: { 'retry-after': '1' } });
  }
}

/** Documents could not be looked up: without them nothing is answered. */
export class RetrievalFailed extends ApiError {
  constructor(message: string, retryAfter: number) {
    super(503, 'server_error', message, { code: 'retrieval_failed', headers: { 'retry-after': String(retryAfter) } });
  }
}

/** The caller, or a group of theirs, has taken all that the builder allows in a span of time. */
export class QuotaExceeded extends ApiError {
  constructor(message: string, headers: Readonly<Record<string, string>>) {
    super(429, 'rate_limit_error', message, { code: 'rate_limit_exceeded', headers });
  }
}

/** The function of the builder that is asked before a turn says no. */
export class RefusedByHook extends ApiError {
  constructor(reason: string) {
    super(403, 'invalid_request_error', reason, { code: 'refused' });
  }
}

/** A function of the builder without which no turn goes on. */
export class HookFailed extends ApiError {
  constructor(late: boolean) {
    super(late ? 503 : 502, 'server_error', late
      ? 'A check that every turn passes did not end in time. Try again shortly.'
      : 'A check that every turn passes failed. Try again shortly.', { code: late ? 'hook_timeout' : 'hook_failed', headers: { 'retry-after': '1' } });
  }
}

export class TimedOut extends ApiError {
  constructor(message: string) {
    // OpenAI's clients repeat a 504 by themselves; this one would take as long, and cost as much, again.
    super(504, 'server_error', message, { code: 'timeout', headers: { 'x-should-retry': 'false' } });
  }
}

export class Unformed extends ApiError {
  constructor(message: string) {
    // A client that asks again by itself would pay for two more answers.
    super(502, 'server_error', message, { code: 'invalid_output', headers: { 'x-should-retry': 'false' } });
  }
}

/** What a caller may know of an error that nobody foresaw: where to find it in the log. */
export class Unexpected extends ApiError {
  constructor(requestId: string) {
    super(500, 'server_error', `Something went wrong on our side. Its id in the log is ${requestId}.`, { code: 'internal_error' });
  }
}

/** OpenAI's envelope. */
export function errorBody(error: ApiError): string {
  return JSON.stringify({ error: { message: error.message, type: error.type, param: error.param, code: error.code } });
}
