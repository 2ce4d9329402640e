import { createHash } from 'node:crypto';
import type { QueryRequest } from './request';
import { IDEMPOTENCY_HEADER } from '../../lib/contract/chat';
import type { SessionsPolicy } from '../../lib/contract/sessions';
import { messageTokens } from '../generation/tokens';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { BadRequest, Busy, NotFound, Unprocessable } from '../kit/http';
import type { Said } from '../knowledge/asked';
import type { Tenant } from '../knowledge/isolation';
import { HISTORY_TOKENS } from '../knowledge/prompt';
import type { Answered } from '../knowledge/query';
import type { Clock } from '../ports/clock';
import type { KeptSession, SessionExchange, SessionExchangeKey, SessionKey, Sessions } from '../ports/sessions';

export interface SessionPorts {
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/** Who asks, as far as a session is concerned. */
export interface SessionCaller extends Pick<Call, 'caller' | 'runId' | 'headers'> {
  readonly tenant?: Tenant;
}

/** Several questions of one session that end at once follow each other; more than so many are not asked by hand. */
const ATTEMPTS = 5;
const PAUSE_MS = 50;

/** One question in its session: what was said before it, and the place of its answer. */
export class Session {
  /** Opens the session that a request names, or begins one. It is somebody's own: another's is as unknown as one that never was. */
  static async open(request: QueryRequest, caller: SessionCaller, policy: SessionsPolicy, ports: SessionPorts): Promise<Session> {
    const exchangeKey = keyIn(caller.headers, request);
    const id = request.sessionId ?? idOf(caller, exchangeKey);
    const key: SessionKey = { owner: caller.caller, ...(caller.tenant && { tenant: String(caller.tenant.value) }), id };
    const named = request.sessionId !== undefined;
    // The table refuses keys that are too long, which would be nobody's fault but the caller's.
    if (named && !isSessionId(id)) unknownSession('session_id');
    // A session that begins under a key may have been begun by the same question before.
    const kept = named || exchangeKey ? await ports.sessions.find(key, ports.clock.now()) : undefined;
    if (named && !kept) unknownSession('session_id');
    return new Session(key, kept, { run: caller.runId, key: exchangeKey }, policy, ports);
  }

  /** What was asked and answered before. */
  readonly said: readonly Said[];

  private constructor(
    private readonly key: SessionKey, private readonly kept: KeptSession | undefined, private readonly mine: Pick<SessionExchange, 'run' | 'key'>,
    private readonly policy: SessionsPolicy, private readonly ports: SessionPorts,
  ) {
    const exchanges = kept?.exchanges ?? [];
    const place = exchanges.findIndex((one) => isSame(one, mine));
    if (place >= 0 && exchanges[place].key?.hash !== mine.key?.hash) {
      throw new Unprocessable(IDEMPOTENCY_HEADER, `'${IDEMPOTENCY_HEADER}' must not be used twice: another question of this session was sent with '${mine.key?.name}'.`, 'idempotency_key_reused');
    }
    // What follows the question when it is asked again did not come before it.
    this.said = exchanges.slice(0, place < 0 ? undefined : place)
      .flatMap(({ question, answer }): Said[] => [{ role: 'user', content: question }, { role: 'assistant', content: answer }]);
  }

  /** Whether something was said in it before this question. */
  get continued(): boolean {
    return this.said.length > 0;
  }

  /** Keeps the answer. Gives the session's id, as long as there is one to go on with. */
  async keep(question: string, { answer, reason }: Answered): Promise<string | undefined> {
    const { key, mine, kept, policy, ports: { sessions, clock } } = this;
    // What a guardrail blocks is told to no model again.
    if (reason === 'content_filter') return kept && key.id;
    const exchange: SessionExchange = { question, answer, ...mine };
    let before = kept;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const now = clock.now();
      const expiresAt = Math.ceil(now / 1000) + policy.seconds;
      if (await sessions.keep(key, { exchanges: newest(placed(exchange, before?.exchanges ?? [])), expiresAt }, before, now)) return key.id;
      await clock.pause(PAUSE_MS * attempt * clock.chance());
      before = await sessions.find(key, clock.now());
      // A write whose answer was lost is repeated, and refused.
      if (before?.exchanges.some(({ run }) => run === mine.run)) return key.id;
      // What was deleted meanwhile stays so.
      if (kept && !before) return undefined;
    }
    throw new Busy('session_busy', `More is asked in the session '${key.id}' at once than can be kept in order. Ask one question after the other.`, 1);
  }
}

/** `DELETE /v1/sessions/{id}`. */
export function deleteSession(tenantOf: (claims: Call['claims']) => Tenant | undefined, { sessions, clock }: SessionPorts): Route {
  return async ({ caller, claims, path: { id = '' } }) => {
    const tenant = tenantOf(claims);
    const key = { owner: caller, ...(tenant && { tenant: String(tenant.value) }), id };
    if (!isSessionId(id) || !await sessions.forget(key, clock.now())) unknownSession('id');
    return json({ id, object: 'session.deleted', deleted: true });
  };
}

function unknownSession(param: string): never {
  throw new NotFound(param, 'There is no such session of yours: it was never begun or has been deleted, or nothing was asked in it for so long that it has ended. '
    + 'A question without \'session_id\' begins another.', 'session_not_found');
}

function isSessionId(id: string): boolean {
  return /^ses-[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** A question that is sent again under its key begins no other session. */
function idOf({ caller, tenant, runId }: SessionCaller, key: SessionExchangeKey | undefined): string {
  return `ses-${key ? hashed([caller, tenant?.value, key.name]) : runId}`;
}

function isSame(one: Pick<SessionExchange, 'key'>, other: Pick<SessionExchange, 'key'>): boolean {
  return one.key !== undefined && one.key.name === other.key?.name;
}

/** A question that is asked again under its key takes the place of the one before. */
function placed(exchange: SessionExchange, before: readonly SessionExchange[]): readonly SessionExchange[] {
  return before.some((one) => isSame(one, exchange)) ? before.map((one) => isSame(one, exchange) ? exchange : one) : [...before, exchange];
}

/** Those that a model is told, the newest always among them. */
function newest(exchanges: readonly SessionExchange[]): readonly SessionExchange[] {
  const short = exchanges.map((one) => ({ ...one, question: begun(one.question), answer: begun(one.answer) }));
  let room = HISTORY_TOKENS;
  const from = short.findLastIndex(({ question, answer }) => (room -= tokensOf(question) + tokensOf(answer)) < 0) + 1;
  return short.slice(from);
}

/** As much of a text as leaves room for another in what a model is told. */
function begun(text: string): string {
  const tokens = tokensOf(text);
  const most = HISTORY_TOKENS / 2;
  if (tokens <= most) return text;
  return Buffer.from(text).subarray(0, Math.floor(Buffer.byteLength(text) * (most - 10) / tokens)).toString('utf8').replace(/\uFFFD+$/, '') + '…';
}

function tokensOf(content: string): number {
  return messageTokens({ role: 'user', content });
}

/** What a client calls a question that must not be kept twice. */
function keyIn(headers: Call['headers'], { said, filter, most, maxTokens, model }: QueryRequest): SessionExchangeKey | undefined {
  const name = headers[IDEMPOTENCY_HEADER];
  if (name === undefined) return undefined;
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(name)) {
    throw new BadRequest(IDEMPOTENCY_HEADER, `'${IDEMPOTENCY_HEADER}' must be 1 to 64 letters, digits, _, ., : or -.`, 'invalid_value');
  }
  return { name, hash: hashed([said, filter, most, maxTokens, model]) };
}

function hashed(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
