import Ajv, { type ValidateFunction } from 'ajv';
import type { Exchange } from './exchange';
import { GatewayFailure } from './failure';

const ajv = new Ajv({ strict: false, allErrors: true });
const compiled = new WeakMap<object, ValidateFunction>();

/** What a request validator asks of a request before the integration sees it. */
export function validate(exchange: Exchange): void {
  const { method } = exchange;
  if (!method) return;
  if (method.validateParameters) requireParameters(exchange, method.requiredParameters);
  if (!method.validateBody) return;
  const contentType = (exchange.header('content-type') ?? 'application/json').split(';')[0].trim().toLowerCase();
  const schema = method.models[contentType];
  if (schema) requireBody(exchange.body, schema);
}

function requireParameters(exchange: Exchange, names: readonly string[]): void {
  const missing = names.flatMap((parameter) => {
    const [, kind, name] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(parameter) ?? [];
    const value = kind === 'header' ? exchange.header(name) : kind === 'querystring' ? exchange.query.get(name) : exchange.pathParameters?.[name];
    return value ? [] : [name];
  });
  if (missing.length > 0) throw new GatewayFailure('BAD_REQUEST_PARAMETERS', { message: `Missing required request parameters: [${missing.join(', ')}]` });
}

function requireBody(body: Buffer, schema: object): void {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new GatewayFailure('BAD_REQUEST_BODY', { validation: 'Invalid JSON' });
  }
  let check = compiled.get(schema);
  if (!check) {
    // API Gateway speaks draft 4; what our schemas use of it reads the same in later ones.
    const { $schema: _draft, ...rest } = schema as { $schema?: string };
    check = ajv.compile(rest);
    compiled.set(schema, check);
  }
  if (!check(value)) throw new GatewayFailure('BAD_REQUEST_BODY', { validation: `[${(check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`.trim()).join(', ')}]` });
}
