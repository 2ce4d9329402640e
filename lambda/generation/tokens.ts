import type { ChatMessage, FilePart, ImagePart, TextPart } from '../ports/conversations';
import type { PromptMessage, SystemText, Tool } from '../ports/model';

/** What role markers and separators cost, at most. */
const MESSAGE_OVERHEAD = 8;

/** The most that the models at hand charge for one image. */
const IMAGE_TOKENS = 1_600;

/** Rather too many than too few: English has about four bytes a token, source code and other scripts about three. */
export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}

export function messageTokens(message: ChatMessage): number {
  if (message.spilled) return message.spilled.tokens;
  const content = message.content ?? '';
  const said = typeof content === 'string'
    ? textTokens(content)
    : content.reduce((sum, part) => sum + MESSAGE_OVERHEAD + partTokens(part), 0);
  const calls = message.role === 'assistant' ? message.tool_calls ?? [] : [];
  return MESSAGE_OVERHEAD + said + calls.reduce((sum, call) => sum + MESSAGE_OVERHEAD + textTokens(call.function.name + call.function.arguments), 0);
}

export function promptTokens(system: readonly SystemText[], messages: readonly PromptMessage[], tools: readonly Tool[]): number {
  const blocks = messages.flatMap(({ content }) => content).map((block) => {
    if (block.kind === 'image') return IMAGE_TOKENS;
    if (block.kind === 'document') return MESSAGE_OVERHEAD + block.tokens;
    return MESSAGE_OVERHEAD + textTokens(block.kind === 'toolUse' ? block.name + JSON.stringify(block.input) : block.text);
  });
  const offered = tools.map((tool) => MESSAGE_OVERHEAD + textTokens(JSON.stringify(tool)));
  return [...blocks, ...offered, ...system.map(({ text }) => textTokens(text))].reduce((sum, tokens) => sum + tokens, 0);
}

function partTokens(part: TextPart | ImagePart | FilePart): number {
  if (part.type === 'text') return textTokens(part.text);
  return part.type === 'file' ? part.file.tokens ?? IMAGE_TOKENS : IMAGE_TOKENS;
}
