import { ConverseRequest } from './converse';
import { refuse } from './refusal';
import { AwsFailure } from '../aws/failure';
import { AwsRequest } from '../aws/service';

/** What a call of the Bedrock runtime asks for. */
export type Operation =
  | { readonly name: 'Converse' | 'ConverseStream'; readonly modelId: string; readonly request: ConverseRequest }
  | { readonly name: 'InvokeModel'; readonly modelId: string; readonly request: Fields }
  | { readonly name: 'CountTokens'; readonly modelId: string; readonly request: ConverseRequest }
  | { readonly name: 'ApplyGuardrail'; readonly guardrail: string; readonly version: string; readonly request: ApplyGuardrailRequest };

export interface ApplyGuardrailRequest {
  readonly source: 'INPUT' | 'OUTPUT';
  readonly content: readonly { readonly text?: { readonly text: string; readonly qualifiers?: readonly string[] } }[];
}

const NAMES = { 'converse': 'Converse', 'converse-stream': 'ConverseStream', 'count-tokens': 'CountTokens' } as const;

/** Fields of Converse that we read or that change nothing here; another one would be ignored in silence, so it is refused. */
const FIELDS = [
  'messages', 'system', 'inferenceConfig', 'toolConfig', 'guardrailConfig', 'additionalModelRequestFields', 'additionalModelResponseFieldPaths',
  'requestMetadata', 'performanceConfig', 'serviceTier',
];

export function readOperation(request: AwsRequest): Operation {
  const path = request.path.split('?')[0];
  const model = /^\/model\/([^/]+)\/(converse|converse-stream|count-tokens)$/.exec(path);
  if (request.method === 'POST' && model) {
    const name = NAMES[model[2] as keyof typeof NAMES];
    const body = readBody(request);
    return { name, modelId: decodeURIComponent(model[1]), request: readConverse(name === 'CountTokens' ? countedRequest(body) : body) };
  }
  const invoked = /^\/model\/([^/]+)\/invoke$/.exec(path);
  if (request.method === 'POST' && invoked) return { name: 'InvokeModel', modelId: decodeURIComponent(invoked[1]), request: readBody(request) };
  const guardrail = /^\/guardrail\/([^/]+)\/version\/([^/]+)\/apply$/.exec(path);
  if (request.method === 'POST' && guardrail) {
    const [identifier, version] = guardrail.slice(1).map(decodeURIComponent);
    return { name: 'ApplyGuardrail', guardrail: identifier, version, request: readGuardrailRequest(readBody(request)) };
  }
  throw new AwsFailure('UnknownOperationException', 404,
    `the local Bedrock runtime has no ${request.method} ${path} (it has Converse, ConverseStream, InvokeModel, CountTokens and ApplyGuardrail)`);
}

export type Fields = Readonly<Record<string, unknown>>;

function readBody({ body }: AwsRequest): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    malformed('the body is no JSON');
  }
  return isFields(value) ? value : malformed('the body must be an object');
}

function readConverse(body: Fields): ConverseRequest {
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) refuse(`the local Bedrock runtime does not know the field '${unknown}' of Converse`);
  const lists = { 'messages': body.messages, 'system': body.system, 'toolConfig.tools': isFields(body.toolConfig) ? body.toolConfig.tools : undefined };
  for (const [name, list] of Object.entries(lists)) {
    if (list !== undefined && !(Array.isArray(list) && list.every(isFields))) malformed(`'${name}' must be a list of objects`);
  }
  for (const message of (body.messages ?? []) as Fields[]) {
    if (!Array.isArray(message.content) || !message.content.every(isFields)) malformed('\'content\' of a message must be a list of objects');
  }
  for (const name of ['inferenceConfig', 'toolConfig', 'guardrailConfig', 'additionalModelRequestFields', 'serviceTier']) {
    if (body[name] !== undefined && !isFields(body[name])) malformed(`'${name}' must be an object`);
  }
  return body as ConverseRequest;
}

function countedRequest(body: Fields): Fields {
  const converse = isFields(body.input) ? body.input.converse : undefined;
  return isFields(converse) ? converse : refuse('the local CountTokens counts Converse requests only: give input.converse');
}

function readGuardrailRequest(body: Fields): ApplyGuardrailRequest {
  if (body.source !== 'INPUT' && body.source !== 'OUTPUT') refuse(`'source' must be INPUT or OUTPUT, got ${JSON.stringify(body.source)}`);
  if (!Array.isArray(body.content) || body.content.length === 0 || !body.content.every(isFields)) refuse('\'content\' must be a list with at least one block');
  return body as unknown as ApplyGuardrailRequest;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(reason: string): never {
  throw new AwsFailure('SerializationException', 400, reason);
}
