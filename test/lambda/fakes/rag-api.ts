import { PassThrough } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { wordIndex } from './answers';
import { type LongScript, ScriptedModel } from './model';
import { MemoryPassages } from './passages';
import { facts } from './policy';
import { MemorySessions } from './sessions';
import { oneModel } from '../../../lambda/generation/routing/models';
import { systemClock } from '../../../lambda/kit/clock';
import { endpoint } from '../../../lambda/kit/endpoint';
import type { LogFields } from '../../../lambda/kit/log';
import type { MetricValues } from '../../../lambda/kit/metrics';
import { restApi } from '../../../lambda/kit/rest-api';
import { AnswerCache } from '../../../lambda/knowledge/answer-cache';
import type { Answers } from '../../../lambda/ports/answers';
import type { ListedDocuments } from '../../../lambda/ports/document-states';
import type { Passage, SearchNote } from '../../../lambda/ports/passages';
import { ragRoutes } from '../../../lambda/rag/routes';
import type { RagPolicy } from '../../../lambda/rag/settings';
import type { KnowledgePolicy } from '../../../lib/contract/knowledge';

export interface RagOptions extends Partial<Omit<RagPolicy, 'knowledge'>> {
  readonly knowledge?: Partial<KnowledgePolicy>;
  readonly scripts?: readonly LongScript[];
  readonly listed?: ListedDocuments;
  readonly found?: readonly (readonly Passage[] | Error)[];
  /** What answers are kept in. */
  readonly kept?: Answers;
  readonly notes?: readonly SearchNote[];
}

export const KNOWLEDGE: KnowledgePolicy = {
  knowledgeBaseId: 'KB1', kind: 'vector', passages: 5, candidates: 10, fields: [{ name: 'department', type: 'string' }, { name: 'year', type: 'number' }],
};

/** The handler of questions without its adapters, behind the events that API Gateway sends. */
export class RagApi {
  readonly model: ScriptedModel;
  readonly passages: MemoryPassages;
  readonly logged: { level: string; message: string; fields: LogFields }[] = [];
  readonly answers: MetricValues[] = [];
  readonly retrievals: MetricValues[] = [];
  readonly sessions = new MemorySessions();
  /** Moves the clock on. */
  later = 0;
  private runs = 0;
  private readonly handler: ReturnType<typeof restApi>;

  constructor({ scripts = [], found = [[]], notes, knowledge, listed, kept, ...changes }: RagOptions = {}) {
    this.model = new ScriptedModel(scripts);
    this.passages = new MemoryPassages(found, notes);
    const policy: RagPolicy = { models: oneModel(facts), generation: { maxTokens: 500 }, systemPrompt: '', ...changes, knowledge: { ...KNOWLEDGE, ...knowledge } };
    const log = {
      info: (message: string, fields: LogFields) => void this.logged.push({ level: 'info', message, fields }),
      error: (message: string, fields: LogFields) => void this.logged.push({ level: 'error', message, fields }),
    };
    const clock = { ...systemClock, now: () => systemClock.now() + this.later, pause: async () => undefined };
    const ports = {
      model: this.model,
      passages: this.passages,
      sql: { write: async (question: string) => [`SELECT '${question}'`] },
      links: {
        sign: async (uri: string, seconds: number) => {
          if (uri.includes('broken')) throw new Error('cannot sign');
          return `https://signed.example/${uri.slice(5)}?for=${seconds}`;
        },
      },
      clock,
      ...(listed && { documents: listed }),
      ...(policy.cache && kept && { cache: new AnswerCache([policy.knowledge], policy.cache, { answers: kept, index: wordIndex(), clock }) }),
      ...(changes.sessions && { sessions: this.sessions }),
    };
    const into = (list: MetricValues[]) => (values: MetricValues) => void list.push(values);
    const watchers = { answers: into(this.answers), retrieval: into(this.retrievals), log };
    const routes = ragRoutes(policy, ports, watchers);
    this.handler = restApi(endpoint(routes, { corsOrigins: [], exposedHeaders: [], log }), 'cognito');
  }

  query(body: object, claims: object = {}, milliseconds?: number) {
    return this.call('/v1/query', body, claims, milliseconds);
  }

  retrieve(body: object, claims: object = {}) {
    return this.call('/v1/retrieve', body, claims);
  }

  sql(body: object) {
    return this.call('/v1/sql', body, {});
  }

  /** A question in a session, with headers. */
  ask(body: object, headers: object = {}, claims: object = {}) {
    return this.call('/v1/query', body, claims, undefined, { headers });
  }

  deleteSession(id: string, claims: object = {}) {
    return this.call('/v1/sessions/{id}', {}, claims, undefined, { httpMethod: 'DELETE', pathParameters: { id } });
  }

  documents(query: Record<string, string> = {}, claims: object = {}) {
    return this.call('/v1/documents', {}, claims, undefined, { httpMethod: 'GET', queryStringParameters: query });
  }

  document(id: string, claims: object = {}) {
    return this.call('/v1/documents/{id}', {}, claims, undefined, { httpMethod: 'GET', pathParameters: { id } });
  }

  private async call(resource: string, body: object, claims: object, milliseconds = 30_000, more: object = {}) {
    let begun: { statusCode: number; headers: Record<string, string> } | undefined;
    Object.assign(globalThis, {
      awslambda: {
        HttpResponseStream: {
          from: (stream: PassThrough, prelude: typeof begun) => {
            begun = prelude;
            return stream;
          },
        },
      },
    });
    const output = new PassThrough();
    const received: Buffer[] = [];
    output.on('data', (data: Buffer) => received.push(data));
    const event = {
      httpMethod: 'POST',
      resource,
      body: JSON.stringify(body),
      isBase64Encoded: false,
      headers: {},
      pathParameters: null,
      queryStringParameters: null,
      requestContext: { requestId: 'r1', identity: {}, authorizer: { claims: { sub: 'ada', ...claims } } },
      ...more,
    } as unknown as APIGatewayProxyEvent;
    await this.handler(event, output, { awsRequestId: `run-${++this.runs}`, getRemainingTimeInMillis: () => milliseconds } as Context);
    const text = Buffer.concat(received).toString('utf8');
    return { status: begun!.statusCode, headers: begun!.headers, text, json: () => JSON.parse(text), events: () => eventsIn(text) };
  }
}

/** Server-sent events, as [name, data]. */
function eventsIn(text: string): [string, any][] {
  return text.split('\n\n').filter((frame) => frame.startsWith('event: ')).map((frame) => {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame)!;
    return [name, JSON.parse(data)];
  });
}
