import type { ContentBlock, ConverseStreamCommandInput, DocumentBlock, Message, SystemContentBlock } from '@aws-sdk/client-bedrock-runtime';
import type { ModelFacts } from '../../../lib/contract/model';

type Rule = (input: ConverseStreamCommandInput, facts: Pick<ModelFacts, 'sampling' | 'outputTokens' | 'cacheMinimum'>) => boolean;

/** What the Converse API refuses, written down apart from the code that avoids it. */
export const RULES: Readonly<Record<string, Rule>> = {
  'there are messages': ({ messages = [] }) => messages.length > 0,
  'roles alternate': ({ messages = [] }) => messages.every(({ role }, position) => position === 0 || role !== messages[position - 1].role),
  'the user begins': ({ messages = [] }) => messages[0]?.role === 'user',
  'the user ends': ({ messages = [] }) => messages.at(-1)?.role === 'user',
  'no message is empty': ({ messages = [] }) => messages.every(({ content = [] }) => content.some((block) => !block.cachePoint)),
  'texts hold something': (input) => [...texts(blocksOf(input)), ...(input.system ?? []).flatMap(systemText)].every(holdsSomething),
  'calls are answered, all together, in the next message and nowhere else': ({ messages = [] }) => messages.every((message, position) => {
    if (message.role !== 'assistant') return position > 0 || ids(message, 'toolResult').length === 0;
    const given = messages[position + 1] ? ids(messages[position + 1], 'toolResult') : [];
    return [...ids(message, 'toolUse')].sort().join() === [...given].sort().join();
  }),
  'only assistants call and only users answer': ({ messages = [] }) => messages.every((message) => ids(message, message.role === 'user' ? 'toolUse' : 'toolResult').length === 0),
  'results come first in their message': ({ messages = [] }) => messages.every(({ content = [] }) => {
    const kinds = content.map((block) => block.toolResult !== undefined);
    return kinds.lastIndexOf(true) < (kinds.includes(false) ? kinds.indexOf(false) : kinds.length);
  }),
  'tool blocks come with a tool list': (input) => used(input).length === 0 || (input.toolConfig?.tools ?? []).length > 0,
  'a tool list is not empty': ({ toolConfig }) => toolConfig === undefined || (toolConfig.tools ?? []).some(({ toolSpec }) => toolSpec),
  'ids are of the alphabet': (input) => used(input).every((id) => /^[a-zA-Z0-9_.:-]{1,64}$/.test(id)),
  'ids are given once': (input) => new Set(used(input)).size === used(input).length,
  'inputs are objects': (input) => blocksOf(input).every(({ toolUse }) => toolUse === undefined
    || (typeof toolUse.input === 'object' && toolUse.input !== null && !Array.isArray(toolUse.input))),
  'document names are of the alphabet': (input) => documents(input).every(({ name = '' }) => /^[a-zA-Z0-9()[\]-]+( [a-zA-Z0-9()[\]-]+)*$/.test(name)),
  'document names are given once': (input) => new Set(documents(input).map(({ name }) => name)).size === documents(input).length,
  'documents are five at most': (input) => documents(input).length <= 5,
  'a document stands beside words': ({ messages = [] }) => messages.every(({ content = [] }) => !content.some(({ document }) => document) || content.some(isWords)),
  'sampling is what the model takes': ({ inferenceConfig: { temperature, topP } = {} }, { sampling }) => {
    const given = [temperature, topP].filter((value) => value !== undefined).length;
    return given <= { both: 2, one: 1, none: 0 }[sampling];
  },
  'there is no choice called none': ({ toolConfig }) => toolConfig?.toolChoice === undefined || ['auto', 'any', 'tool'].includes(Object.keys(toolConfig.toolChoice)[0]),
  'max tokens are set, and no more than the model gives': ({ inferenceConfig: { maxTokens = 0 } = {} }, { outputTokens }) => (
    Number.isInteger(maxTokens) && maxTokens > 0 && maxTokens <= outputTokens
  ),
  'cache points are four at most': (input) => points(input).length <= 4,
  'cache points follow something': (input) => [input.toolConfig?.tools ?? [], input.system ?? [], ...(input.messages ?? []).map(({ content = [] }) => content)]
    .every((parts) => parts.every((part, at) => !part.cachePoint || (at > 0 && !parts[at - 1].cachePoint))),
  'a model that caches nothing gets no cache points': (input, { cacheMinimum }) => cacheMinimum !== undefined || points(input).length === 0,
  'cache points come before what a guardrail looks at in messages': ({ messages = [] }) => {
    const blocks = messages.flatMap(({ content = [] }) => content);
    const guarded = blocks.findIndex(({ guardContent }) => guardContent);
    return guarded < 0 || blocks.findLastIndex(({ cachePoint }) => cachePoint) < guarded;
  },
  'a guardrail sees something and not everything': (input) => input.guardrailConfig === undefined || blocksOf(input).some(({ guardContent }) => guardContent),
};

const ANY: Parameters<Rule>[1] = { sampling: 'both', outputTokens: 1_000_000, cacheMinimum: 0 };

/** Returns the rules that an input breaks. */
export function brokenRules(input: ConverseStreamCommandInput, facts = ANY): string[] {
  return Object.entries(RULES).flatMap(([name, holds]) => holds(input, facts) ? [] : [name]);
}

function blocksOf({ messages = [] }: ConverseStreamCommandInput): ContentBlock[] {
  return messages.flatMap(({ content }) => content ?? []);
}

function used(input: ConverseStreamCommandInput): string[] {
  return blocksOf(input).flatMap((block) => block.toolUse?.toolUseId ?? []);
}

function documents(input: ConverseStreamCommandInput): DocumentBlock[] {
  return blocksOf(input).flatMap(({ document }) => document ?? []);
}

function points(input: ConverseStreamCommandInput): object[] {
  const parts: readonly { readonly cachePoint?: object }[] = [...input.toolConfig?.tools ?? [], ...input.system ?? [], ...blocksOf(input)];
  return parts.flatMap(({ cachePoint }) => cachePoint ?? []);
}

function systemText({ text, guardContent, cachePoint }: SystemContentBlock): string[] {
  return cachePoint ? [] : [text ?? guardContent?.text?.text ?? ''];
}

function isWords({ text, guardContent }: ContentBlock): boolean {
  return text !== undefined || guardContent?.text !== undefined;
}

function texts(contents: readonly ContentBlock[]): string[] {
  return contents.flatMap(({ text, guardContent, toolResult }) => [
    ...(text === undefined ? [] : [text]),
    ...(guardContent?.text ? [guardContent.text.text ?? ''] : []),
    ...(toolResult?.content ?? []).map((part) => part.text ?? ''),
  ]);
}

function holdsSomething(text: string) {
  return text.trim() !== '' && !/^[\s\u0000-\u001f\u007f-\u009f]*$/.test(text);
}

function ids({ content = [] }: Message, kind: 'toolUse' | 'toolResult'): string[] {
  return content.flatMap((block) => block[kind]?.toolUseId ?? []);
}
