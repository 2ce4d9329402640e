import { documentRoutes } from './documents';
import { failureFrame, queryBody, queryFrame, type QueryIdentity } from './encoders';
import { QueryReport, tellForeign, type Watchers } from './report';
import { parseQuery, parseRetrieve, parseSqlQuestion, type QueryRequest } from './request';
import { deleteSession, Session } from './session';
import type { RagPolicy } from './settings';
import { CACHE_STATUS_HEADER } from '../../lib/contract/answer-cache';
import { RAG_ROUTES, SQL_ROUTE } from '../../lib/contract/rag';
import { SESSION_ROUTES } from '../../lib/contract/sessions';
import type { Call } from '../kit/call';
import { EVENT_STREAM_HEADERS, json, type Route } from '../kit/endpoint';
import { groupsIn } from '../kit/groups';
import { explained } from '../knowledge/diagnosis';
import { tenantOf, userOf } from '../knowledge/isolation';
import { type Answered, answerQuery, FailedRetrieval, type FoundPassages, type QueryContext, type QueryEvent, type QueryPorts } from '../knowledge/query';
import { lookedUp } from '../knowledge/questions';
import { failedRetrieval, retrievalMetrics, retrievalNotes } from '../knowledge/report';
import { patiently, retrieve } from '../knowledge/retrieval';
import { views } from '../knowledge/sources';
import type { ListedDocuments } from '../ports/document-states';
import type { Sessions } from '../ports/sessions';
import type { SqlWriter } from '../ports/sql-writer';

export interface RagPorts extends QueryPorts {
  readonly sql: SqlWriter;
  /** Absent where nothing is kept. */
  readonly sessions?: Sessions;
  /** Absent where nobody keeps how documents are. */
  readonly documents?: ListedDocuments;
}

/** The routes of questions, by method and resource. */
export function ragRoutes(policy: RagPolicy, ports: RagPorts, watchers: Watchers): Readonly<Record<string, Route>> {
  const { query, retrieve: lookup } = RAG_ROUTES;
  const { removal } = SESSION_ROUTES;
  const { sessions, documents, clock } = ports;
  return {
    [`${query.method} ${query.path}`]: answers(policy, ports, watchers),
    [`${lookup.method} ${lookup.path}`]: passages(policy, ports, watchers),
    ...(policy.knowledge.kind === 'sql' && { [`${SQL_ROUTE.method} ${SQL_ROUTE.path}`]: queries(ports) }),
    ...(documents && documentRoutes(policy.knowledge, policy.documents?.source ?? '', documents)),
    ...(sessions && { [`${removal.method} ${removal.path}`]: deleteSession((claims) => tenantOf(policy.knowledge, claims), { sessions, clock }) }),
  };
}

/** `POST /v1/sql`: what would be asked of the database, which is not asked. */
function queries({ sql, clock }: Pick<RagPorts, 'sql' | 'clock'>): Route {
  return async ({ body, requestId, startedAt, signal, note }) => {
    const question = lookedUp(parseSqlQuestion(body));
    const written = await patiently(() => sql.write(question, signal), { kind: 'sql' }, { clock }, signal);
    note({ queries: written.length });
    return json({ id: `sql-${requestId}`, object: 'sql', created: Math.floor(startedAt / 1000), queries: written.map((query) => ({ sql: query })) });
  };
}

/** `POST /v1/retrieve`: passages, and no model. */
function passages({ knowledge }: RagPolicy, ports: QueryPorts, { retrieval, log }: Watchers): Route {
  return async ({ body, claims, requestId, startedAt, signal, note }) => {
    const { question, filter, most, explain } = parseRetrieve(body, knowledge);
    const [tenant, user] = [tenantOf(knowledge, claims), userOf(knowledge, claims)];
    note({ filtered: filter !== undefined });
    const began = ports.clock.now();
    const lookup = { questions: [lookedUp(question)], filter, tenant, user, most };
    const found = await retrieve(lookup, knowledge, ports, signal).catch((error: unknown) => {
      retrieval(failedRetrieval(error));
      throw error;
    });
    const milliseconds = ports.clock.now() - began;
    tellForeign(log, requestId, knowledge.knowledgeBaseId, found);
    retrieval(retrievalMetrics(found, milliseconds));
    note(retrievalNotes(found, milliseconds));
    const shown = await views(found.passages, knowledge, ports.links, { explain });
    const explanation = explain && { explain: explained(found.diagnosis, milliseconds) };
    return json({ id: `ret-${requestId}`, object: 'retrieval', created: Math.floor(startedAt / 1000), passages: shown, ...explanation });
  };
}

