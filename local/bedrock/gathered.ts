import { ContentBlock, ConverseEvent, StopReason, Usage } from './converse';

/** What Converse answers: the events of ConverseStream, gathered into one message. */
export interface ConverseAnswer {
  readonly output: { readonly message: { readonly role: 'assistant'; readonly content: readonly ContentBlock[] } };
  readonly stopReason: StopReason;
  readonly usage: Usage;
  readonly metrics: { readonly latencyMs: number };
  readonly trace?: object;
  readonly serviceTier?: { readonly type: string };
}

interface OpenBlock {
  text?: string;
  toolUse?: { toolUseId: string; name: string; input: string };
  reasoning?: { text: string; signature?: string };
  redactedContent?: string;
}

export async function gather(events: AsyncIterable<ConverseEvent>): Promise<ConverseAnswer> {
  const blocks: OpenBlock[] = [];
  const rest: Partial<Record<'stopReason', StopReason>> & Partial<Pick<ConverseAnswer, 'usage' | 'metrics' | 'trace' | 'serviceTier'>> = {};
  for await (const event of events) {
    if ('contentBlockStart' in event) {
      const { contentBlockIndex, start } = event.contentBlockStart;
      blocks[contentBlockIndex] = { toolUse: { ...start.toolUse, input: '' } };
    } else if ('contentBlockDelta' in event) {
      const { contentBlockIndex, delta } = event.contentBlockDelta;
      const block = blocks[contentBlockIndex] ??= {};
      if ('text' in delta) block.text = (block.text ?? '') + delta.text;
      else if ('toolUse' in delta && block.toolUse) block.toolUse.input += delta.toolUse.input;
      else if ('reasoningContent' in delta) addReasoning(block, delta.reasoningContent);
    } else if ('messageStop' in event) {
      rest.stopReason = event.messageStop.stopReason;
    } else if ('metadata' in event) {
      Object.assign(rest, event.metadata);
    }
  }
  if (!rest.stopReason || !rest.usage || !rest.metrics) throw new Error('the answer ended before its messageStop and metadata');
  const { stopReason, usage, metrics, trace, serviceTier } = rest;
  // Real blocks may be numbered with gaps.
  const content = blocks.filter(Boolean).map(closed);
  return { output: { message: { role: 'assistant', content } }, stopReason, usage, metrics, ...(trace ? { trace } : {}), ...(serviceTier ? { serviceTier } : {}) };
}

function addReasoning(block: OpenBlock, delta: { text?: string; signature?: string; redactedContent?: string }) {
  if (delta.redactedContent) {
    block.redactedContent = delta.redactedContent;
    return;
  }
  block.reasoning ??= { text: '' };
  block.reasoning.text += delta.text ?? '';
  if (delta.signature) block.reasoning.signature = delta.signature;
}

function closed({ text, toolUse, reasoning, redactedContent }: OpenBlock): ContentBlock {
  if (toolUse) return { toolUse: { ...toolUse, input: JSON.parse(toolUse.input || '{}') } };
  if (redactedContent) return { reasoningContent: { redactedContent } };
  if (reasoning) return { reasoningContent: { reasoningText: reasoning } };
  return { text: text ?? '' };
}

/** The other way round: a whole answer as the events it would have streamed as. */
export function* eventsOf({ output, stopReason, usage, metrics, trace, serviceTier }: ConverseAnswer): Iterable<ConverseEvent> {
  yield { messageStart: { role: 'assistant' } };
  for (const [contentBlockIndex, { text, toolUse, reasoningContent }] of output.message.content.entries()) {
    const { reasoningText, ...redacted } = (reasoningContent ?? {}) as { reasoningText?: object };
    if (toolUse) yield { contentBlockStart: { contentBlockIndex, start: { toolUse: { toolUseId: toolUse.toolUseId, name: toolUse.name } } } };
    const delta = toolUse ? { toolUse: { input: JSON.stringify(toolUse.input) } } : reasoningContent ? { reasoningContent: reasoningText ?? redacted } : { text: text ?? '' };
    yield { contentBlockDelta: { contentBlockIndex, delta } };
    yield { contentBlockStop: { contentBlockIndex } };
  }
  yield { messageStop: { stopReason } };
  yield { metadata: { usage, metrics, ...(trace ? { trace } : {}), ...(serviceTier ? { serviceTier } : {}) } };
}
