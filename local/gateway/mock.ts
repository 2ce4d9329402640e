import type { Exchange } from './exchange';
import { GatewayFailure } from './failure';
import { identifying } from './respond';

export const MOCK = 'MOCK';

interface IntegrationResponse {
  readonly StatusCode: string;
  readonly SelectionPattern?: string;
  readonly ResponseParameters?: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

/** The condition in the template by which CDK lets one of several origins in. */
const ORIGIN_TEMPLATE = /#if\(([^)]*)\)\s*#set\(\$context\.responseOverride\.header\.Access-Control-Allow-Origin = \$origin\)\s*#end/;

/** A mock integration: what CORS preflights are answered by. */
export function mock(exchange: Exchange): Promise<void> {
  const { properties } = exchange.method!.integration;
  const responses = (properties.IntegrationResponses as IntegrationResponse[] | undefined) ?? [];
  const response = responses.find(({ SelectionPattern }) => !SelectionPattern) ?? responses[0];
  if (!response) throw new GatewayFailure('API_CONFIGURATION_ERROR', { reason: 'the mock integration has no response' });

  const headers: Record<string, string> = { ...identifying(exchange), 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(response.ResponseParameters ?? {})) {
    headers[name.replace(/^method\.response\.header\./, '')] = value.replace(/^'(.*)'$/s, '$1');
  }
  const template = Object.values(response.ResponseTemplates ?? {})[0] ?? '';
  let body = template;
  if (template.includes('#')) {
    const origin = allowedOrigin(template, exchange.header('origin') ?? '');
    if (origin) headers['Access-Control-Allow-Origin'] = origin;
    body = '';
  }
  exchange.outgoing.writeHead(Number(response.StatusCode), { ...headers, ...(response.StatusCode === '204' ? {} : { 'content-length': Buffer.byteLength(body) }) });
  exchange.outgoing.end(body);
  return Promise.resolve();
}

function allowedOrigin(template: string, origin: string): string | undefined {
  const condition = ORIGIN_TEMPLATE.exec(template)?.[1];
  if (!condition) throw new GatewayFailure('API_CONFIGURATION_ERROR', { reason: `the local gateway does not know this response template: ${template}` });
  return [...condition.matchAll(/\$origin == "([^"]*)"/g)].some(([, allowed]) => allowed === origin) ? origin : undefined;
}
