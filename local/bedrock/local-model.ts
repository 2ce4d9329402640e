import { setTimeout as pause } from 'timers/promises';
import { contextLine } from './context-line';
import { Answerer, ConverseEvent, ConverseRequest, lastUserText, ModelCall, StopReason, textOf, ToolUse } from './converse';
import { groundedAnswer } from './grounded';
import { judgement } from './judged';
import { documentFor, documentLines } from './local-form';
import { PromptCache, type PromptCharge } from './prompt-cache';
import { questionsAsked } from './questions';
import { tokens, words } from './tokens';
import { chosenTools } from './tool-choice';

export interface LocalModelOptions {
  /** Pause between two words: 0 for tests, about 25 to look at. */
  readonly wordGapMs: number;
}

/** An answer ends its pauses after this long, however much it says. */
const LONGEST_ANSWER_MS = 10_000;

/**
 * A model that answers by rule, so that tests can rely on it and people can play without an account.
 * It says how many messages it has read, how its instructions begin, what its tools returned, and ends with
 * `You said: ` and the last user text, exactly. A prompt with passages it answers from them, with the number of each; one that wants the questions of a
 * conversation it answers with them, one that wants a line about a part of a document with what the document is called; an answer that it is to judge it judges
 * by the words that it shares. Tools are called when the text mentions them.
 */
export class LocalModel implements Answerer {
  private readonly cache = new PromptCache();

  constructor(private readonly options: LocalModelOptions) {}

  async* answer({ modelId, request, cacheMinimum, signal }: ModelCall): AsyncIterable<ConverseEvent> {
    const started = Date.now();
    const said = this.compose(request);
    yield { messageStart: { role: 'assistant' } };
    const pieces = words(said.text);
    const gap = Math.min(this.options.wordGapMs, LONGEST_ANSWER_MS / Math.max(1, pieces.length));
    for (const text of pieces) {
      yield { contentBlockDelta: { contentBlockIndex: 0, delta: { text } } };
      if (gap > 0) await pause(gap, undefined, { signal });
    }
    if (pieces.length > 0) yield { contentBlockStop: { contentBlockIndex: 0 } };
    yield* toolEvents(said.calls, pieces.length > 0 ? 1 : 0);
    yield { messageStop: { stopReason: said.stopReason } };
    const input = this.cache.charge(modelId, request, cacheMinimum);
    const metrics = { latencyMs: Date.now() - started };
    yield { metadata: { usage: usageOf(input, said.outputTokens), metrics, ...(request.serviceTier && { serviceTier: request.serviceTier }) } };
  }

  private compose(request: ConverseRequest): { text: string; calls: ToolUse[]; stopReason: StopReason; outputTokens: number } {
    const calls = chosenTools(request);
    if (calls.length > 0) {
      const outputTokens = tokens(JSON.stringify(calls)).length;
      return { text: '', calls, stopReason: 'tool_use', outputTokens };
    }
    const { maxTokens = Infinity, stopSequences = [] } = request.inferenceConfig ?? {};
    const whole = judgement(request) ?? documentFor(request) ?? questionsAsked(request) ?? contextLine(request) ?? groundedAnswer(request) ?? speech(request);
    const stops = stopSequences.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
    const pieces = tokens(stops.length > 0 ? whole.slice(0, Math.min(...stops)) : whole);
    const cut = pieces.length > maxTokens;
    const kept = cut ? pieces.slice(0, maxTokens) : pieces;
    return { text: kept.join(''), calls: [], stopReason: cut ? 'max_tokens' : stops.length > 0 ? 'stop_sequence' : 'end_turn', outputTokens: kept.length };
  }
}

function speech(request: ConverseRequest): string {
  const messages = request.messages ?? [];
  const asked = messages.filter(({ role, content }) => role === 'user' && content.some(({ toolResult }) => !toolResult)).length;
  const instructions = textOf(request.system ?? []).trim();
  const lines = [
    asked === 1
      ? 'Hello, I am the local model: I answer by rule, so that you can try everything without an AWS account. Start with --bedrock or --model-url to talk to a real one.'
      : 'Still the local model, at your service.',
    `I have read ${asked} ${asked === 1 ? 'message' : 'messages'} of yours.`,
    ...(instructions ? [`My instructions begin: ${beginning(instructions)}`] : []),
    ...documentLines(request),
    ...toolLines(request),
    `You said: ${lastUserText(request)}`,
  ];
  return [lines.slice(0, 2).join(' '), ...lines.slice(2)].join('\n\n');
}

function beginning(text: string): string {
  const line = [...text.split('\n', 1)[0]];
  return line.length > 100 ? `${line.slice(0, 100).join('')}…` : line.join('');
}

/** What the tools of the last turn returned. */
function toolLines({ messages = [] }: ConverseRequest): string[] {
  const names = new Map(messages.flatMap(({ content }) => content).flatMap(({ toolUse }) => toolUse ? [[toolUse.toolUseId, toolUse.name] as const] : []));
  const results = messages.at(-1)?.content.flatMap(({ toolResult }) => toolResult ?? []) ?? [];
  return results.map(({ toolUseId, content, status }) => {
    const said = content.map(({ text, json }) => text ?? JSON.stringify(json) ?? '').join(' ');
    return `The tool ${names.get(toolUseId)} ${status === 'error' ? 'failed' : 'says'}: ${said}`;
  });
}

function* toolEvents(calls: readonly ToolUse[], first: number): Iterable<ConverseEvent> {
  for (const [index, { toolUseId, name, input }] of calls.entries()) {
    const contentBlockIndex = first + index;
    yield { contentBlockStart: { contentBlockIndex, start: { toolUse: { toolUseId, name } } } };
    // Real models send the arguments in fragments that are no JSON by themselves.
    for (const fragment of JSON.stringify(input).match(/[^]{1,8}/gu) ?? []) {
      yield { contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input: fragment } } } };
    }
    yield { contentBlockStop: { contentBlockIndex } };
  }
}

function usageOf({ fresh, read, written, writtenFor }: PromptCharge, outputTokens: number) {
  return {
    inputTokens: fresh,
    outputTokens,
    totalTokens: fresh + read + written + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: written,
    ...(writtenFor.length > 0 && { cacheDetails: writtenFor }),
  };
}
