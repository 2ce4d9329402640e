import * as v from 'valibot';
import type { RagPolicy } from './settings';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { isBlank } from '../generation/normalise';
import { chosenModel, type ModelOffer } from '../generation/offer';
import { bodyFields, validated } from '../kit/body';
import { BadRequest } from '../kit/http';
import { parseFilter } from '../knowledge/filter';
import type { Query } from '../knowledge/query-terms';
import type { Filter } from '../ports/passages';

export interface QueryRequest extends Query {
  /** Whether it is a session's, whose conversation is kept here. */
  readonly session: boolean;
  /** The session that it goes on with; absent begins one. */
  readonly sessionId?: string;
  readonly stream: boolean;
  readonly includePassages: boolean;
  /** Whether it is answered anew, though it was before. */
  readonly fresh: boolean;
}

export interface RetrieveRequest {
  readonly question: string;
  readonly filter?: Filter;
  readonly most: number;
  readonly explain: boolean;
}

const MOST_MESSAGES = 100;
const QUESTION_LENGTH = 10_000;

const words = v.pipe(
  v.string(), v.maxLength(QUESTION_LENGTH, `must have at most ${QUESTION_LENGTH} characters`), v.check((text) => !isBlank(text), 'must hold something that can be seen: it is empty, or white space'),
);
const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.pipe(v.optional(v.nullable(schema)), v.transform((value) => value ?? undefined));
/** What came, behind what it must be. */
const got = (must: string) => ({ input }: { readonly input: unknown }) => `${must}, got ${String(input)}`;
const counted = (most: number) => v.pipe(v.number(), v.integer(got('must be a whole number')), v.minValue(1, got(`must be between 1 and ${most}`)), v.maxValue(most, got(`must be between 1 and ${most}`)));
const messages = v.pipe(
  v.array(v.object({ role: v.picklist(['user', 'assistant']), content: words })),
  v.minLength(1, 'must hold at least one message'), v.maxLength(MOST_MESSAGES, `must hold at most ${MOST_MESSAGES} messages`),
  v.check((said) => said.at(-1)?.role === 'user', 'must end with a message of the user, for that is what is answered'),
);

/** `POST /v1/query`. */
export function parseQuery(body: string, { knowledge, sessions, cache }: Pick<RagPolicy, 'knowledge' | 'sessions' | 'cache'>, offer: ModelOffer): QueryRequest {
  const schema = v.object({
    query: optional(words),
    messages: optional(messages),
    filter: v.unknown(),
    passages: optional(counted(knowledge.passages)),
    stream: optional(v.boolean()),
    include_passages: optional(v.boolean()),
    max_tokens: optional(v.pipe(v.number(), v.integer(got('must be a whole number')), v.minValue(1, got('must be at least 1')))),
    model: optional(v.string()),
    session_id: optional(v.string()),
    cache: optional(v.boolean()),
    explain: optional(v.boolean()),
  });
  const asked = validated(schema, known(body, schema.entries));
  if ((asked.query === undefined) === (asked.messages === undefined)) {
    throw new BadRequest('query', `'query' or 'messages' must be given, got ${asked.query === undefined ? 'neither' : 'both'}: 'query' for one question, 'messages' for a conversation.`, 'invalid_value');
  }
  if (asked.cache !== undefined && !cache) {
    throw new BadRequest('cache', 'This API keeps no answers, got \'cache\': leave it out, for every question is answered anew.', 'unsupported_parameter');
  }
  if (asked.session_id !== undefined) requireSessions(sessions !== undefined, asked.messages !== undefined);
  return {
    session: sessions !== undefined && asked.query !== undefined,
    sessionId: asked.session_id,
    said: asked.messages ?? [{ role: 'user', content: asked.query ?? '' }],
    filter: parseFilter(asked.filter, knowledge),
    most: asked.passages ?? knowledge.passages,
    stream: asked.stream ?? false,
    // What is explained are passages.
    includePassages: asked.include_passages ?? asked.explain ?? false,
    explain: asked.explain ?? false,
    fresh: asked.cache === false,
    maxTokens: asked.max_tokens,
    model: chosenModel(asked.model, offer),
  };
}

function requireSessions(kept: boolean, told: boolean): void {
  if (!kept) {
    throw new BadRequest('session_id', 'This API keeps no sessions, got \'session_id\': leave it out, and send the conversation in \'messages\'.', 'unsupported_parameter');
  }
  if (told) {
    throw new BadRequest('session_id', "'session_id' must not come with 'messages', which bring the whole conversation: send 'query' to go on with the session.", 'invalid_value');
  }
}

/** `POST /v1/retrieve`. */
export function parseRetrieve(body: string, knowledge: KnowledgePolicy): RetrieveRequest {
  const most = Math.max(knowledge.candidates, knowledge.passages);
  const schema = v.object({ query: words, filter: v.unknown(), passages: optional(counted(most)), explain: optional(v.boolean()) });
  const asked = validated(schema, known(body, schema.entries));
  return {
    question: asked.query, filter: parseFilter(asked.filter, knowledge), most: asked.passages ?? knowledge.passages, explain: asked.explain ?? false,
  };
}

/** `POST /v1/sql`: the question. */
export function parseSqlQuestion(body: string): string {
  const schema = v.object({ query: words });
  return validated(schema, bodyOf(body, schema.entries)).query;
}

function known(body: string, entries: object): Record<string, unknown> {
  return { filter: undefined, ...bodyOf(body, entries) };
}

/** A field with a slip in its name would be passed over, and with a filter that shows what was not asked for. */
function bodyOf(body: string, entries: object): Record<string, unknown> {
  const fields = bodyFields(body);
  const stranger = Object.keys(fields).find((name) => !Object.hasOwn(entries, name));
  if (stranger === undefined) return fields;
  const name = stranger.slice(0, 64);
  throw new BadRequest(name, `The body must have no other fields than ${Object.keys(entries).map((each) => `'${each}'`).join(', ')}, got '${name}': leave it out, or mend its name.`, 'unknown_parameter');
}
