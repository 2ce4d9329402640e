import { createHash } from 'crypto';
import { ConverseRequest, lastUserText, ToolSpec, ToolUse } from './converse';
import { argumentsFor } from './tool-arguments';

/** Words that say how a tool works, not what it is about. */
const VERBS = new Set(['add', 'call', 'check', 'create', 'do', 'fetch', 'find', 'get', 'list', 'lookup', 'look', 'make', 'my', 'read', 'run', 'search', 'set', 'the', 'up']);

/** The calls the local model makes: the tool it is made to use, else every tool that the last text mentions. After tool results it answers. */
export function chosenTools(request: ConverseRequest): ToolUse[] {
  const specs = request.toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec ?? []) ?? [];
  const last = request.messages?.at(-1);
  const choice = request.toolConfig?.toolChoice;
  const text = lastUserText(request);
  if (choice?.tool) return calls(specs.filter(({ name }) => name === choice.tool?.name), text, request);
  const mentioned = specs.filter((spec) => mentions(text, spec.name));
  if (choice?.any) return calls(mentioned.length > 0 ? mentioned : specs.slice(0, 1), text, request);
  if (last?.content.some(({ toolResult }) => toolResult)) return [];
  return calls(mentioned, text, request);
}

function calls(specs: readonly ToolSpec[], text: string, request: ConverseRequest): ToolUse[] {
  return specs.map((spec, index) => ({
    toolUseId: toolUseId(request, index),
    name: spec.name,
    input: argumentsFor(spec.inputSchema.json, text),
  }));
}

/** The same request gets the same id, another request another one. */
function toolUseId(request: ConverseRequest, index: number): string {
  const digest = createHash('sha256').update(JSON.stringify([request.messages, index])).digest('base64url');
  return `tooluse_${digest.replace(/[^a-zA-Z0-9]/g, '').slice(0, 22)}`;
}

function mentions(text: string, name: string): boolean {
  const said = text.toLowerCase();
  if (said.includes(name.toLowerCase())) return true;
  const parts = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
  const telling = parts.filter((part) => !VERBS.has(part));
  return (telling.length > 0 ? telling : parts).every((part) => new RegExp(`\\b${part}`).test(said));
}
