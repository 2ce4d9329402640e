import { Answer, type AnswerEvent, type FinishReason } from './answer';
import { type ApiError, BadRequest, Throttled, TimedOut, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { AssistantMessage } from '../ports/conversations';
import { type Model, ModelFailure, type Prompt, type TokenUsage } from '../ports/model';

export type GenerationEvent = AnswerEvent | { readonly type: 'retry'; readonly reason: string } | Generated;

export interface Generated {
  readonly type: 'finish';
  readonly reason: FinishReason;
  readonly message: AssistantMessage;
  readonly tokens?: TokenUsage;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * One answer of the model. A failure that may pass is tried again while nothing has been said; afterwards a second try would
 * repeat what the client has already read.
 */
export async function* generate(prompt: Prompt, model: Model, clock: Clock, signal: AbortSignal): AsyncGenerator<GenerationEvent, void> {
  const time = new Time(signal);
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    const events = model.answer(prompt, signal)[Symbol.asyncIterator]();
    try {
      const answer = new Answer();
      for (let next = await time.left(events.next()); !next.done; next = await time.left(events.next())) {
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
      if (begun || attempt === ATTEMPTS || signal.aborted || !mayPass(error)) throw explained(error, signal);
      yield { type: 'retry', reason: error.kind };
    } finally {
      // Not awaited: a model that has fallen silent would not hear of it.
      void events.return?.()?.catch(() => undefined);
    }
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    await time.left(clock.pause(ceiling * clock.chance())).catch((error) => {
      throw explained(error, signal);
    });
  }
}

/** Waits for a promise, but no longer than there is time: a model that says nothing any more does not hold up the end. */
class Time {
  private giveUp?: () => void;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.giveUp?.(), { once: true });
  }

  left<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.giveUp = () => reject(new Error('time is up'));
      if (this.signal.aborted) this.giveUp();
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
