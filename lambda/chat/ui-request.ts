import * as v from 'valibot';
import type { ChatInput, ChatRequest } from './asked';
import type { BranchPoint } from './branch';
import { placeOfMessage } from './message-id';
import { chatRequest, keyed } from './request';
import type { ModelOffer } from '../generation/offer';
import { bodyFields, validated } from '../kit/body';
import { BadRequest } from '../kit/http';

const parts = v.array(v.looseObject({ type: v.string() }));
const body = v.object({
  id: v.string(),
  messages: v.pipe(v.array(v.looseObject({ id: v.optional(v.string(), ''), role: v.picklist(['system', 'user', 'assistant']), parts })), v.minLength(1, 'must hold at least one message')),
  trigger: v.nullish(v.picklist(['submit-message', 'regenerate-message'])),
  messageId: v.nullish(v.string()),
});

type UiMessage = v.InferOutput<typeof body>['messages'][number];
type UiPart = UiMessage['parts'][number];
type OpenAiMessage = Record<string, unknown>;

/** Fields of the AI SDK's own, in which OpenAI's would be looked for. */
const OWN_FIELDS = ['id', 'messages', 'trigger', 'messageId', 'stream', 'stream_options', 'conversation_id'];

/**
 * What `DefaultChatTransport` of the AI SDK sends: the whole conversation as UI messages. Where the server keeps what was said, only what
 * follows the last answer is new. Whatever else the client's `body` holds is read as fields of OpenAI's chat completions.
 */
export function parseUiRequest(input: ChatInput, offer: ModelOffer, keeps: boolean): ChatRequest {
  const fields = bodyFields(input.body);
  const asked = validated(body, fields);
  const { id, messages } = asked;
  const told = keeps ? newOf(messages) : messages.flatMap((message, position) => converted(message, `messages[${position}]`));
  if (told.length === 0) throw new BadRequest('messages', "'messages' must end with something new: a user's message, or the results of the last answer's tools.", 'invalid_value');

  const more = Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name)));
  try {
    const theirs = { ...more, messages: told.map(({ message }) => message), stream: true, ...(keeps && { conversation_id: id }) };
    const request = chatRequest(theirs, input.headers, offer);
    const branch = keeps ? branchOf(asked) : undefined;
    // The server has what is answered anew.
    if (branch?.how === 'regenerate') return keyed({ ...request, messages: [], attached: [], branch }, input.headers);
    const paths = told.map(({ path }) => path);
    return keyed({ ...request, branch, attached: request.attached.map((attached) => ({ ...attached, path: inTheirs(attached.path, paths) })) }, input.headers);
  } catch (error) {
    throw error instanceof BadRequest ? inTheirWords(error, told.map(({ path }) => path)) : error;
  }
}

/**
 * Where in the conversation the page stands. It cuts its messages off where one is edited or answered anew, so what is new stands after
 * the last answer that is left. Pages may show answers that are none of ours, a greeting say; those say nothing.
 */
function branchOf({ messages, trigger, messageId }: v.InferOutput<typeof body>): BranchPoint | undefined {
  const named = messageId == null ? undefined : placeOfMessage(messageId);
  if (trigger === 'regenerate-message' && (named || messageId == null)) return { how: 'regenerate', ...(named && { at: named }) };
  const at = messages.flatMap(({ id, role }) => (role === 'assistant' && placeOfMessage(id)) || []).at(-1);
  if (at) return { how: 'after', at };
  // The first message is said anew.
  return messageId == null ? undefined : { how: 'after' };
}

interface Told {
  readonly message: OpenAiMessage;
  /** Where the client said it. */
  readonly path: string;
}

function newOf(messages: readonly UiMessage[]): Told[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  const heard = messages.slice(last + 1).flatMap((message, offset) => said(message, `messages[${last + 1 + offset}]`));
  // A client that ran the tools of the last answer sends their results as parts of it.
  return heard.length > 0 || last < 0 ? heard : results(stepsOf(messages[last]).at(-1) ?? [], `messages[${last}]`);
}

function converted(message: UiMessage, path: string): Told[] {
  return message.role === 'assistant' ? stepsOf(message).flatMap((step) => [...answered(step, path), ...results(step, path)]) : said(message, path);
}

