import * as v from 'valibot';
import { type AnswerFormat, answerFormat } from './answer-format';
import type { Attached, Files } from './attachment';
import { BRANCH_FIELDS, type BranchPoint } from './branch';
import { placeOfMessage } from './message-id';
import { isBlank, parseArguments, textOf } from './normalise';
import { attachmentsOf } from './request-attachments';
import { chatBody, regenerateBody } from './request-schema';
import { turnKey } from './turn-key';
import { refuseUnsupported } from './unsupported';
import { CONVERSATION_HEADER } from '../../lib/contract/chat';
import type { ModelFacts } from '../../lib/contract/model';
import { BadRequest, NotFound } from '../kit/http';
import type { ChatMessage } from '../ports/conversations';
import type { Tool, ToolChoice } from '../ports/model';
import type { Passage } from '../ports/passages';
import type { TurnKey } from '../ports/turn-keys';

/** What a client asks of the model. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** What is attached to the messages, in their order. */
  readonly attached: readonly Attached[];
  /** Attachments that have been read, by the ids that the messages name. */
  readonly files?: Files;
  /** Absent: the messages are the whole conversation, and nothing is kept. */
  readonly conversationId?: string;
  /** One of the models behind the API that the client asked for by its name. */
  readonly model?: string;
  /** Where in the conversation the turn stands; absent: after its newest turn. */
  readonly branch?: BranchPoint;
  /** What the client calls the turn, so that it is not taken twice. */
  readonly key?: TurnKey;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop: readonly string[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | 'none';
  /** The form that the answer must have; absent for plain text. */
  readonly format?: AnswerFormat;
  /** What the builder's hook adds to this turn, and does not keep. */
  readonly added?: Addition;
  /** What the answer has to be given from; absent in a chat without documents. */
  readonly grounds?: Grounds;
}

/** Passages of documents, and what was looked up to find them. */
export interface Grounds {
  readonly passages: readonly Passage[];
  readonly questions: readonly string[];
}

export interface Addition {
  readonly system?: string;
  /** Data for the turn. */
  readonly context?: string;
  /** Whether a guardrail has to look at it. */
  readonly guarded: boolean;
}

export interface ChatInput {
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a request may ask for, as the facts of an API's one model say it. */
export interface ModelOffer extends Pick<ModelFacts, 'name' | 'inputs'> {
  /** Models that may be asked for by their own names. */
  readonly choices?: readonly string[];
}

const STORED_MESSAGES = 100;
const DEEPEST = 64;

export function parseChatRequest({ body, headers }: ChatInput, offer: ModelOffer): ChatRequest {
  return chatRequest(bodyFields(body), headers, offer);
}

/** The fields of OpenAI's chat completions as a request, whoever wrote them. */
export function chatRequest(fields: Record<string, unknown>, headers: ChatInput['headers'], offer: ModelOffer): ChatRequest {
  refuseUnsupported(fields);
  const chat = validated(fields[BRANCH_FIELDS.regenerate] == null ? chatBody : regenerateBody, fields);
  const model = chosenModel(chat.model, offer);
  const conversationId = requireConversationId(headers[CONVERSATION_HEADER], chat.conversation_id);
  const { messages, attached } = attachmentsOf(chat.messages);
  messages.forEach((message, position) => requireMessage(message, `messages[${position}]`, conversationId !== undefined));
  if (messages.length > 0) requireSomethingSaid(messages);
  if (conversationId !== undefined && messages.length > STORED_MESSAGES) {
    throw new BadRequest('messages', `'messages' must hold at most ${STORED_MESSAGES} new messages for one turn of a conversation, got ${messages.length}.`, 'invalid_value');
  }

  const stop = chat.stop ?? [];
  const request: ChatRequest = {
    messages,
    attached,
    conversationId,
    model,
    branch: branchPointOf(chat, conversationId),
    stream: chat.stream ?? false,
    includeUsage: chat.stream_options?.include_usage ?? false,
    maxTokens: requireSame('max_tokens', chat.max_tokens, 'max_completion_tokens', chat.max_completion_tokens),
    temperature: chat.temperature,
    topP: chat.top_p,
    stop: typeof stop === 'string' ? [stop] : stop,
    ...toolsOf(chat),
    format: answerFormat(chat.response_format),
  };
  return keyed(request, headers);
}

/** A request under the name that its client gave it, which stands for all that it asks. */
export function keyed({ key: _, ...request }: ChatRequest, headers: ChatInput['headers']): ChatRequest {
  return { ...request, key: turnKey(headers, request) };
}

/** The ids that a client may give a conversation: they stand in addresses and headers. */
export function isConversationId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(id);
}

