import { parseArguments } from './normalise';
import type { ModelFacts } from '../../lib/contract/model';
import type { Annotation, AssistantMessage, ToolCall } from '../ports/conversations';
import { type Finding, type ModelEvent, ModelFailure, type TokenUsage } from '../ports/model';

/** What an encoder has to say to a client, whatever its protocol. Tool calls are numbered from 0 without gaps. */
export type AnswerEvent =
  /** Which model answers, before all that it says, and why that one; told where there was something to choose. */
  | { readonly type: 'model'; readonly name: string; readonly route: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'toolCall'; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: 'toolInput'; readonly index: number; readonly json: string }
  /** What the words before it are from. */
  | { readonly type: 'annotation'; readonly annotation: Annotation };

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface WholeAnswer {
  readonly reason: FinishReason;
  /** With those tool calls only that are complete. */
  readonly message: AssistantMessage;
  readonly tokens?: TokenUsage;
  /** What a guardrail found; absent where it found nothing. */
  readonly findings?: readonly Finding[];
  /** What was left to say when the model had ended. */
  readonly last: readonly AnswerEvent[];
}

interface PendingCall {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  json: string;
}

/** Puts an answer together from the model's events. */
export class Answer {
  private readonly calls = new Map<number, PendingCall>();
  private text = '';
  private stopped?: string;
  private tokens?: TokenUsage;
  private answeredBy?: string;
  private findings?: readonly Finding[];

  /** Takes an event in, and gives back what a client should hear of it. */
  take(event: ModelEvent): AnswerEvent | undefined {
    switch (event.type) {
      case 'text':
        this.text += event.text;
        return event.text === '' ? undefined : event;
      case 'reasoning':
        return event.text === '' ? undefined : event;
      case 'toolStart':
        return this.begin(event.block, event.id, event.name);
      case 'toolInput':
        return event.json === '' ? undefined : this.extend(event.block, event.json);
      case 'stop':
        this.stopped = event.reason;
        return undefined;
      case 'assessed':
        this.findings = event.findings;
        return undefined;
      case 'usage':
        this.tokens = event.usage;
        this.answeredBy = event.modelId;
        return undefined;
    }
  }

  /** The answer when the model's stream has ended; an answer without an end is a failure. */
  finish(): WholeAnswer {
    if (this.stopped === undefined) throw new ModelFailure('unavailable', 'The model broke off before the end of its answer.');
    const reason = finishReason(this.stopped, this.calls.size, onlyMasked(this.findings));
    const complete: ToolCall[] = [];
    const last: AnswerEvent[] = [];
    for (const call of this.calls.values()) {
      // Only a model that finished can have meant a call without arguments; one that was cut off had not come to them yet.
      const empty = call.json === '' && reason === 'tool_calls';
      const json = empty ? '{}' : call.json;
      if (empty) last.push({ type: 'toolInput', index: call.index, json });
      if (json !== '' && parseArguments(json)) complete.push({ id: call.id, type: 'function', function: { name: call.name, arguments: json } });
      else if (reason === 'tool_calls') throw new ModelFailure('unavailable', 'The model broke off in the middle of a tool call.');
    }
    const message: AssistantMessage = { role: 'assistant', content: this.text === '' ? null : this.text, ...(complete.length > 0 && { tool_calls: complete }) };
    return { reason, message, tokens: this.tokens, ...(this.findings && { findings: this.findings }), last };
  }

  /** What there is of an answer that is ended before the model ends it: no tool calls, for nobody is going to answer them. */
  partial(): AssistantMessage {
    return { role: 'assistant', content: this.text === '' ? null : this.text };
  }

  /** The facts of the model that was asked, with the prices of the one that it had answer. */
  facts(asked: ModelFacts): ModelFacts {
    const behind = asked.behind?.find(({ id }) => this.answeredBy === id || this.answeredBy?.endsWith(`/${id}`));
    return behind ? { ...asked, prices: asked.prices ?? behind.prices } : asked;
  }

  get usage(): TokenUsage | undefined {
    return this.tokens;
  }

  private begin(block: number, id: string, name: string): AnswerEvent {
    const index = this.calls.size;
    this.calls.set(block, { index, id, name, json: '' });
    return { type: 'toolCall', index, id, name };
  }

  private extend(block: number, json: string): AnswerEvent {
    const call = this.calls.get(block);
    if (!call) throw new ModelFailure('unavailable', 'The model gave input to a tool that it did not call.');
    call.json += json;
    return { type: 'toolInput', index: call.index, json };
  }
}

/** What was masked was answered. Without a word on what it found, a guardrail that stepped in has blocked. */
function onlyMasked(findings: readonly Finding[] = []): boolean {
  return findings.some(({ action }) => action === 'ANONYMIZED') && !findings.some(({ action }) => action === 'BLOCKED');
}

function finishReason(stopped: string, calls: number, masked: boolean): FinishReason {
  switch (stopped) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'guardrail_intervened':
      if (masked) return calls > 0 ? 'tool_calls' : 'stop';
      return 'content_filter';
    case 'content_filtered':
      return 'content_filter';
    case 'malformed_model_output':
    case 'malformed_tool_use':
      throw new ModelFailure('unavailable', 'The model gave an answer that cannot be read.');
    default:
      return calls > 0 ? 'tool_calls' : 'stop';
  }
}
