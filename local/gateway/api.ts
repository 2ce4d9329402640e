import type { Properties, Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';

export interface Integration {
  readonly type: string;
  /** ARN of the function behind it. */
  readonly functionArn?: string;
  readonly streams: boolean;
  readonly timeoutMs: number;
  readonly properties: Properties;
}

export interface Method {
  readonly httpMethod: string;
  readonly resourcePath: string;
  readonly authorizationType: string;
  readonly authorizer?: AuthorizerDefinition;
  readonly scopes: readonly string[];
  readonly apiKeyRequired: boolean;
  readonly validateBody: boolean;
  readonly validateParameters: boolean;
  /** JSON schema by content type. */
  readonly models: Readonly<Record<string, object>>;
  /** Like `method.request.header.x`. */
  readonly requiredParameters: readonly string[];
  readonly integration: Integration;
}

export interface AuthorizerDefinition {
  readonly name: string;
  readonly type: string;
  readonly providerArns: readonly string[];
  readonly functionArn?: string;
  readonly identitySource: readonly string[];
  readonly identityValidation?: RegExp;
  readonly ttlMs: number;
}

export interface GatewayResponseDefinition {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly template?: string;
}

export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** One stage of one REST API, with everything a request needs to find its way. */
export interface RestApi {
  readonly id: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>> | null;
  readonly binaryMediaTypes: readonly string[];
  /** By resource path, as `/v1/conversations/{id}`. */
  readonly resources: ReadonlyMap<string, { readonly id: string; readonly methods: ReadonlyMap<string, Method> }>;
  readonly responses: ReadonlyMap<string, GatewayResponseDefinition>;
  /** By `<path>/<METHOD>`, with `*` for any. */
  readonly throttles: ReadonlyMap<string, Throttle>;
  /** Addresses of its own, without a slash at their end. */
  readonly domains: readonly string[];
  readonly accessLog?: { readonly group: string; readonly format: string };
}

/** The stages of every REST API in a deployment. */
export function readRestApis(deployment: Deployment): RestApi[] {
  return deployment.resources('AWS::ApiGateway::RestApi').flatMap((resource) => {
    const id = deployment.ref(resource);
    const ofApi = (type: string) => deployment.resources(type).filter((child) => deployment.property(child, 'RestApiId') === id);
    const paths = readPaths(deployment, resource, ofApi('AWS::ApiGateway::Resource'));
    const resources = new Map([...paths].map(([resourceId, path]) => [path, { id: resourceId, methods: new Map<string, Method>() }]));
    for (const method of ofApi('AWS::ApiGateway::Method')) {
      const path = paths.get(String(deployment.property(method, 'ResourceId'))) ?? '/';
      const definition = readMethod(deployment, method, path, ofApi);
      resources.get(path)?.methods.set(definition.httpMethod, definition);
    }
    const responses = new Map(ofApi('AWS::ApiGateway::GatewayResponse').map((response) => readResponse(deployment.properties(response))));
    return ofApi('AWS::ApiGateway::Stage').map((stage) => ({
      id,
      stackName: resource.stack.name,
      logicalId: resource.logicalId,
      binaryMediaTypes: (deployment.property(resource, 'BinaryMediaTypes') as string[] | undefined) ?? [],
      resources,
      responses,
      domains: readDomains(deployment, id, String(deployment.property(stage, 'StageName'))),
      ...readStage(deployment.properties(stage)),
    }));
  });
}

function readDomains(deployment: Deployment, api: string, stageName: string): string[] {
  return deployment.resources('AWS::ApiGateway::BasePathMapping').map((mapping) => deployment.properties(mapping))
    .filter(({ RestApiId, Stage }) => RestApiId === api && (Stage === undefined || Stage === stageName))
    .map(({ DomainName, BasePath }) => `https://${DomainName}${BasePath ? `/${BasePath}` : ''}`);
}

function readPaths(deployment: Deployment, api: Resource, resources: Resource[]): Map<string, string> {
  const paths = new Map([[deployment.attribute(api, 'RootResourceId'), '/']]);
  const waiting = [...resources];
  while (waiting.length > 0) {
    const next = waiting.findIndex((resource) => paths.has(String(deployment.property(resource, 'ParentId'))));
    if (next < 0) throw new Error(`the resources of the API ${api.logicalId} do not hang together`);
    const [resource] = waiting.splice(next, 1);
    const parent = paths.get(String(deployment.property(resource, 'ParentId')))!;
    paths.set(deployment.ref(resource), `${parent === '/' ? '' : parent}/${String(deployment.property(resource, 'PathPart'))}`);
  }
  return paths;
}

function readMethod(deployment: Deployment, resource: Resource, resourcePath: string, ofApi: (type: string) => Resource[]): Method {
  const properties = deployment.properties(resource);
  const find = (type: string, id: unknown) => ofApi(type).find((candidate) => deployment.ref(candidate) === id);
  const authorizer = find('AWS::ApiGateway::Authorizer', properties.AuthorizerId);
  const validator = find('AWS::ApiGateway::RequestValidator', properties.RequestValidatorId);
  const schemas = Object.entries((properties.RequestModels ?? {}) as Record<string, string>).flatMap(([contentType, name]) => {
    const model = find('AWS::ApiGateway::Model', name);
    return model ? [[contentType, deployment.property(model, 'Schema') as object]] : [];
  });
  return {
    httpMethod: String(properties.HttpMethod),
    resourcePath,
    authorizationType: String(properties.AuthorizationType ?? 'NONE'),
    authorizer: authorizer && readAuthorizer(deployment.properties(authorizer)),
    scopes: (properties.AuthorizationScopes as string[] | undefined) ?? [],
    apiKeyRequired: properties.ApiKeyRequired === true,
    validateBody: !!validator && deployment.property(validator, 'ValidateRequestBody') === true,
    validateParameters: !!validator && deployment.property(validator, 'ValidateRequestParameters') === true,
    models: Object.fromEntries(schemas) as Record<string, object>,
    requiredParameters: Object.entries((properties.RequestParameters ?? {}) as Record<string, boolean>).filter(([, needed]) => needed).map(([name]) => name),
    integration: readIntegration((properties.Integration ?? {}) as Properties),
  };
}

function readIntegration(properties: Properties): Integration {
  return {
    type: String(properties.Type),
    functionArn: functionOf(properties.Uri),
    streams: properties.ResponseTransferMode === 'STREAM',
    timeoutMs: Number(properties.TimeoutInMillis ?? 29_000),
    properties,
  };
}

/** The function inside `arn:aws:apigateway:…:lambda:path/…/functions/<arn>/invocations`. */
export function functionOf(uri: unknown): string | undefined {
  return /\/functions\/(.+)\/(?:response-streaming-)?invocations$/.exec(String(uri))?.[1];
}

export function readAuthorizer(properties: Properties): AuthorizerDefinition {
  const source = properties.IdentitySource as string | undefined;
  const validation = properties.IdentityValidationExpression as string | undefined;
  return {
    name: String(properties.Name),
    type: String(properties.Type),
    providerArns: (properties.ProviderARNs as string[] | undefined) ?? [],
    functionArn: functionOf(properties.AuthorizerUri),
    identitySource: source ? source.split(',').map((part) => part.trim()) : [],
    identityValidation: validation ? new RegExp(validation) : undefined,
    ttlMs: Number(properties.AuthorizerResultTtlInSeconds ?? 300) * 1000,
  };
}

function readResponse(properties: Properties): [string, GatewayResponseDefinition] {
  const templates = (properties.ResponseTemplates ?? {}) as Record<string, string>;
  return [String(properties.ResponseType), {
    status: properties.StatusCode === undefined ? undefined : Number(properties.StatusCode),
    headers: (properties.ResponseParameters ?? {}) as Record<string, string>,
    template: templates['application/json'] ?? Object.values(templates)[0],
  }];
}

function readStage(properties: Properties) {
  const accessLog = properties.AccessLogSetting as { DestinationArn?: string; Format?: string } | undefined;
  const throttles = new Map<string, Throttle>();
  for (const setting of (properties.MethodSettings ?? []) as Record<string, unknown>[]) {
    if (setting.ThrottlingRateLimit === undefined) continue;
    // In a template `/` inside the path is written `~1`.
    const path = String(setting.ResourcePath ?? '/*').replaceAll('~1', '/').replace(/^\/\//, '/');
    throttles.set(`${path} ${String(setting.HttpMethod ?? '*')}`, { rate: Number(setting.ThrottlingRateLimit), burst: Number(setting.ThrottlingBurstLimit ?? setting.ThrottlingRateLimit) });
  }
  return {
    stage: String(properties.StageName),
    stageVariables: (properties.Variables as Record<string, string> | undefined) ?? null,
    throttles,
    accessLog: accessLog?.Format ? { group: String(accessLog.DestinationArn).split(':log-group:')[1]?.replace(/:\*$/, '') ?? 'access-log', format: accessLog.Format } : undefined,
  };
}
