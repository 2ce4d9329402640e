import { parseArguments } from './normalise';
import { BadRequest, Throttled, TimedOut, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { AssistantMessage, ToolCall } from '../ports/conversations';
import { type Model, type ModelEvent, ModelFailure, type Prompt, type TokenUsage } from '../ports/model';

/** What an encoder has to say to a client, whatever its protocol. Tool calls are numbered from 0 without gaps. */
export type GenerationEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'toolCall'; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: 'toolInput'; readonly index: number; readonly json: string }
  | { readonly type: 'retry'; readonly reason: string }
  | Generated;

export interface Generated {
  readonly type: 'generated';
  readonly reason: FinishReason;
  /** The whole answer, with those tool calls only that are complete. */
  readonly message: AssistantMessage;
  readonly tokens?: TokenUsage;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * One answer of the model. A failure that may pass is tried again while nothing has been said; afterwards a second try would
 * repeat what the client has already read.
 */
export async function* generate(prompt: Prompt, model: Model, clock: Clock, signal: AbortSignal): AsyncGenerator<GenerationEvent, void> {
  const timeUp = rejectOnAbort(signal);
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    try {
      for await (const event of assemble(until(timeUp, model.answer(prompt, signal)))) {
        begun = true;
        yield event;
      }
      return;
    } catch (error) {
      if (begun || attempt === ATTEMPTS || signal.aborted || !mayPass(error)) throw explained(error, signal);
      yield { type: 'retry', reason: error.kind };
    }
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    await Promise.race([clock.pause(ceiling * clock.chance()), timeUp]).catch((error) => {
      throw explained(error, signal);
    });
  }
}

interface PendingCall {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  json: string;
}

async function* assemble(events: AsyncIterable<ModelEvent>): AsyncGenerator<GenerationEvent, void> {
  const calls = new Map<number, PendingCall>();
  let text = '';
  let stopped: string | undefined;
  let tokens: TokenUsage | undefined;

  for await (const event of events) {
    if (event.type === 'text' && event.text !== '') {
      text += event.text;
      yield event;
    } else if (event.type === 'reasoning' && event.text !== '') {
      yield event;
    } else if (event.type === 'toolStart') {
      const call = { index: calls.size, id: event.id, name: event.name, json: '' };
      calls.set(event.block, call);
      yield { type: 'toolCall', index: call.index, id: call.id, name: call.name };
    } else if (event.type === 'toolInput' && event.json !== '') {
      const call = calls.get(event.block);
      if (!call) throw new ModelFailure('unavailable', 'The model gave input to a tool that it did not call.');
      call.json += event.json;
      yield { type: 'toolInput', index: call.index, json: event.json };
    } else if (event.type === 'stop') {
      stopped = event.reason;
    } else if (event.type === 'usage') {
      tokens = event.usage;
    }
  }

  if (stopped === undefined) throw new ModelFailure('unavailable', 'The model broke off before the end of its answer.');
  const reason = finishReason(stopped, calls.size);
  const complete: ToolCall[] = [];
  for (const call of calls.values()) {
    // Only a model that finished can have meant a call without arguments; one that was cut off had not come to them yet.
    if (call.json === '' && reason === 'tool_calls') {
      call.json = '{}';
      yield { type: 'toolInput', index: call.index, json: call.json };
    }
    if (call.json !== '' && parseArguments(call.json)) complete.push({ id: call.id, type: 'function', function: { name: call.name, arguments: call.json } });
    else if (reason === 'tool_calls') throw new ModelFailure('unavailable', 'The model broke off in the middle of a tool call.');
  }
  const message: AssistantMessage = { role: 'assistant', content: text === '' ? null : text, ...(complete.length > 0 && { tool_calls: complete }) };
  yield { type: 'generated', reason, message, tokens };
}

function finishReason(stopped: string, calls: number): FinishReason {
  switch (stopped) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'guardrail_intervened':
    case 'content_filtered':
      return 'content_filter';
    case 'malformed_model_output':
    case 'malformed_tool_use':
      throw new ModelFailure('unavailable', 'The model gave an answer that cannot be read.');
    default:
      return calls > 0 ? 'tool_calls' : 'stop';
  }
}

function mayPass(error: unknown): error is ModelFailure {
  return error instanceof ModelFailure && (error.kind === 'throttled' || error.kind === 'unavailable');
}

/** A failure of the model as the caller should read it. */
function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new TimedOut('The answer took longer than a request may. Ask for a shorter one, or try again.');
  if (!(error instanceof ModelFailure)) return error;
  switch (error.kind) {
    case 'throttled':
      return new Throttled('The model is taking more requests than it can at the moment. Try again shortly.', 5);
    case 'unavailable':
      return new Unavailable(error.message);
    case 'tooLong':
      return new BadRequest('messages', `'messages' are longer than the model takes: ${error.message}`, 'context_length_exceeded');
    case 'refused':
      return new BadRequest(undefined, `The model refused the request: ${error.message}`, 'model_refused');
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error('time is up'));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  // Whoever waits at that moment hears of it; nobody may.
  rejected.catch(() => undefined);
  return rejected;
}

/** The events until time is up, even from a model that says nothing any more. */
async function* until<T>(timeUp: Promise<never>, events: AsyncIterable<T>): AsyncGenerator<T, void> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), timeUp]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a silent model would not hear of it either.
    void iterator.return?.()?.catch(() => undefined);
  }
}
