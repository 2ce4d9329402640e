import { ContentBlock, ConverseEvent, StopReason, Usage } from './converse';

/** What Converse answers: the events of ConverseStream, gathered into one message. */
export interface ConverseAnswer {
  readonly output: { readonly message: { readonly role: 'assistant'; readonly content: readonly ContentBlock[] } };
  readonly stopReason: StopReason;
  readonly usage: Usage;
  readonly metrics: { readonly latencyMs: number };
  readonly trace?: object;
}

interface OpenBlock {
  text?: string;
  toolUse?: { toolUseId: string; name: string; input: string };
  reasoning?: { text: string; signature?: string };
}

export async function gather(events: AsyncIterable<ConverseEvent>): Promise<ConverseAnswer> {
  const blocks: OpenBlock[] = [];
  const rest: Partial<Record<'stopReason', StopReason>> & Partial<Pick<ConverseAnswer, 'usage' | 'metrics' | 'trace'>> = {};
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
  const { stopReason, usage, metrics, trace } = rest;
  // Real blocks may be numbered with gaps.
  const content = blocks.filter(Boolean).map(closed);
  return { output: { message: { role: 'assistant', content } }, stopReason, usage, metrics, ...(trace ? { trace } : {}) };
}

function addReasoning(block: OpenBlock, delta: { text?: string; signature?: string }) {
  block.reasoning ??= { text: '' };
  block.reasoning.text += delta.text ?? '';
  if (delta.signature) block.reasoning.signature = delta.signature;
}

function closed({ text, toolUse, reasoning }: OpenBlock): ContentBlock {
  if (toolUse) return { toolUse: { ...toolUse, input: JSON.parse(toolUse.input || '{}') } };
  if (reasoning) return { reasoningContent: { reasoningText: reasoning } };
  return { text: text ?? '' };
}
