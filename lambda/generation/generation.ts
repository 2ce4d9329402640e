import { Answer, type AnswerEvent, type FinishReason } from './answer';
import { NO_TOKENS, type Spending, type Spent } from './usage';
import type { ModelFacts } from '../../lib/contract/model';
import { type ApiError, BadRequest, Throttled, TimedOut, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { AssistantMessage } from '../ports/conversations';
import { type Finding, type Model, type ModelEvent, ModelFailure, type Prompt, type TokenUsage } from '../ports/model';

/** What happens behind an answer: a call that was made in vain, or tokens that a model other than the answering one took. */
export type AsideEvent =
  | { readonly type: 'retry'; readonly reason: PassingFailure; readonly model: string; /** The other model that is asked next. */ readonly fallback?: string }
  | ({ readonly type: 'spent' } & Spent);

export type GenerationEvent = AnswerEvent | AsideEvent | Generated;

/** What the same model or another may get over. */
export type PassingFailure = 'throttled' | 'unavailable' | 'late' | 'tooLong';

/** What may end an answer early: time that is up, which is a failure, and a reader who has read enough, which is none. */
export interface Limits {
  readonly signal: AbortSignal;
  readonly stop?: AbortSignal;
}

/** A model that may answer a turn, and the turn as that model takes it. */
export interface Candidate {
  readonly facts: ModelFacts;
  prompt(): Promise<Prompt>;
}

/** Which models may answer a turn: the first is asked first, each other where those before it failed. */
export interface AnswerPlan {
  readonly candidates: readonly Candidate[];
  /** Why the first is the first; absent where there was nothing to choose. */
  readonly reason?: string;
  /** How long a model may take for its first word while another is left. */
  readonly firstTokenMs?: number;
  /** What the choice itself took. */
  readonly spent?: readonly Spent[];
}

export interface Generated {
  readonly type: 'finish';
  readonly reason: FinishReason;
  readonly message: AssistantMessage;
  /** The model that answered. */
  readonly facts: ModelFacts;
  /** Why that one; absent where there was nothing to choose. */
  readonly route?: string;
  readonly tokens?: TokenUsage;
  /** What a guardrail found; absent where it found nothing. */
  readonly findings?: readonly Finding[];
  /** What other models took for the answer, as far as it is known. */
  readonly asides?: readonly Spending[];
  /** Set where the reader ended the answer before the model did: what the model took in the end, once that is known. */
  readonly stopped?: Promise<TokenUsage | undefined>;
}

/** How often each model is asked when it is the only one; several are asked in turn, each at least twice. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** How long a model is heard that another one has answered for: what it took is known only with its last event. */
const LONGEST_HEARING_MS = 60_000;

/**
 * One answer, of the first model that gives one. A failure that may pass is tried again while nothing has been said, at once with the next
 * model, and after a pause when all have failed; afterwards a second try would repeat what the client has already read.
 */
export async function* generate(plan: AnswerPlan, model: Model, clock: Clock, limits: Limits): AsyncGenerator<GenerationEvent, void> {
  const { signal } = limits;
  const time = new Time(limits);
  try {
    const order = new Order(plan.candidates);
    const asides: Spending[] = [];
    for (const { facts, tokens } of plan.spent ?? []) {
      void tokens.then((taken) => taken && asides.push({ facts, tokens: taken }));
      yield { type: 'spent', facts, tokens };
    }
    for (let route = plan.reason; ;) {
      const { facts, prompt } = order.current;
      const whole = { facts, ...(route !== undefined && { route }), ...(plan.spent && { asides }) };
      const answer = new Answer();
      let begun = false;
      let given: Promise<TokenUsage | undefined> | undefined;
      let events: AsyncIterator<ModelEvent> | undefined;
      let coming: Promise<IteratorResult<ModelEvent>> | undefined;
      let rest: () => void = () => undefined;
      let when: ReturnType<Order['next']>;
      try {
        events = model.answer(await time.left(prompt()), signal)[Symbol.asyncIterator]();
        if (plan.firstTokenMs !== undefined && order.another) rest = clock.every(plan.firstTokenMs, () => time.giveUp(new Late()));
        for (let next = await time.left(coming = events.next()); !next.done; next = await time.left(coming = events.next())) {
          const event = answer.take(next.value);
          if (!event) continue;
          rest();
          if (!begun && route !== undefined) yield { type: 'model', name: facts.name, route };
          begun = true;
          yield event;
        }
        rest();
        const { last, ...said } = answer.finish();
        if (!begun && route !== undefined) yield { type: 'model', name: facts.name, route };
        yield* last;
        yield { type: 'finish', ...whole, ...said, facts: answer.facts(facts) };
        return;
      } catch (error) {
        rest();
        if (error instanceof Stopped) {
          given = events && settled(answer, events, coming, new Time({ signal }));
          if (!begun && route !== undefined) yield { type: 'model', name: facts.name, route };
          yield { type: 'finish', ...whole, reason: 'stop', message: answer.partial(), stopped: given ?? Promise.resolve(NO_TOKENS) };
          return;
        }
        const reason = passing(error);
        when = begun || signal.aborted || reason === undefined ? undefined : order.next(reason);
        if (reason === undefined || when === undefined) throw explained(error, signal);
        const next = order.current.facts.name;
        yield { type: 'retry', reason, model: facts.name, ...(next !== facts.name && { fallback: next }) };
        if (next !== facts.name && route !== undefined) route = `fallback:${reason}`;
        if (error instanceof Late && events) {
          const patience = new Time({ signal });
          const enough = clock.every(LONGEST_HEARING_MS, () => patience.giveUp(new Late()));
          given = settled(answer, events, coming, patience).finally(enough);
          yield { type: 'spent', facts, tokens: given };
        }
      } finally {
        rest();
        // Not awaited: a model that has fallen silent would not hear of it.
        if (!given) void events?.return?.()?.catch(() => undefined);
      }
      if (when === 'at once') continue;
      const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** order.round);
      const paused = await time.left(clock.pause(ceiling * clock.chance())).catch((error: unknown) => error);
      if (paused instanceof Stopped) {
        yield { type: 'finish', ...whole, reason: 'stop', message: answer.partial(), stopped: Promise.resolve(NO_TOKENS) };
        return;
      }
      if (paused !== undefined) throw explained(paused, signal);
    }
  } finally {
    time.end();
  }
}