/** A body held to a schema, or an error that names the field. */
export function parseFields<Schema extends v.GenericSchema>(body: string, schema: Schema): v.InferOutput<Schema> {
  return validated(schema, bodyFields(body));
}

/** A body held to a schema, where something else has read it already. */
export function validated<Schema extends v.GenericSchema>(schema: Schema, fields: Record<string, unknown>): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fields, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).reduce((told, { key }) => typeof key === 'number' ? `${told}[${key}]` : told === '' ? String(key) : `${told}.${String(key)}`, '');
  // Valibot's own message quotes what it was given, which may be long and is the caller's.
  const must = issue.kind === 'schema' && issue.message.startsWith('Invalid') ? requirement(issue) : issue.message;
  throw new BadRequest(path, `'${path}' ${must}.`, issue.input === undefined ? 'missing_required_parameter' : 'invalid_value');
}

export function bodyFields(body: string): Record<string, unknown> {
  const fields = parseBody(body);
  requireWholeText(fields, '');
  return fields;
}

function parseBody(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BadRequest(undefined, 'The body must be JSON.', 'invalid_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadRequest(undefined, 'The body must be a JSON object.', 'invalid_json');
  return value as Record<string, unknown>;
}

/** Half of a surrogate pair is no character: it cannot be written as UTF-8, so it would not be read back as it was. */
function requireWholeText(value: unknown, path: string, depth = 0): void {
  if (depth > DEEPEST) throw new BadRequest(path.slice(0, 200), `The body must not be nested more than ${DEEPEST} levels deep.`, 'invalid_json');
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new BadRequest(path, `'${path}' holds half a character (a surrogate without its pair).`, 'invalid_text');
  } else if (Array.isArray(value)) {
    value.forEach((item, position) => requireWholeText(item, `${path}[${position}]`, depth + 1));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      requireWholeText(key, path, depth);
      requireWholeText(item, path === '' ? key : `${path}.${key}`, depth + 1);
    }
  }
}

const KINDS: Readonly<Record<string, string>> = { Array: 'a list', Object: 'an object', string: 'a text', number: 'a number', boolean: 'a boolean' };

