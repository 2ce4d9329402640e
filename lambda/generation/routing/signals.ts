import type { RoutingTrait } from '../../../lib/contract/routing';
import { isImage } from '../attachment';
import { textOf } from '../normalise';
import { messageTokens, textTokens } from '../tokens';
import { languageOf } from './language';
import type { ModelRequest, Asker } from './models';

/** A block or a span of code, or lines that are hardly anything else. */
const CODE = /```|^(?: {4}|\t)\S.*[;{}()=]|^\s*(?:import |from \S+ import |def \w+\(|class \w+|function \w*\(|const \w+ =|#include\b|SELECT\b.+\bFROM\b|public (?:static |class )|<\/?[a-z]+(?: [a-z-]+="[^"]*")*>)|\bTraceback \(most recent|\b\w+Error:|=>\s*[{(]/m;
const MATH = /\\(?:frac|sum|int|sqrt|begin\{)|\$[^$\n]*[=^\\][^$\n]*\$|[∑∫√≤≥≠∂∞]|\d\s*[*^/×÷]\s*\(?\d|\d\s*[+-]\s*\d+\s*=|\b[a-z]\^\d|\b(?:prove|integral|derivative|equation|theorem|probability|eigenvalue|solve for)\b/i;

/** Whether a request is as a trait says. All that is read is in the request and in what was verified of its caller. */
export function fits(trait: RoutingTrait, request: ModelRequest, asker: Asker): boolean {
  switch (trait.kind) {
    case 'tokens':
      return requestTokens(request) > trait.over;
    case 'language':
      return trait.languages.includes(languageOf(question(request)) ?? '');
    case 'image':
    case 'document':
      return holds(request, trait.kind);
    case 'tools':
      return request.tools.length > 0 && request.toolChoice !== 'none';
    case 'code':
      return CODE.test(question(request));
    case 'math':
      return MATH.test(question(request));
    case 'header':
      return asker.headers[trait.name] === trait.value;
    case 'group':
      return asker.groups.includes(trait.group);
  }
}

/** What the user said last: the rest of a conversation says little of what is asked now. */
export function question({ messages }: ModelRequest): string {
  return textOf(messages.findLast(({ role }) => role === 'user')?.content ?? '');
}

/** Whether an image or a document is attached. A file of which nothing is known yet was not read, and is taken for neither. */
export function holds({ messages }: Pick<ModelRequest, 'messages'>, kind: 'image' | 'document'): boolean {
  return messages.some(({ role, content }) => role === 'user' && typeof content !== 'string' && content.some((part) => {
    if (part.type === 'text') return false;
    const format = part.type === 'file' ? part.file.format : undefined;
    return kind === 'image' ? part.type === 'image_url' || (format !== undefined && isImage(format)) : format !== undefined && !isImage(format);
  }));
}

function requestTokens({ messages, tools }: ModelRequest): number {
  const said = messages.reduce((sum, message) => sum + messageTokens(message), 0);
  return tools.reduce((sum, tool) => sum + textTokens(JSON.stringify(tool)), said);
}
