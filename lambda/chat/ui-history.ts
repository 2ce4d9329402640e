import type { PlacedMessage } from './conversation-page';
import { readConversation, type ReadingPorts } from './conversations';
import { messageId } from './message-id';
import { UiSources } from './ui-sources';
import { mediaTypeOf } from '../generation/attachment';
import { parseArguments, textOf } from '../generation/normalise';
import type { Route } from '../kit/endpoint';
import { NotFound, WrongMethod } from '../kit/http';
import type { Feedback } from '../ports/conversation-edits';
import type { AssistantMessage, ToolMessage } from '../ports/conversations';

interface UiMessage {
  id: string;
  readonly role: 'system' | 'user' | 'assistant';
  readonly metadata: Record<string, unknown>;
  readonly parts: UiPart[];
}

type UiPart = Record<string, unknown> & { readonly type: string };

/** `GET /v1/chat/{id}`, which is also where a GET to `/v1/chat/completions` arrives. */
export function readUiHistory(ports: ReadingPorts): Route {
  const read = readConversation(ports, uiMessages);
  return async (call) => {
    try {
      return await read(call);
    } catch (error) {
      throw error instanceof NotFound && call.path.id === 'completions' ? new WrongMethod('POST') : error;
    }
  };
}

/** Kept messages as the AI SDK's pages hold them: an answer, the results of its tools and the answer to those are steps of one message. */
function uiMessages(kept: readonly PlacedMessage[], feedback: ReadonlyMap<string, Feedback>): UiMessage[] {
  const shown: UiMessage[] = [];
  for (const each of kept) {
    const { message } = each;
    const last = shown.at(-1);
    if (message.role === 'tool') {
      if (last?.role === 'assistant') answerCall(last, message);
    } else if (message.role === 'assistant') {
      const goesOn = last?.role === 'assistant' && last.parts.some(isCall);
      const answer = goesOn ? last : begun(shown, each, 'assistant');
      // A page names an answer by its last step, which is where the conversation goes on.
      answer.id = messageId(each);
      answer.parts.push({ type: 'step-start' }, ...partsOf(message));
      Object.assign(answer.metadata, aboutAnswer(each, feedback.get(messageId(each))));
    } else {
      const role = message.role === 'developer' ? 'system' : message.role;
      begun(shown, each, role).parts.push(...contentParts(message.content));
    }
  }
  return shown;
}

function begun(shown: UiMessage[], stored: PlacedMessage, role: UiMessage['role']): UiMessage {
  const { createdAt, siblings } = stored;
  const message: UiMessage = { id: messageId(stored), role, metadata: { createdAt, ...(siblings && { siblings }) }, parts: [] };
  shown.push(message);
  return message;
}

function aboutAnswer({ end, siblings }: PlacedMessage, feedback: Feedback | undefined): Record<string, unknown> {
  return {
    ...(siblings && { siblings }),
    ...(end && {
      finishReason: end.finishReason, usage: end.usage, ...(end.stopped && { stopped: true }), ...(end.model !== undefined && { model: end.model }),
    }),
    ...(feedback && { feedback: feedback.rating }),
  };
}

function partsOf({ content, tool_calls: calls = [], annotations = [] }: AssistantMessage): UiPart[] {
  const sources = new UiSources();
  return [
    ...contentParts(content),
    ...annotations.flatMap((annotation): UiPart[] => sources.parts(annotation)),
    ...calls.map(({ id, function: { name, arguments: json } }): UiPart => ({
      type: `tool-${name}`, toolCallId: id, state: 'input-available', input: parseArguments(json) ?? {},
    })),
  ];
}

function contentParts(content: PlacedMessage['message']['content']): UiPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content ?? [];
  return parts.map((part): UiPart => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text };
      case 'image_url':
        return { type: 'file', mediaType: /^data:([^;,]+)/.exec(part.image_url.url)?.[1] ?? 'image/*', url: part.image_url.url };
      case 'file': {
        const { file_id: id, filename, format } = part.file;
        // A page shows its own copy, or asks for one by this name; sent again, it is the same file.
        return { type: 'file', mediaType: format ? mediaTypeOf(format) : 'application/octet-stream', ...(filename !== undefined && { filename }), url: `file:${id}` };
      }
    }
  });
}

function isCall({ toolCallId, state }: UiPart): boolean {
  return toolCallId !== undefined && state !== undefined;
}

function answerCall({ parts }: UiMessage, { tool_call_id: id, content }: ToolMessage): void {
  const position = parts.findLastIndex(({ toolCallId, state }) => toolCallId === id && state === 'input-available');
  if (position >= 0) parts[position] = { ...parts[position], state: 'output-available', output: outputOf(textOf(content)) };
}

/** Results travel as text; what a tool gave as JSON is shown as it was. */
function outputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
