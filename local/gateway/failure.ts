/** The gateway's own errors, by the names under which a template may change their answer, with what they say by default. */
export const GATEWAY_FAILURES = {
  ACCESS_DENIED: { status: 403, message: 'User is not authorized to access this resource', errorType: 'AccessDeniedException' },
  API_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error', errorType: 'InternalServerErrorException' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: null, errorType: 'AuthorizerConfigurationException' },
  AUTHORIZER_FAILURE: { status: 500, message: null, errorType: 'AuthorizerFailureException' },
  BAD_REQUEST_BODY: { status: 400, message: 'Invalid request body', errorType: 'BadRequestException' },
  BAD_REQUEST_PARAMETERS: { status: 400, message: 'Missing required request parameters', errorType: 'BadRequestException' },
  DEFAULT_5XX: { status: 502, message: 'Internal server error', errorType: 'InternalServerErrorException' },
  EXPIRED_TOKEN: { status: 403, message: 'The incoming token has expired', errorType: 'ExpiredTokenException' },
  INTEGRATION_FAILURE: { status: 504, message: 'Network error communicating with endpoint', errorType: 'InternalServerErrorException' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out', errorType: 'InternalServerErrorException' },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: { status: 403, message: 'The request signature we calculated does not match the signature you provided.', errorType: 'InvalidSignatureException' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token', errorType: 'MissingAuthenticationTokenException' },
  QUOTA_EXCEEDED: { status: 429, message: 'Limit Exceeded', errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long', errorType: 'RequestTooLongException' },
  RESOURCE_NOT_FOUND: { status: 404, message: 'Not Found', errorType: 'NotFoundException' },
  THROTTLED: { status: 429, message: 'Too Many Requests', errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', errorType: 'UnauthorizedException' },
} as const;

export type GatewayFailureType = keyof typeof GATEWAY_FAILURES;

/** The gateway answers by itself, without the integration or instead of its answer. */
export class GatewayFailure extends Error {
  readonly status: number;
  readonly errorType: string;

  constructor(readonly type: GatewayFailureType, options: { status?: number; message?: string; validation?: string; reason?: string } = {}) {
    super(options.message ?? GATEWAY_FAILURES[type].message ?? '');
    this.status = options.status ?? GATEWAY_FAILURES[type].status;
    this.errorType = GATEWAY_FAILURES[type].errorType;
    this.validation = options.validation;
    this.reason = options.reason;
  }

  /** What a template reads as `$context.error.validationErrorString`. */
  readonly validation?: string;
  /** For the person at the terminal; the client does not read it. */
  readonly reason?: string;
}