function requirement({ message, expected, input }: v.BaseIssue<unknown>): string {
  // Of a field that is missing, valibot expects the field's name.
  if (message.startsWith('Invalid key')) return 'must be given';
  const choices = (expected ?? 'something else').replace(/[()]/g, '').split(' | ').map((choice) => KINDS[choice] ?? choice.replace(/"/g, '\''));
  return `must be ${choices.join(' or ')}, got ${kindOf(input)}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length <= 40 ? `'${value}'` : 'another text';
  return typeof value === 'object' ? 'an object' : String(value);
}

/** The API's own name asks for whatever it would answer with. */
export function chosenModel(asked: string | undefined, { name, choices = [] }: ModelOffer): string | undefined {
  if (asked === undefined || asked === name) return undefined;
  if (choices.includes(asked)) return asked;
  const names = [name, ...choices].map((each) => `'${each}'`).join(', ');
  throw new NotFound('model', `There is no model '${asked.slice(0, 100)}' here; 'model' must be ${names}, or be left out.`, 'model_not_found');
}

function requireConversationId(header: string | undefined, field: string | undefined): string | undefined {
  const id = requireSame('conversation_id', field, `the header '${CONVERSATION_HEADER}'`, header);
  if (id === undefined || isConversationId(id)) return id;
  throw new BadRequest('conversation_id', '\'conversation_id\' must be 1 to 64 letters, digits, _, . or -, the first a letter or a digit.', 'invalid_value');
}

/** At most one of three fields says where in a conversation a turn stands. */
function branchPointOf(chat: v.InferOutput<typeof chatBody>, conversationId: string | undefined): BranchPoint | undefined {
  const [first, second] = (['after', 'edit', 'regenerate'] as const).filter((how) => chat[BRANCH_FIELDS[how]] !== undefined);
  if (!first) return undefined;
  const field = BRANCH_FIELDS[first];
  if (second) throw new BadRequest(BRANCH_FIELDS[second], `'${BRANCH_FIELDS[second]}' and '${field}' must not both be given: a turn stands in one place.`, 'invalid_value');
  if (conversationId === undefined) throw new BadRequest(field, `'${field}' must not be given without a conversation: name it in 'conversation_id'.`, 'invalid_value');
  return { how: first, at: placeOfMessage(chat[field] ?? '') };
}

function requireSame<T>(name: string, value: T | undefined, otherName: string, other: T | undefined): T | undefined {
  if (value !== undefined && other !== undefined && value !== other) throw new BadRequest(name, `'${name}' and ${otherName} must not differ; give one of them.`, 'invalid_value');
  return value ?? other;
}

function requireMessage(message: ChatMessage, path: string, stored: boolean): void {
  if (message.role === 'assistant') {
    message.tool_calls?.forEach((call, position) => {
      if (parseArguments(call.function.arguments)) return;
      const param = `${path}.tool_calls[${position}].function.arguments`;
      throw new BadRequest(param, `'${param}' must be a JSON object, written as text.`, 'invalid_value');
    });
  }
  if (!stored) return;
  if (message.role === 'assistant') {
    throw new BadRequest(`${path}.role`, `'${path}.role' must not be 'assistant': the conversation already holds the model's answers; send only what is new.`, 'invalid_value');
  }
}

function requireSomethingSaid(messages: readonly ChatMessage[]): void {
  const last = messages.length - 1;
  const { role, content } = messages[last];
  const silent = role === 'user' && isBlank(textOf(content)) && (typeof content === 'string' || content.every(({ type }) => type === 'text'));
  if (silent) throw new BadRequest(`messages[${last}].content`, `'messages[${last}].content' must hold something that can be seen: it is empty, or white space.`, 'invalid_value');
}

function toolsOf({ tools = [], tool_choice: choice }: v.InferOutput<typeof chatBody>): Pick<ChatRequest, 'tools' | 'toolChoice'> {
  const offered = tools.map(({ function: { name, description, parameters } }): Tool => ({ name, description, schema: parameters ?? { type: 'object', properties: {} } }));
  const twice = offered.findIndex(({ name }, position) => offered.findIndex((other) => other.name === name) !== position);
  if (twice >= 0) throw new BadRequest(`tools[${twice}].function.name`, `'tools[${twice}].function.name' must not be used twice.`, 'invalid_value');
  const toolChoice = typeof choice === 'object' ? { name: choice.function.name } : choice ?? 'auto';
  if (choice === 'required' && offered.length === 0) throw new BadRequest('tool_choice', '\'tool_choice\' must not be \'required\' without \'tools\'.', 'invalid_value');
  if (typeof toolChoice === 'object' && !offered.some(({ name }) => name === toolChoice.name)) {
    throw new BadRequest('tool_choice', '\'tool_choice\' must name one of \'tools\'.', 'invalid_value');
  }
  return { tools: offered, toolChoice };
}