/** In which order models are asked: round by round, and what cannot take the prompt once. */
class Order {
  /** Rounds that are over. */
  round = 0;
  private readonly rounds: number;
  private left: readonly Candidate[];
  private at = 0;

  constructor(candidates: readonly Candidate[]) {
    this.left = candidates;
    this.rounds = Math.max(2, Math.ceil(ATTEMPTS / candidates.length));
  }

  get current(): Candidate {
    return this.left[this.at];
  }

  /** Whether another model is left in this round. */
  get another(): boolean {
    return this.at + 1 < this.left.length;
  }

  /** Goes on to the next, which may be asked at once or after a pause; undefined where none is left. */
  next(failure: PassingFailure): 'at once' | 'after a pause' | undefined {
    if (failure === 'tooLong') this.left = this.left.filter((candidate) => candidate !== this.current);
    else this.at++;
    if (this.at < this.left.length) return 'at once';
    this.at = 0;
    this.round++;
    return this.left.length > 0 && this.round < this.rounds ? 'after a pause' : undefined;
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
    time.end();
    void events.return?.()?.catch(() => undefined);
  }
  return answer.usage;
}

/** The reader has read enough. */
class Stopped extends Error {}

/** The model has said nothing for longer than another may be kept waiting. */
class Late extends Error {}

/** Waits for a promise, but no longer than the limits allow: a model that says nothing any more does not hold up the end. */
class Time {
  private reject?: (reason: Error) => void;
  private readonly heard = () => this.giveUp();

  constructor(private readonly limits: Limits) {
    for (const signal of [limits.signal, limits.stop]) signal?.addEventListener('abort', this.heard);
  }

  /** Signals outlast what is waited for under them, and keep whoever listens. */
  end(): void {
    for (const signal of [this.limits.signal, this.limits.stop]) signal?.removeEventListener('abort', this.heard);
  }

  left<T>(promise: Promise<T>): Promise<T> {
    const { signal, stop } = this.limits;
    return new Promise<T>((resolve, reject) => {
      this.reject = reject;
      if (signal.aborted || stop?.aborted) this.giveUp();
      promise.then(resolve, reject);
    });
  }

  giveUp(reason?: Error): void {
    this.reject?.(this.limits.signal.aborted ? new Error('time is up') : this.limits.stop?.aborted ? new Stopped() : reason ?? new Stopped());
  }
}

function passing(error: unknown): PassingFailure | undefined {
  if (error instanceof Late) return 'late';
  if (error instanceof BadRequest && error.code === 'context_length_exceeded') return 'tooLong';
  return error instanceof ModelFailure && error.kind !== 'refused' ? error.kind : undefined;
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