function said({ role, parts: all }: UiMessage, path: string): Told[] {
  const content = all.flatMap((part, position): Record<string, unknown>[] => {
    if (part.type === 'text') return [{ type: 'text', text: textOf(part, 'text', `${path}.parts[${position}]`) }];
    if (part.type === 'file') return [fileOf(part, `${path}.parts[${position}]`)];
    // Marks of steps, reasoning, sources and data are for the page that shows them.
    return [];
  });
  const [only] = content;
  // As most clients write it.
  return [{ path, message: { role, content: content.length === 1 && 'text' in only ? only.text : content } }];
}

function fileOf(part: UiPart, path: string): Record<string, unknown> {
  const mediaType = textOf(part, 'mediaType', path);
  const url = textOf(part, 'url', path);
  // What was uploaded before is named by its id, for the SDK's messages know URLs only.
  const [, uploaded] = /^file:(file-[A-Za-z0-9-]+)$/.exec(url) ?? [];
  if (uploaded !== undefined) return { type: 'file', file: { file_id: uploaded } };
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { file_data: url, ...(typeof part.filename === 'string' && { filename: part.filename }) } };
}

/** What the model said and called in one step, as one message. */
function answered(step: readonly Placed[], path: string): Told[] {
  const content = step.flatMap(({ part, position }) => part.type === 'text' ? [textOf(part, 'text', `${path}.parts[${position}]`)] : []).join('');
  const calls = step.filter(({ part }) => isTool(part) && part.state !== 'input-streaming').map(({ part, position }) => ({
    id: textOf(part, 'toolCallId', `${path}.parts[${position}]`),
    type: 'function',
    function: { name: part.type === 'dynamic-tool' ? textOf(part, 'toolName', `${path}.parts[${position}]`) : part.type.slice('tool-'.length), arguments: JSON.stringify(part.input ?? {}) },
  }));
  if (content === '' && calls.length === 0) return [];
  return [{ path, message: { role: 'assistant', content: content || null, ...(calls.length > 0 && { tool_calls: calls }) } }];
}

interface Placed {
  readonly part: UiPart;
  readonly position: number;
}

/** The client keeps all steps of an answer in one message; each was an answer of the model. */
function stepsOf({ parts: all }: UiMessage): Placed[][] {
  const steps: Placed[][] = [[]];
  all.forEach((part, position) => {
    if (part.type === 'step-start') steps.push([]);
    else steps[steps.length - 1].push({ part, position });
  });
  return steps;
}

/** The results of the calls that were made in one step. */
function results(step: readonly Placed[], path: string): Told[] {
  return step.flatMap(({ part, position }): Told[] => {
    const content = isTool(part) ? resultOf(part) : undefined;
    const place = `${path}.parts[${position}]`;
    return content === undefined ? [] : [{ path: place, message: { role: 'tool', tool_call_id: textOf(part, 'toolCallId', place), content } }];
  });
}

function isTool({ type }: UiPart): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-');
}

function resultOf({ state, output, errorText }: UiPart): string | undefined {
  switch (state) {
    case 'output-available':
      return typeof output === 'string' ? output : JSON.stringify(output ?? null);
    case 'output-error':
      return `The tool failed: ${String(errorText)}`;
    case 'output-denied':
      return 'The user did not allow this call.';
    default:
      return undefined;
  }
}

function textOf(part: UiPart, name: string, path: string): string {
  const value = part[name];
  if (typeof value === 'string') return value;
  throw new BadRequest(`${path}.${name}`, `'${path}.${name}' must be a text.`, value === undefined ? 'missing_required_parameter' : 'invalid_value');
}

/** Names the message that the client sent, not the one that was made of it. */
function inTheirWords(error: BadRequest, paths: readonly string[]): BadRequest {
  const theirs = (text: string) => inTheirs(text, paths);
  return new BadRequest(error.param === null ? undefined : theirs(error.param), theirs(error.message), error.code ?? undefined);
}

function inTheirs(text: string, paths: readonly string[]): string {
  return text
    .replace(/messages\[(\d+)\](\.content)?/g, (all, position: string, content?: string) => paths[Number(position)] === undefined ? all : `${paths[Number(position)]}${content ? '.parts' : ''}`)
    .replaceAll('.image_url.url', '.url')
    .replace(/\.file\.file_(data|id)\b/g, '.url')
    .replace(/\bconversation_id\b/g, 'id');
}
