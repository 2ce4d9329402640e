import { PassThrough, Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { MemoryConversations } from './conversations';
import { type LongScript, ScriptedModel } from './model';
import { MemoryObjects } from './objects';
import { policy } from './policy';
import { MemoryQuotas } from './quotas';
import { MemoryTurnKeys } from './turn-keys';
import { MemoryTurnLog } from './turn-log';
import type { KnowledgePorts } from '../../../lambda/chat/grounded-turn';
import { chatRoutes, statelessRoutes } from '../../../lambda/chat/routes';
import type { TurnPolicy } from '../../../lambda/chat/settings';
import { systemClock } from '../../../lambda/kit/clock';
import { endpoint } from '../../../lambda/kit/endpoint';
import type { LogFields } from '../../../lambda/kit/log';
import type { MetricSubject, MetricValues } from '../../../lambda/kit/metrics';
import { restApi } from '../../../lambda/kit/rest-api';
import { jsonSchemas } from '../../../lambda/parts/json-schemas';
import type { Clock } from '../../../lambda/ports/clock';
import type { Hooks } from '../../../lambda/ports/hooks';
import type { CallerSource } from '../../../lib/contract/api';

export interface ApiRequest {
  readonly method?: string;
  readonly resource?: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly base64?: boolean;
  readonly caller?: string | null;
  readonly groups?: readonly string[];
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly id?: string;
  readonly messageId?: string;
  readonly milliseconds?: number;
  /** Takes nothing of the answer. */
  readonly asleep?: boolean;
  readonly requestId?: string;
}

interface ApiOptions extends Partial<TurnPolicy> {
  readonly caller?: CallerSource;
  readonly stateless?: boolean;
  /** Whether pauses take their time. */
  readonly patient?: boolean;
  readonly clock?: Clock;
  readonly hookFunctions?: Hooks;
  /** What looks documents up. */
  readonly documents?: KnowledgePorts;
}

const hasty: Clock = { ...systemClock, pause: async () => undefined };

/** The chat handler without its adapters: routes and cores as deployed, behind the events that API Gateway sends. */
export class ChatApi {
  readonly conversations = new MemoryConversations();
  readonly log = new MemoryTurnLog(this.conversations);
  readonly keys = new MemoryTurnKeys();
  readonly objects = new MemoryObjects();
  readonly quotas = new MemoryQuotas();
  readonly logged: { level: string; message: string; fields: LogFields }[] = [];
  readonly metrics: MetricValues[] = [];
  /** What the metrics are about, each beside its values. */
  readonly measured: { readonly values: MetricValues; readonly about?: MetricSubject; readonly again?: boolean }[] = [];
  readonly model: ScriptedModel;
  private readonly handler: ReturnType<typeof restApi>;
  private requests = 0;

  constructor(scripts: LongScript[], { caller = 'cognito' as CallerSource, stateless = false, patient = false, clock = patient ? systemClock : hasty, hookFunctions, documents, ...changes }: ApiOptions = {}) {
    this.model = new ScriptedModel(scripts);
    const publish = (values: MetricValues, about?: MetricSubject, again?: boolean) => {
      this.metrics.push(values);
      this.measured.push({ values, about, again });
    };
    const ports = { model: this.model, objects: this.objects, schemas: jsonSchemas, clock, hooks: hookFunctions, quotas: this.quotas, knowledge: documents };
    const stores = { conversations: this.conversations, log: this.log, keys: this.keys, edits: this.conversations };
    const routes = stateless
      ? statelessRoutes(policy(changes), ports, publish)
      : chatRoutes(policy(changes), { ...ports, ...stores }, publish);
    const answer = endpoint(routes, {
      corsOrigins: ['https://app.example'],
      exposedHeaders: ['x-request-id'],
      log: {
        info: (message, fields) => this.logged.push({ level: 'info', message, fields }),
        error: (message, fields) => this.logged.push({ level: 'error', message, fields }),
      },
    });
    this.handler = restApi(answer, caller);
  }

  chat(body: unknown, request: ApiRequest = {}) {
    return this.call({ body, ...request });
  }

  async call(request: ApiRequest) {
    const { method = 'POST', resource = '/v1/chat/completions', body, raw = JSON.stringify(body), caller = 'ada', milliseconds = 30_000 } = request;
    const run = ++this.requests;
    const { requestId = `request-${run}` } = request;
    Object.assign(globalThis, { awslambda: { HttpResponseStream: { from: begun } } });
    const output: Writable = request.asleep ? new Writable({ write: () => undefined }) : new PassThrough();
    const received: Buffer[] = [];
    if (!request.asleep) output.on('data', (data: Buffer) => received.push(data));
    const event = {
      httpMethod: method,
      resource,
      body: raw ?? null,
      isBase64Encoded: request.base64 ?? false,
      headers: request.headers ?? {},
      pathParameters: request.id === undefined ? null : { id: request.id, messageId: request.messageId },
      queryStringParameters: request.query ?? null,
      requestContext: { requestId, identity: {}, ...(caller !== null && { authorizer: { claims: { 'sub': caller, 'cognito:groups': request.groups?.join(',') } } }) },
    } as unknown as APIGatewayProxyEvent;
    await this.handler(event, output, { awsRequestId: `run-${run}`, getRemainingTimeInMillis: () => milliseconds } as Context);
    const text = Buffer.concat(received).toString('utf8');
    const { statusCode: status, headers } = preludes.get(output)!;
    return { status, headers, text, json: () => JSON.parse(text), events: () => parseEvents(text) };
  }
}

const preludes = new WeakMap<Writable, { statusCode: number; headers: Record<string, string> }>();

function begun(stream: Writable, prelude: { statusCode: number; headers: Record<string, string> }) {
  if (preludes.has(stream)) throw new Error('the answer was begun twice');
  preludes.set(stream, prelude);
  return stream;
}

function parseEvents(text: string): any[] {
  return text.split('\n\n').map((frame) => frame.replace(/^id: .*\n/, '')).filter((frame) => frame.startsWith('data: ')).map((frame) => frame === 'data: [DONE]' ? 'DONE' : JSON.parse(frame.slice(6)));
}
