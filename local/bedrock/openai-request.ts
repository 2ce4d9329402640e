import { ContentBlock, ConverseRequest, Message, textOf, ToolConfig } from './converse';

/** A Converse request as a body for `POST /chat/completions`. */
export function completionRequest(model: string, request: ConverseRequest): object {
  const { maxTokens, temperature, topP, stopSequences } = request.inferenceConfig ?? {};
  const system = textOf(request.system ?? []);
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [...(system ? [{ role: 'system', content: system }] : []), ...(request.messages ?? []).flatMap(completionMessages)],
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    stop: stopSequences,
    ...(request.toolConfig ? completionTools(request.toolConfig) : {}),
  };
}

/** One Converse turn may be several messages there: each tool result is one of its own, before the user's words. */
function completionMessages({ role, content }: Message): object[] {
  if (role === 'assistant') {
    const calls = content.flatMap(({ toolUse }) => toolUse ?? []);
    return [{
      role,
      content: textOf(content) || null,
      ...(calls.length > 0 ? { tool_calls: calls.map(({ toolUseId, name, input }) => ({ id: toolUseId, type: 'function', function: { name, arguments: JSON.stringify(input) } })) } : {}),
    }];
  }
  const results = content.flatMap(({ toolResult }) => toolResult ?? []).map((result) => ({
    role: 'tool',
    tool_call_id: result.toolUseId,
    content: result.content.map(({ text, json }) => text ?? JSON.stringify(json)).join('\n'),
  }));
  const parts = content.flatMap(completionPart);
  return [...results, ...(parts.length > 0 ? [{ role, content: parts.every(({ type }) => type === 'text') ? textOf(content) : parts }] : [])];
}

function completionPart({ text, guardContent, image }: ContentBlock): { type: string }[] {
  const words = text ?? guardContent?.text?.text;
  if (words !== undefined) return [{ type: 'text', text: words } as { type: string }];
  const bytes = (image?.source as { bytes?: string } | undefined)?.bytes;
  return bytes === undefined ? [] : [{ type: 'image_url', image_url: { url: `data:image/${image?.format};base64,${bytes}` } } as { type: string }];
}

function completionTools({ tools, toolChoice }: ToolConfig): object {
  const choice = toolChoice?.tool ? { type: 'function', function: { name: toolChoice.tool.name } } : toolChoice?.any ? 'required' : 'auto';
  return {
    tools: tools.flatMap(({ toolSpec }) => toolSpec ?? []).map(({ name, description, inputSchema }) => ({
      type: 'function', function: { name, description, parameters: inputSchema.json },
    })),
    tool_choice: choice,
  };
}
