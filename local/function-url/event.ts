import type { IncomingMessage } from 'node:http';
import type { FunctionUrl } from './definition';
import { ACCOUNT, REGION } from '../assembly/identity';

export interface UrlRequest {
  readonly url: FunctionUrl;
  readonly incoming: IncomingMessage;
  readonly httpMethod: string;
  readonly body: Buffer;
  readonly requestId: string;
  readonly trace: string;
  header(name: string): string | undefined;
}

/** Types whose bodies Lambda hands on as text. */
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)\b)|\+(json|xml)\b/i;

/** The event of a function's URL: payload format 2.0. */
export function urlEvent(request: UrlRequest, signer: Readonly<Record<string, string>> | undefined): Record<string, unknown> {
  const { url, incoming, body, requestId, trace, httpMethod } = request;
  const [fullPath, query = ''] = (incoming.url ?? '/').split('?');
  const rawPath = fullPath.slice(url.basePath.length) || '/';
  const domainName = `${url.id}.lambda-url.${REGION}.on.aws`;
  const sourceIp = incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  const parameters = new URLSearchParams(query);
  const text = TEXT.test(incoming.headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    headers: {
      ...Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value])),
      'host': domainName,
      'x-amzn-trace-id': trace,
      'x-forwarded-for': sourceIp,
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
    },
    ...(query && { queryStringParameters: Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')])) }),
    requestContext: {
      accountId: signer ? ACCOUNT : 'anonymous',
      apiId: url.id,
      domainName,
      domainPrefix: url.id,
      http: { method: httpMethod, path: rawPath, protocol: `HTTP/${incoming.httpVersion}`, sourceIp, userAgent: incoming.headers['user-agent'] ?? '' },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
      ...(signer && {
        authorizer: {
          iam: {
            accessKey: signer.accessKey,
            accountId: ACCOUNT,
            callerId: signer.caller,
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: signer.userArn,
            userId: signer.user,
          },
        },
      }),
    },
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
}
