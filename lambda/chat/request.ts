import * as v from 'valibot';
import { answerFormat } from './answer-format';
import type { ChatInput, ChatRequest } from './asked';
import { BRANCH_FIELDS, type BranchPoint } from './branch';
import { placeOfMessage } from './message-id';
import { attachmentsOf } from './request-attachments';
import { chatBody, regenerateBody } from './request-schema';
import { turnKey } from './turn-key';
import { refuseUnsupported } from './unsupported';
import { CONVERSATION_HEADER } from '../../lib/contract/chat';
import { isBlank, parseArguments, textOf } from '../generation/normalise';
import { chosenModel, type ModelOffer } from '../generation/offer';
import { bodyFields, validated } from '../kit/body';
import { BadRequest } from '../kit/http';
import type { ChatMessage } from '../ports/conversations';
import type { Tool } from '../ports/model';

const STORED_MESSAGES = 100;

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