/** `POST /v1/query`: an answer from passages, as JSON or while it is written. */
function answers(policy: RagPolicy, ports: RagPorts, watchers: Watchers): Route {
  return async (call) => {
    const { offer, routed } = policy.models;
    const request = parseQuery(call.body, policy, offer);
    let identity: QueryIdentity = { id: `qry-${call.requestId}`, created: Math.floor(call.startedAt / 1000), model: offer.name };
    call.note({ stream: request.stream, messages: request.said.length, filtered: request.filter !== undefined });
    let recalled: RecalledEvent | undefined;
    const report = new QueryReport(call.startedAt, ports.clock, routed);
    const saw = (event: QueryEvent) => {
      report.saw(event);
      if (event.type === 'model') identity = { ...identity, model: event.name };
      if (event.type === 'recalled') recalled = event;
      if (event.type === 'recalled' && event.hit) identity = { ...identity, model: event.hit.model };
      if (event.type === 'retrieved') tellForeign(watchers.log, call.requestId, policy.knowledge.knowledgeBaseId, event.found);
    };
    const { caller, claims, headers, signal, outlast } = call;
    const context = { caller, claims, groups: groupsIn(claims), headers, signal, outlast };
    const events = watched(conversed(request, policy, context, call, ports), {
      saw,
      failed: (error) => report.failed(error),
      ended: () => report.ended((work) => call.outlast(work), (fields) => call.note(fields), watchers),
    });
    if (!request.stream) {
      const { answered, found } = await drained(events);
      return json(queryBody(identity, answered, request.includePassages ? found : undefined), cacheHeaders(recalled));
    }
    const frames = async function* () {
      for await (const event of events) yield queryFrame(identity, event);
    };
    return { status: 200, headers: () => ({ ...EVENT_STREAM_HEADERS, ...cacheHeaders(recalled) }), body: { frames: told(frames()), failure: failureFrame } };
  };
}

type RecalledEvent = Extract<QueryEvent, { readonly type: 'recalled' }>;

/** What the cache of answers had to do with an answer; nothing where there is none. */
function cacheHeaders(recalled: RecalledEvent | undefined): Readonly<Record<string, string>> {
  return recalled ? { [CACHE_STATUS_HEADER]: recalled.hit ? 'answers; hit' : 'answers; fwd=miss' } : {};
}

/** The answer to a question, in its session where it is asked in one. */
async function* conversed(request: QueryRequest, policy: RagPolicy, context: QueryContext, call: Call, ports: RagPorts): AsyncGenerator<QueryEvent, void> {
  const { sessions, clock } = ports;
  if (!request.session || !policy.sessions || !sessions) return yield* answerQuery(request, policy, context, ports);
  const tenant = tenantOf(policy.knowledge, call.claims);
  const session = await Session.open(request, { ...call, tenant }, policy.sessions, { sessions, clock });
  call.note({ session: session.continued ? 'continued' : 'begun', messages: session.said.length + 1 });
  const [question] = request.said;
  for await (const event of answerQuery({ ...request, said: [...session.said, question] }, policy, context, ports)) {
    yield event.type === 'finish' ? { ...event, session: await session.keep(question.content, event) } : event;
  }
}

interface Observer {
  saw(event: QueryEvent): void;
  failed(error: unknown): void;
  ended(): void;
}

async function* watched(events: AsyncIterable<QueryEvent>, { saw, failed, ended }: Observer): AsyncGenerator<QueryEvent, void> {
  try {
    for await (const event of events) {
      saw(event);
      yield event;
    }
  } catch (error) {
    failed(error);
    throw error instanceof FailedRetrieval ? error.reason : error;
  } finally {
    ended();
  }
}

/** An answer begins with its first word: until then it can still become an error with its own status. */
async function* told(frames: AsyncIterable<string>): AsyncGenerator<string, void> {
  for await (const frame of frames) if (frame !== '') yield frame;
}

async function drained(events: AsyncIterable<QueryEvent>): Promise<{ readonly answered: Answered; readonly found: FoundPassages }> {
  let found: FoundPassages = { passages: [] };
  let answered: Answered | undefined;
  for await (const event of events) {
    if (event.type === 'passages') found = event;
    if (event.type === 'finish') answered = event;
  }
  if (!answered) throw new Error('an answer ended without its last event');
  return { answered, found };
}
