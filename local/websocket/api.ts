import type { Properties } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import { type AuthorizerDefinition, functionOf, readAuthorizer, type Throttle } from '../gateway/api';

/** What happens with messages of one kind. */
export interface SocketRoute {
  readonly key: string;
  readonly functionArn?: string;
  readonly integrationType: string;
  readonly timeoutMs: number;
  readonly authorizationType: string;
  readonly authorizer?: AuthorizerDefinition;
  /** Whether what the function returns goes back to the client. */
  readonly answers: boolean;
}

/** One stage of one WebSocket API. */
export interface SocketApi {
  readonly id: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly stage: string;
  /** Like `$request.body.action`. */
  readonly selection: string;
  /** By route key. */
  readonly routes: ReadonlyMap<string, SocketRoute>;
  readonly throttle?: Throttle;
  readonly accessLog?: { readonly group: string; readonly format: string };
}

/** The stages of every WebSocket API in a deployment. */
export function readSocketApis(deployment: Deployment): SocketApi[] {
  return deployment.resources('AWS::ApiGatewayV2::Api').filter((api) => deployment.property(api, 'ProtocolType') === 'WEBSOCKET').flatMap((api) => {
    const id = deployment.ref(api);
    const ofApi = (type: string) => deployment.resources(`AWS::ApiGatewayV2::${type}`).filter((child) => deployment.property(child, 'ApiId') === id);
    const find = (type: string, ref: unknown) => {
      const found = ofApi(type).find((candidate) => deployment.ref(candidate) === ref);
      return found && deployment.properties(found);
    };
    const answered = new Set(ofApi('RouteResponse').map((response) => deployment.property(response, 'RouteId')));
    const routes = ofApi('Route').map((route): SocketRoute => {
      const properties = deployment.properties(route);
      const integration = find('Integration', String(properties.Target).replace(/^integrations\//, '')) ?? {};
      const authorizer = find('Authorizer', properties.AuthorizerId);
      return {
        key: String(properties.RouteKey),
        functionArn: functionOf(integration.IntegrationUri),
        integrationType: String(integration.IntegrationType),
        timeoutMs: Number(integration.TimeoutInMillis ?? 29_000),
        authorizationType: String(properties.AuthorizationType ?? 'NONE'),
        authorizer: authorizer && socketAuthorizer(authorizer),
        answers: properties.RouteResponseSelectionExpression === '$default' && answered.has(deployment.ref(route)),
      };
    });
    return ofApi('Stage').map((stage) => ({
      id,
      stackName: api.stack.name,
      logicalId: api.logicalId,
      selection: String(deployment.property(api, 'RouteSelectionExpression') ?? '$request.body.action'),
      routes: new Map(routes.map((route) => [route.key, route])),
      ...readStage(deployment.properties(stage)),
    }));
  });
}

/** Where an API answers, below the public address. */
export function socketPath(api: SocketApi): string {
  return `/${api.stackName}/${api.logicalId}/${api.stage}`;
}

/** The second version of the API has a list where the first has a text, and keeps no decisions for sockets. */
function socketAuthorizer(properties: Properties): AuthorizerDefinition {
  const sources = (properties.IdentitySource ?? []) as string[];
  return readAuthorizer({
    Name: properties.Name,
    Type: properties.AuthorizerType,
    AuthorizerUri: properties.AuthorizerUri,
    AuthorizerResultTtlInSeconds: 0,
    ...(sources.length > 0 && { IdentitySource: sources.map((source) => source.replace(/^route\.request\./, 'method.request.')).join(',') }),
  });
}

function readStage(properties: Properties): Pick<SocketApi, 'stage' | 'throttle' | 'accessLog'> {
  const log = properties.AccessLogSettings as { DestinationArn?: string; Format?: string } | undefined;
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = (properties.DefaultRouteSettings ?? {}) as Record<string, number | undefined>;
  return {
    stage: String(properties.StageName),
    throttle: rate === undefined ? undefined : { rate: Number(rate), burst: Number(burst ?? rate) },
    accessLog: log?.Format ? { group: String(log.DestinationArn).split(':log-group:')[1]?.replace(/:\*$/, '') ?? 'access-log', format: log.Format } : undefined,
  };
}
