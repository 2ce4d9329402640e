/** A refusal, as the server put it in OpenAI's envelope; `requestId` leads to its log line. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly type: string,
    readonly code: string | null = null,
    readonly status?: number,
    readonly requestId?: string,
    readonly retryAfter?: string,
  ) {
    super(message);
  }

  static async from(response: Response): Promise<ApiError> {
    const body = await response.text();
    return ApiError.fromEnvelope(body, response)
      ?? new ApiError(body.slice(0, 300) || response.statusText || 'no answer', 'unknown_error', null, response.status, requestIdOf(response));
  }

  /** The error inside a body or a stream's chunk, when it holds one. */
  static fromEnvelope(json: string, response: Response): ApiError | undefined {
    const error = parsed(json)?.error;
    if (!error?.message) {
      return undefined;
    }
    const status = response.ok ? undefined : response.status;
    return new ApiError(error.message, error.type ?? 'unknown_error', error.code ?? null, status, requestIdOf(response), response.headers.get('retry-after') ?? undefined);
  }
}

export function requestIdOf(response: Response): string | undefined {
  return response.headers.get('x-request-id') ?? undefined;
}

function parsed(json: string): { error?: { message?: string; type?: string; code?: string | null } } | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
