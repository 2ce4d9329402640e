import { ResponseType } from 'aws-cdk-lib/aws-apigateway';

/** What API Gateway answers by itself, each of which a client wants as JSON. */
export const GATEWAY_ERRORS: readonly (readonly [string, ResponseType])[] = [
  ['AccessDenied', ResponseType.ACCESS_DENIED], ['ApiConfiguration', ResponseType.API_CONFIGURATION_ERROR],
  ['AuthorizerConfiguration', ResponseType.AUTHORIZER_CONFIGURATION_ERROR], ['AuthorizerFailure', ResponseType.AUTHORIZER_FAILURE],
  ['BadBody', ResponseType.BAD_REQUEST_BODY], ['BadParameters', ResponseType.BAD_REQUEST_PARAMETERS], ['Default4xx', ResponseType.DEFAULT_4XX],
  ['Default5xx', ResponseType.DEFAULT_5XX], ['ExpiredToken', ResponseType.EXPIRED_TOKEN], ['IntegrationFailure', ResponseType.INTEGRATION_FAILURE],
  ['IntegrationTimeout', ResponseType.INTEGRATION_TIMEOUT], ['InvalidApiKey', ResponseType.INVALID_API_KEY],
  ['InvalidSignature', ResponseType.INVALID_SIGNATURE], ['MissingToken', ResponseType.MISSING_AUTHENTICATION_TOKEN],
  ['QuotaExceeded', ResponseType.QUOTA_EXCEEDED], ['TooLarge', ResponseType.REQUEST_TOO_LARGE], ['NotFound', ResponseType.RESOURCE_NOT_FOUND],
  ['Throttled', ResponseType.THROTTLED], ['Unauthorized', ResponseType.UNAUTHORIZED], ['MediaType', ResponseType.UNSUPPORTED_MEDIA_TYPE],
  ['Waf', ResponseType.WAF_FILTERED],
];
