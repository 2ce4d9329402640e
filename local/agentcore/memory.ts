import { randomBytes } from 'node:crypto';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';

type Fields = Readonly<Record<string, unknown>>;

interface StoredEvent extends Fields {
  readonly eventId: string;
  readonly eventTimestamp: number;
  readonly payload: readonly Fields[];
}

interface Operation {
  readonly name: 'CreateEvent' | 'ListEvents' | 'GetEvent' | 'DeleteEvent';
  readonly memoryId: string;
  readonly actorId?: string;
  readonly sessionId?: string;
  readonly eventId?: string;
}

const PATHS: readonly (readonly [Operation['name'], string, RegExp])[] = [
  ['CreateEvent', 'POST', /^\/memories\/(?<memoryId>[^/]+)\/events$/],
  ['ListEvents', 'POST', /^\/memories\/(?<memoryId>[^/]+)\/actor\/(?<actorId>[^/]+)\/sessions\/(?<sessionId>[^/]+)$/],
  ['GetEvent', 'GET', /^\/memories\/(?<memoryId>[^/]+)\/actor\/(?<actorId>[^/]+)\/sessions\/(?<sessionId>[^/]+)\/events\/(?<eventId>[^/]+)$/],
  ['DeleteEvent', 'DELETE', /^\/memories\/(?<memoryId>[^/]+)\/actor\/(?<actorId>[^/]+)\/sessions\/(?<sessionId>[^/]+)\/events\/(?<eventId>[^/]+)$/],
];

const ACTOR = /^[a-zA-Z0-9][a-zA-Z0-9-_/]*(?::[a-zA-Z0-9-_/]+)*[a-zA-Z0-9-_/]*$/;
const SESSION = /^[a-zA-Z0-9][a-zA-Z0-9-_]*$/;
const MEMBERS = ['conversational', 'blob', 'json'];
const ROLES = ['USER', 'ASSISTANT', 'TOOL', 'OTHER'];
const TEXT_CHARACTERS = 100_000;
const CREATED = ['actorId', 'sessionId', 'eventTimestamp', 'payload', 'clientToken', 'metadata'];
const LISTED = ['includePayloads', 'maxResults', 'nextToken'];

/** The short-term memory of Bedrock AgentCore: events of sessions, the newest first, kept in this process. */
export function agentCoreMemory(memoryIds: () => readonly string[]): AwsService {
  const sessions = new Map<string, StoredEvent[]>();
  const byToken = new Map<string, StoredEvent>();

  const eventsOf = (operation: Operation) => {
    const key = JSON.stringify([operation.memoryId, operation.actorId, operation.sessionId]);
    const known = sessions.get(key) ?? [];
    sessions.set(key, known);
    return known;
  };

  const create = (operation: Operation, input: Fields): AwsReply => {
    onlyKnown(input, CREATED);
    const { actorId, sessionId, eventTimestamp, payload, clientToken, metadata } = input as Fields & { payload: Fields[]; actorId: string; sessionId: string };
    refuseUnless(ACTOR.test(actorId) && actorId.length <= 255, 'actorId', actorId);
    refuseUnless(SESSION.test(sessionId) && sessionId.length <= 100, 'sessionId', sessionId);
    refuseUnless(typeof eventTimestamp === 'number', 'eventTimestamp', eventTimestamp);
    refuseUnless(Array.isArray(payload) && payload.length <= 100 && payload.every(isPayload), 'payload', payload);
    const token = JSON.stringify([operation.memoryId, clientToken]);
    const event = byToken.get(token) ?? {
      memoryId: operation.memoryId,
      actorId,
      sessionId,
      payload,
      ...(metadata !== undefined && { metadata }),
      eventTimestamp: eventTimestamp as number,
      eventId: `${String(Date.now()).padStart(19, '0')}#${randomBytes(4).toString('hex')}`,
    };
    if (!byToken.has(token)) {
      byToken.set(token, event);
      const events = eventsOf({ ...operation, actorId, sessionId });
      events.push(event);
      events.sort((a, b) => b.eventTimestamp - a.eventTimestamp);
    }
    return reply(201, { event });
  };

  const list = (operation: Operation, input: Fields): AwsReply => {
    onlyKnown(input, LISTED);
    const { includePayloads = true, maxResults = 20, nextToken } = input as { includePayloads?: boolean; maxResults?: number; nextToken?: string };
    refuseUnless(maxResults >= 1 && maxResults <= 100, 'maxResults', maxResults);
    const from = Number(nextToken ?? 0);
    const all = eventsOf(operation);
    const events = all.slice(from, from + maxResults).map(({ payload, ...event }) => ({ ...event, payload: includePayloads ? payload : [] }));
    return reply(200, { events, ...(from + maxResults < all.length && { nextToken: String(from + maxResults) }) });
  };

  return {
    name: 'bedrock-agentcore',

    authorizations(request): Authorization[] {
      const { name, memoryId } = operationOf(request);
      return [{ action: `bedrock-agentcore:${name}`, resource: arn('bedrock-agentcore', `memory/${memoryId}`) }];
    },

    async handle(request): Promise<AwsReply> {
      const operation = operationOf(request);
      if (!memoryIds().includes(operation.memoryId)) throw new AwsFailure('ResourceNotFoundException', 404, `there is no memory ${operation.memoryId}`);
      const input = request.body.length > 0 ? JSON.parse(request.body.toString()) as Fields : {};
      switch (operation.name) {
        case 'CreateEvent': return create(operation, input);
        case 'ListEvents': return list(operation, input);
        case 'GetEvent': return reply(200, { event: found(eventsOf(operation), operation) });
        case 'DeleteEvent': {
          const events = eventsOf(operation);
          events.splice(events.indexOf(found(events, operation)), 1);
          return reply(200, { eventId: operation.eventId });
        }
      }
    },
  };
}

function operationOf({ method, path }: AwsRequest): Operation {
  const [plain] = path.split('?');
  for (const [name, verb, pattern] of PATHS) {
    const groups = method === verb ? pattern.exec(plain)?.groups : undefined;
    if (groups) return { name, ...Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value)])) } as unknown as Operation;
  }
  throw new AwsFailure('UnknownOperationException', 404, `the local AgentCore has events of memories only, no ${method} ${plain}`);
}

function found(events: readonly StoredEvent[], { eventId }: Operation): StoredEvent {
  const event = events.find((each) => each.eventId === eventId);
  if (!event) throw new AwsFailure('ResourceNotFoundException', 404, `there is no event ${eventId}`);
  return event;
}

function onlyKnown(input: Fields, known: readonly string[]): void {
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new AwsFailure('UnknownOperationException', 400, `the local AgentCore does not know ${unknown.join(', ')} of this operation`);
}

function isPayload(part: Fields): boolean {
  const [[member, value], ...more] = Object.entries(part);
  if (more.length > 0 || !MEMBERS.includes(member)) return false;
  if (member !== 'conversational') return true;
  const { role, content } = value as { role: string; content?: { text?: string } };
  return ROLES.includes(role) && typeof content?.text === 'string' && content.text.length >= 1 && content.text.length <= TEXT_CHARACTERS;
}

function refuseUnless(holds: boolean, field: string, value: unknown): void {
  if (!holds) throw new AwsFailure('ValidationException', 400, `'${field}' is not as AgentCore wants it: ${JSON.stringify(value)?.slice(0, 200)}`);
}

function reply(status: number, body: object): AwsReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
