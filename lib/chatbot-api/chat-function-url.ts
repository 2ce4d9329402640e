import { Duration, Stack } from 'aws-cdk-lib';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction, FunctionUrl, FunctionUrlAuthType, HttpMethod, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { type AuthBinding } from '../api/auth-binding';
import { type Traffic } from '../api/traffic';
import { CLIENT_HEADERS, EXPOSED_HEADERS, routesOf } from '../contract/chat';
import { fail } from '../internal/validation';

export interface ChatFunctionUrlProps extends ChatFront {
  readonly handler: LambdaFunction;
  readonly corsOrigins: string[];
}

/** Refuses what only API Gateway can check; `transport` is the factory that was chosen. */
export function requireOwnProof(scope: IConstruct, { tokens, caller, proof }: AuthBinding, transport: string, signed: boolean) {
  if (tokens || (signed && caller === 'iam')) return;
  const choices = `ApiAuth.cognito()${signed ? ', ApiAuth.iam()' : ''} or ApiAuth.oidc()`;
  fail(scope, `'auth' must be ${choices} with ${transport}, because ${proof} need API Gateway to check them: take one of these, or Transport.restStreaming()`);
}

/** AWS: "Lambda function URLs do not support response streaming within a VPC environment." (Developer Guide, Response streaming) */
function requireNoVpc(scope: IConstruct, handler: LambdaFunction) {
  if (!handler.isBoundToVpc) return;
  fail(scope, "'transport' must not be Transport.functionUrl() here, because the posture or the memory runs the chat in a VPC, where AWS does not support function URLs that stream: "
    + 'take Transport.restStreaming() or Transport.container(), or what needs no VPC');
}

/** The chat at the URL of its function. */
export class ChatFunctionUrl extends Construct implements ChatEndpoint {
  public readonly url: string;
  public readonly corsOrigins: string[];
  public readonly environment: ChatEndpoint['environment'];
  public readonly traffic: Traffic;
  private readonly functionUrl: FunctionUrl;

  constructor(scope: Construct, id: string, props: ChatFunctionUrlProps) {
    super(scope, id);
    const { auth: { tokens }, handler, corsOrigins } = props;
    requireNoVpc(this, handler);

    this.functionUrl = this.defineUrl(props);
    this.url = this.functionUrl.url;
    this.corsOrigins = corsOrigins;
    // The URL's own configuration answers browsers, and a header must not be there twice.
    this.environment = { TRANSPORT: 'functionUrl', CALLER: tokens ? 'token' : 'iam', TOKENS: tokens ? Stack.of(this).toJsonString(tokens) : '', CORS_ORIGINS: '' };
    this.traffic = urlTraffic(handler);
  }

  public grantInvoke(grantee: IGrantable): Grant {
    return this.functionUrl.grantInvokeUrl(grantee);
  }

  private defineUrl({ handler, auth, corsOrigins, ...front }: ChatFunctionUrlProps) {
    const methods = new Set(routesOf(front).map(({ method }) => HttpMethod[method]));
    return new FunctionUrl(this, 'Url', {
      function: handler,
      authType: auth.tokens ? FunctionUrlAuthType.NONE : FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.RESPONSE_STREAM,
      cors: corsOrigins.length > 0 ? {
        allowedOrigins: corsOrigins, allowedMethods: [...methods], allowedHeaders: CLIENT_HEADERS, exposedHeaders: EXPOSED_HEADERS, maxAge: Duration.hours(1),
      } : undefined,
    });
  }
}

function urlTraffic(handler: LambdaFunction): Traffic {
  return {
    title: 'Function URL',
    latencyOf: 'to the last byte',
    speaker: "The function's URL",
    evidence: "the handler's log holds a line for each request that reached it",
    requests: (options) => handler.metric('UrlRequestCount', options),
    clientErrors: (options) => handler.metric('Url4xxCount', options),
    serverErrors: (options) => handler.metric('Url5xxCount', options),
    latency: (options) => handler.metric('UrlRequestLatency', options),
  };
}
