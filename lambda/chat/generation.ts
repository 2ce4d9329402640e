import { Answer, type AnswerEvent, type FinishReason } from './answer';
import { type ApiError, BadRequest, Throttled, TimedOut, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { AssistantMessage } from '../ports/conversations';
import { type Model, type ModelEvent, ModelFailure, type Prompt, type TokenUsage } from '../ports/model';

export type GenerationEvent = AnswerEvent | { readonly type: 'retry'; readonly reason: string } | Generated;

/** What may end an answer early: time that is up, which is a failure, and a reader who has read enough, which is none. */
export interface Limits {
  readonly signal: AbortSignal;
  readonly stop?: AbortSignal;
}

export interface Generated {
  readonly type: 'finish';
  readonly reason: FinishReason;
  readonly message: AssistantMessage;
  readonly tokens?: TokenUsage;
  /** Set where the reader ended the answer before the model did: what the model took in the end, once that is known. */
  readonly stopped?: Promise<TokenUsage | undefined>;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * One answer of the model. A failure that may pass is tried again while nothing has been said; afterwards a second try would
 * repeat what the client has already read.
 */
export async function* generate(prompt: Prompt, model: Model, clock: Clock, limits: Limits): AsyncGenerator<GenerationEvent, void> {
  const { signal } = limits;
  const time = new Time(limits);
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    let stopped: Promise<TokenUsage | undefined> | undefined;
    const answer = new Answer();
    const events = model.answer(prompt, signal)[Symbol.asyncIterator]();
    let coming: Promise<IteratorResult<ModelEvent>> | undefined;
    try {
      for (let next = await time.left(coming = events.next()); !next.done; next = await time.left(coming = events.next())) {
        const event = answer.take(next.value);
        if (!event) continue;
        begun = true;
        yield event;
      }
      const { last, ...whole } = answer.finish();
      yield* last;
      yield { type: 'finish', ...whole };
      return;
    } catch (error) {
      if (error instanceof Stopped) {
        stopped = settled(answer, events, coming, new Time({ signal }));
        yield { type: 'finish', reason: 'stop', message: answer.partial(), stopped };
        return;
      }
      if (begun || attempt === ATTEMPTS || signal.aborted || !mayPass(error)) throw explained(error, signal);
      yield { type: 'retry', reason: error.kind };
    } finally {
      // Not awaited: a model that has fallen silent would not hear of it.
      if (!stopped) void events.return?.()?.catch(() => undefined);
    }
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    const paused = await time.left(clock.pause(ceiling * clock.chance())).catch((error: unknown) => error);
    if (paused instanceof Stopped) {
      yield { type: 'finish', reason: 'stop', message: answer.partial(), stopped: Promise.resolve(undefined) };
      return;
    }
    if (paused !== undefined) throw explained(paused, signal);
  }
}

/**
 * What a model took that nobody listens to any more. It is heard to its end and not hung up on: the service bills the whole answer
 * either way, and says how long it was only with its last event.
 */
async function settled(
  answer: Answer, events: AsyncIterator<ModelEvent>, coming: Promise<IteratorResult<ModelEvent>> | undefined, time: Time,
): Promise<TokenUsage | undefined> {
  try {
    for (let next = await time.left(coming ?? events.next()); !next.done; next = await time.left(events.next())) answer.take(next.value);
  } catch {
    // The answer is kept already; that it cannot be counted is no reason to lose it.
  } finally {
    void events.return?.()?.catch(() => undefined);
  }
  return answer.usage;
}

/** The reader has read enough. */
class Stopped extends Error {}

/** Waits for a promise, but no longer than the limits allow: a model that says nothing any more does not hold up the end. */
class Time {
  private giveUp?: () => void;

  constructor(private readonly limits: Limits) {
    for (const signal of [limits.signal, limits.stop]) signal?.addEventListener('abort', () => this.giveUp?.(), { once: true });
  }

  left<T>(promise: Promise<T>): Promise<T> {
    const { signal, stop } = this.limits;
    return new Promise<T>((resolve, reject) => {
      this.giveUp = () => reject(signal.aborted ? new Error('time is up') : new Stopped());
      if (signal.aborted || stop?.aborted) this.giveUp();
      promise.then(resolve, reject);
    });
  }
}

function mayPass(error: unknown): error is ModelFailure {
  return error instanceof ModelFailure && (error.kind === 'throttled' || error.kind === 'unavailable');
}

/** A failure of the model as the caller should read it. */
function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new TimedOut('The answer took longer than a request may. Ask for a shorter one, or try again.');
  if (!(error instanceof ModelFailure)) return error;
  return Object.assign(inWords(error), { cause: error.cause });
}

function inWords(error: ModelFailure): ApiError {
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
