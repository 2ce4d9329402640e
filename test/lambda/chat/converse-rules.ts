import type { ContentBlock, ConverseStreamCommandInput, Message } from '@aws-sdk/client-bedrock-runtime';

/** What the Converse API refuses, written down apart from the code that avoids it. Returns the rules that an input breaks. */
export function brokenRules(input: ConverseStreamCommandInput): string[] {
  const messages = input.messages ?? [];
  const contents = messages.flatMap(({ content }) => content ?? []);
  const broken: string[] = [];
  const rule = (name: string, holds: boolean) => {
    if (!holds) broken.push(name);
  };

  rule('there are messages', messages.length > 0);
  rule('roles alternate', messages.every(({ role }, position) => position === 0 || role !== messages[position - 1].role));
  rule('the user begins', messages[0]?.role === 'user');
  rule('the user ends', messages.at(-1)?.role === 'user');
  rule('no message is empty', messages.every(({ content }) => (content ?? []).length > 0));
  rule('texts hold something', [...texts(contents), ...(input.system ?? []).map((block) => block.text ?? block.guardContent?.text?.text ?? '')].every(holdsSomething));
  rule('calls are answered, all together, in the next message and nowhere else', messages.every((message, position) => {
    const asked = message.role === 'assistant' ? ids(message, 'toolUse') : [];
    const given = messages[position + 1] ? ids(messages[position + 1], 'toolResult') : [];
    return message.role !== 'assistant' || (asked.length === given.length && [...asked].sort().join() === [...given].sort().join());
  }));
  rule('only assistants call and only users answer', messages.every((message) => ids(message, message.role === 'user' ? 'toolUse' : 'toolResult').length === 0));
  rule('results come first in their message', messages.every(({ content = [] }) => {
    const kinds = content.map((block) => block.toolResult !== undefined);
    return kinds.lastIndexOf(true) < (kinds.includes(false) ? kinds.indexOf(false) : kinds.length);
  }));
  rule('no results without calls at the start', ids(messages[0] ?? { role: 'user', content: [] }, 'toolResult').length === 0);
  const used = contents.flatMap((block) => block.toolUse?.toolUseId ?? []);
  rule('ids are of the alphabet', used.every((id) => /^[a-zA-Z0-9_.:-]{1,64}$/.test(id)));
  rule('ids are given once', new Set(used).size === used.length);
  rule('inputs are objects', contents.every(({ toolUse }) => toolUse === undefined || (typeof toolUse.input === 'object' && toolUse.input !== null && !Array.isArray(toolUse.input))));
  rule('tool blocks come with a tool list', used.length === 0 || (input.toolConfig?.tools ?? []).length > 0);
  rule('a tool list is not empty', input.toolConfig === undefined || (input.toolConfig.tools ?? []).length > 0);
  rule('there is no choice called none', input.toolConfig?.toolChoice === undefined || ['auto', 'any', 'tool'].includes(Object.keys(input.toolConfig.toolChoice)[0]));
  rule('documents are few and well named', contents.every(({ document }) => document === undefined));
  rule('max tokens are set', Number.isInteger(input.inferenceConfig?.maxTokens) && input.inferenceConfig!.maxTokens! > 0);
  rule('cache points are at most four', [...contents, ...input.system ?? []].filter((block) => block.cachePoint).length <= 4);
  rule('a guardrail sees something and not everything', input.guardrailConfig === undefined || contents.some((block) => block.guardContent));
  return broken;
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
