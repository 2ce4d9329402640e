import { ContentBlock, ConverseRequest, Message } from './converse';
import { refuse, refuseValue } from './refusal';

const TOOL_USE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export function checkToolConfig({ toolConfig }: ConverseRequest): void {
  if (!toolConfig) return;
  const specs = (toolConfig.tools ?? []).flatMap(({ toolSpec }) => toolSpec ?? []);
  if (specs.length === 0) refuseValue('[]', 'toolConfig.tools', 'have length greater than or equal to 1');
  const names = new Set<string>();
  for (const [index, { name, description, inputSchema }] of specs.entries()) {
    const place = `toolConfig.tools.${index}.toolSpec`;
    if (!TOOL_NAME.test(name ?? '')) refuseValue(name, `${place}.name`, 'satisfy regular expression pattern: [a-zA-Z0-9_-]+, 1 to 64 characters');
    if (names.has(name)) refuse(`The name '${name}' at ${place}.name is there already. Tool names must be unique.`);
    if (description === '') refuseValue(description, `${place}.description`, 'have length greater than or equal to 1');
    if (inputSchema?.json?.type !== 'object') refuse(`The value at ${place}.inputSchema.json.type must be one of the following: object.`);
    names.add(name);
  }
  const forced = toolConfig.toolChoice?.tool?.name;
  if (forced !== undefined && !names.has(forced)) {
    refuse(`The value at toolConfig.toolChoice.tool.name must be one of the tools in toolConfig.tools: ${[...names].join(', ')}. Got: ${forced}`);
  }
}

/** Each toolUse of an assistant's turn has its toolResult in the very next message, all in one. */
export function checkToolPairs({ messages = [], toolConfig }: ConverseRequest): void {
  const blocks = messages.flatMap(({ content }) => content);
  if (!toolConfig && blocks.some(({ toolUse, toolResult }) => toolUse ?? toolResult)) {
    refuse('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  for (const [index, message] of messages.entries()) {
    checkToolBlocks(message, index);
    const asked = index > 0 ? toolUseIds(messages[index - 1].content) : [];
    const given = message.content.flatMap(({ toolResult }) => toolResult?.toolUseId ?? []);
    const missing = asked.filter((id) => !given.includes(id));
    if (missing.length > 0) refuse(`Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`);
    if (given.length > asked.length) {
      refuse(`The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`);
    }
    if (new Set(given).size < given.length) refuse(`The toolResult blocks at messages.${index}.content contain duplicate Ids: ${given.join(', ')}`);
  }
}

function checkToolBlocks({ role, content }: Message, index: number): void {
  for (const [at, { toolUse, toolResult }] of content.entries()) {
    const place = `messages.${index}.content.${at}`;
    if (toolUse && role !== 'assistant') refuse(`The toolUse block at ${place} must be in a message of the assistant.`);
    if (toolResult && role !== 'user') refuse(`The toolResult block at ${place} must be in a message of the user.`);
    const id = (toolUse ?? toolResult)?.toolUseId;
    if ((toolUse ?? toolResult) && !TOOL_USE_ID.test(id ?? '')) {
      refuseValue(id, `${place}.${toolUse ? 'toolUse' : 'toolResult'}.toolUseId`, 'satisfy regular expression pattern: [a-zA-Z0-9_.:-]+, 1 to 64 characters');
    }
    if (toolUse && !TOOL_NAME.test(toolUse.name)) {
      refuseValue(toolUse.name, `${place}.toolUse.name`, 'satisfy regular expression pattern: [a-zA-Z0-9_-]+, 1 to 64 characters');
    }
    if (toolUse && (typeof toolUse.input !== 'object' || toolUse.input === null || Array.isArray(toolUse.input))) {
      refuse(`The format of the value at ${place}.toolUse.input is invalid. Provide a json object for the field and try again.`);
    }
    for (const [part, { text }] of (toolResult?.content ?? []).entries()) {
      if (text?.trim() === '') {
        refuse(`The text field in the ContentBlock object at ${place}.toolResult.content.${part} is blank. Add text to the text field, and try again.`);
      }
    }
  }
}

function toolUseIds(content: readonly ContentBlock[]): string[] {
  return content.flatMap(({ toolUse }) => toolUse?.toolUseId ?? []);
}
