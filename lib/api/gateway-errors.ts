import { AuthorizationType, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type RestCheck } from './auth-binding';
import { TRACE_HEADER } from '../contract/api';

interface GatewayError {
  readonly type: ResponseType;
  readonly status?: number;
  /** OpenAI's `error.type`. */
  readonly kind: string;
  /** OpenAI's `error.code`. */
  readonly code: string;
  /** Said instead of API Gateway's own words. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const REFUSED = 'invalid_request_error';
const BROKEN = 'server_error';

/** Of its own failures API Gateway says little, of those of an authorizer nothing: its message is null. */
const FAILED = 'Something went wrong on our side. Try again, and if it stays so, tell the operator of the service the id of the request.';
const UNCHECKED = 'Who calls could not be checked. Try again, and if it stays so, tell the operator of the service the id of the request.';

/** Whatever API Gateway answers by itself, in the envelope that OpenAI clients read. */
const ERRORS: Readonly<Record<string, GatewayError>> = {
  AccessDenied: { type: ResponseType.ACCESS_DENIED, kind: 'permission_error', code: 'access_denied' },
  ApiConfigurationError: { type: ResponseType.API_CONFIGURATION_ERROR, kind: BROKEN, code: 'api_configuration_error', message: FAILED },
  AuthorizerConfigurationError: { type: ResponseType.AUTHORIZER_CONFIGURATION_ERROR, kind: BROKEN, code: 'authorizer_configuration_error', message: UNCHECKED },
  AuthorizerFailure: { type: ResponseType.AUTHORIZER_FAILURE, kind: BROKEN, code: 'authorizer_failure', message: UNCHECKED },
  BadRequestBody: { type: ResponseType.BAD_REQUEST_BODY, kind: REFUSED, code: 'invalid_body', message: 'The body must be a JSON object.' },
  BadRequestParameters: { type: ResponseType.BAD_REQUEST_PARAMETERS, kind: REFUSED, code: 'invalid_parameters' },
  Default4xx: { type: ResponseType.DEFAULT_4XX, kind: REFUSED, code: 'bad_request' },
  Default5xx: { type: ResponseType.DEFAULT_5XX, kind: BROKEN, code: 'internal_error', message: FAILED },
  ExpiredToken: { type: ResponseType.EXPIRED_TOKEN, status: 401, kind: 'authentication_error', code: 'expired_token' },
  IntegrationFailure: { type: ResponseType.INTEGRATION_FAILURE, kind: BROKEN, code: 'integration_failure', message: FAILED },
  IntegrationTimeout: { type: ResponseType.INTEGRATION_TIMEOUT, kind: BROKEN, code: 'timeout', message: 'The answer took too long. Try again.' },
  InvalidApiKey: { type: ResponseType.INVALID_API_KEY, kind: 'authentication_error', code: 'invalid_api_key' },
  InvalidSignature: { type: ResponseType.INVALID_SIGNATURE, kind: 'authentication_error', code: 'invalid_signature' },
  QuotaExceeded: { type: ResponseType.QUOTA_EXCEEDED, kind: 'insufficient_quota', code: 'insufficient_quota', headers: { 'x-should-retry': "'false'" } },
  RequestTooLarge: { type: ResponseType.REQUEST_TOO_LARGE, kind: REFUSED, code: 'request_too_large' },
  ResourceNotFound: { type: ResponseType.RESOURCE_NOT_FOUND, kind: REFUSED, code: 'unknown_url' },
  Throttled: { type: ResponseType.THROTTLED, kind: 'rate_limit_error', code: 'rate_limit_exceeded', headers: { 'retry-after': "'1'" } },
  Unauthorized: { type: ResponseType.UNAUTHORIZED, kind: 'authentication_error', code: 'invalid_token' },
  UnsupportedMediaType: { type: ResponseType.UNSUPPORTED_MEDIA_TYPE, kind: REFUSED, code: 'unsupported_media_type' },
  WafFiltered: { type: ResponseType.WAF_FILTERED, kind: 'permission_error', code: 'blocked' },
};

/** A path that does not exist and a request without a signature look the same to API Gateway; which of the two is told depends on the API. */
function unknownRoute(authorizationType?: AuthorizationType): GatewayError {
  return authorizationType === AuthorizationType.IAM
    ? { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: 403, kind: 'authentication_error', code: 'missing_signature', message: 'The request is not signed, or there is nothing at this address.' }
    : { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: 404, kind: REFUSED, code: 'unknown_url', message: 'There is nothing at this address.' };
}

export function defineGatewayErrors(api: RestApi, { authorizationType }: RestCheck, corsOrigins: string[], exposed: string[]) {
  const errors = { ...ERRORS, MissingAuthenticationToken: unknownRoute(authorizationType) };
  for (const [id, { type, status, kind, code, message, headers }] of Object.entries(errors)) {
    const text = message === undefined ? '$context.error.messageString' : JSON.stringify(message);
    api.addGatewayResponse(id, {
      type,
      statusCode: status?.toString(),
      responseHeaders: { 'x-request-id': 'context.requestId', [TRACE_HEADER]: 'context.xrayTraceId', ...headers, ...corsHeaders(corsOrigins, exposed) },
      templates: { 'application/json': `{"error":{"message":${text},"type":"${kind}","param":null,"code":"${code}"}}` },
    });
  }
}

/** A gateway response cannot choose among origins: with several, a browser sees the gateway's own errors as a failed request. */
function corsHeaders(origins: string[], exposed: string[]): Record<string, string> {
  if (origins.length !== 1) return {};
  return { 'access-control-allow-origin': `'${origins[0]}'`, 'access-control-expose-headers': `'${exposed.join(',')}'` };
}
