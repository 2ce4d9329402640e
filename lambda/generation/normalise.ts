import type { Files } from './attachment';
import { AttachmentBlocks } from './attachment-blocks';
import type { ModelFacts } from '../../lib/contract/model';
import type { AssistantMessage, ChatMessage, ToolCall, ToolMessage, UserMessage } from '../ports/conversations';
import { IMAGE_FORMATS, type Block, type ImageFormat, type PromptMessage } from '../ports/model';

export interface NormaliseOptions {
  /** Whether tools are offered; where they are not, earlier calls and results are told as text, for Converse takes them only beside a tool list. */
  readonly tools: boolean;
  /** The first message that a guardrail has to look at; absent without a guardrail. */
  readonly guardFrom?: number;
  /** The files that are at hand; of every other it is told that it is not. */
  readonly files?: Files;
  /** What the model reads besides text. */
  readonly inputs?: ModelFacts['inputs'];
}

const OPENING = '(The conversation begins.)';
const CONTINUE = '(Go on.)';
const UNANSWERED = 'This call was never answered.';
const NOTHING = '(nothing)';
const ATTACHED = '(See what is attached.)';

/**
 * Any OpenAI history as the Converse API wants it: roles in turn, first and last the user's; all results of a turn's calls together in
 * the message after it, before anything else; no blank text; ids that the service accepts, each used once.
 */
export function normalise(messages: readonly ChatMessage[], options: NormaliseOptions): PromptMessage[] {
  const { tools, guardFrom = Infinity, files = new Map(), inputs = [] } = options;
  const prompt: { role: PromptMessage['role']; content: Block[] }[] = [];
  const names = new ToolUseIds();
  const attachments = new AttachmentBlocks(files, inputs);
  const answered = new Map<ChatMessage, number>();

  const say = (role: PromptMessage['role'], blocks: readonly Block[]) => {
    const last = prompt.at(-1);
    if (blocks.length === 0) return;
    if (last?.role === role) last.content.push(...blocks);
    else prompt.push({ role, content: [...blocks] });
  };

  messages.forEach((message, position) => {
    const guarded = position >= guardFrom;
    if (message.role === 'user') {
      say('user', userBlocks(message, guarded, attachments));
    } else if (message.role === 'tool' && !answered.has(message)) {
      say('user', [{ kind: 'text', text: `[Result of the tool call ${message.tool_call_id}: ${textOf(message.content)}]`, guarded }]);
    } else if (message.role === 'assistant') {
      const calls = (message.tool_calls ?? []).map((call) => ({ call, result: resultOf(call, messages, position, answered) }));
      say('assistant', assistantText(message));
      if (tools) {
        const ids = calls.map(({ call }) => names.add(call.id));
        say('assistant', calls.map(({ call }, index): Block => ({ kind: 'toolUse', id: ids[index], name: call.function.name, input: argumentsOf(call) })));
        say('user', calls.map(({ result }, index): Block => toolResult(ids[index], result)));
      } else {
        say('assistant', calls.map(({ call }): Block => ({ kind: 'text', text: `[Called the tool ${call.function.name} with ${call.function.arguments || '{}'}]` })));
        say('user', calls.map(({ call, result }): Block => ({
          kind: 'text', text: `[The tool ${call.function.name} returned: ${result ? textOf(result.content) : UNANSWERED}]`, guarded: result && (answered.get(result) ?? 0) >= guardFrom,
        })));
      }
    }
  });

  if (prompt[0]?.role !== 'user') prompt.unshift({ role: 'user', content: [{ kind: 'text', text: OPENING }] });
  if (prompt.at(-1)?.role !== 'user') say('user', [{ kind: 'text', text: CONTINUE }]);
  return prompt.map(({ role, content }) => ({ role, content: resultsFirst(content) }));
}

/** White space and what cannot be seen: the service refuses a text that holds nothing else. */
export function isBlank(text: string): boolean {
  return /^[\s\p{White_Space}\p{Cc}\p{Cf}]*$/u.test(text);
}

export function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.type === 'text' ? part.text : '').join('\n');
}

/** `{}` when the model gave no arguments; undefined when they are no JSON object. */
export function parseArguments(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = json.trim() === '' ? {} : JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

const DATA_URL = /^data:image\/([a-z]+);base64,([A-Za-z0-9+/]+={0,2})$/;

/** The image inside a data URL; undefined for any other address. */
export function parseImage(url: string): { format: ImageFormat; data: string } | undefined {
  const [, subtype, data] = DATA_URL.exec(url) ?? [];
  const format = IMAGE_FORMATS.find((known) => known === (subtype === 'jpg' ? 'jpeg' : subtype));
  return format && { format, data };
}

function userBlocks({ content, name }: UserMessage, guarded: boolean, attachments: AttachmentBlocks): Block[] {
  const parts: Exclude<UserMessage['content'], string> = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const blocks = parts.flatMap((part): Block[] => {
    if (part.type === 'text') return isBlank(part.text) ? [] : [{ kind: 'text', text: part.text, guarded }];
    if (part.type === 'file') return [attachments.block(part.file, guarded)];
    const image = parseImage(part.image_url.url);
    return image ? [{ kind: 'image', ...image, guarded }] : [];
  });
  // The service takes no document without a word beside it.
  if (blocks.some(({ kind }) => kind === 'document') && !blocks.some((block) => block.kind === 'text' && !block.guarded)) blocks.push({ kind: 'text', text: ATTACHED });
  return name && blocks.length > 0 ? [{ kind: 'text', text: `${name}:`, guarded }, ...blocks] : blocks;
}

function assistantText(message: AssistantMessage): Block[] {
  const texts = typeof message.content === 'string' ? [message.content] : (message.content ?? []).map(({ text }) => text);
  return texts.filter((text) => !isBlank(text)).map((text) => ({ kind: 'text', text }));
}

/** The answer to a call lies somewhere before the assistant speaks again. */
function resultOf(call: ToolCall, messages: readonly ChatMessage[], position: number, answered: Map<ChatMessage, number>): ToolMessage | undefined {
  for (let next = position + 1; next < messages.length; next++) {
    const message = messages[next];
    if (message.role === 'assistant') return undefined;
    if (message.role !== 'tool' || message.tool_call_id !== call.id || answered.has(message)) continue;
    answered.set(message, next);
    return message;
  }
  return undefined;
}

function argumentsOf(call: ToolCall): Record<string, unknown> {
  return parseArguments(call.function.arguments) ?? {};
}

function toolResult(id: string, result: ToolMessage | undefined): Block {
  if (!result) return { kind: 'toolResult', id, text: UNANSWERED, failed: true };
  const text = textOf(result.content);
  return { kind: 'toolResult', id, text: isBlank(text) ? NOTHING : text };
}

function resultsFirst(content: readonly Block[]): Block[] {
  const isResult = (block: Block) => block.kind === 'toolResult';
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
}

/** Ids as the service takes them (1 to 64 of a small alphabet), each given once in a prompt. */
class ToolUseIds {
  private readonly given = new Set<string>();
  private copies = 0;

  add(id: string): string {
    const clean = id.replace(/[^a-zA-Z0-9_.:-]/g, '_').slice(0, 64) || 'call';
    let unique = clean;
    while (this.given.has(unique)) unique = `${clean.slice(0, 50)}:${++this.copies}`;
    this.given.add(unique);
    return unique;
  }
}
