import * as v from 'valibot';
import type { ChatRequest } from './asked';
import { withSameAttachments } from './attachments';
import { parseChatRequest } from './request';
import type { ChatPolicy } from './settings';
import type { Manner } from './told';
import type { TurnContext, TurnEvent } from './turn-terms';
import { CONVERSATION_HEADER } from '../../lib/contract/chat';
import {
  type AfterTurnEvent, type AskedHook, type BeforeTurnAnswer, type BeforeTurnEvent, HOOK_METRICS, HOOK_VERSION, type HookEvent, type HooksPolicy,
  type SentencesEvent, type TextReplacement,
} from '../../lib/contract/chat-hooks';
import type { Generated } from '../generation/generation';
import { turnUsage } from '../generation/usage';
import { ApiError, HookFailed, RefusedByHook, TimedOut, Unexpected } from '../kit/http';
import { HookFailure, type Hooks, isHookFailure } from '../ports/hooks';
import type { TokenUsage } from '../ports/model';

/** An event takes a megabyte; what else is in it needs a little room. */
const EVENT_BYTES = 1_000_000;
/** As long as the text of an error that clients show. */
const REASON_LENGTH = 1_000;
const ADDED_LENGTH = 1_000_000;

const beforeTurnAnswer = v.nullish(v.object({
  refuse: v.optional(v.object({ reason: v.pipe(v.string(), v.minLength(1), v.maxLength(REASON_LENGTH)) })),
  messages: v.optional(v.pipe(v.array(v.looseObject({ role: v.string(), content: v.unknown() })), v.minLength(1))),
  system: v.optional(v.pipe(v.string(), v.maxLength(ADDED_LENGTH))),
  context: v.optional(v.pipe(v.string(), v.maxLength(ADDED_LENGTH))),
}), {});

/** A turn between the hooks of the chat's builder: one is asked before it, another is told after it. */
export class HookedTurn {
  private readonly hooks: HooksPolicy;
  private admitted?: ChatRequest;

  constructor(
    private readonly asked: ChatRequest, private readonly policy: ChatPolicy, private readonly context: TurnContext, private readonly port: Hooks | undefined,
  ) {
    this.hooks = policy.hooks ?? {};
  }

  /** The request as it goes on, or the refusal of the hook in the words that the client reads. */
  async before(): Promise<ChatRequest> {
    const { before } = this.hooks;
    const { asked, context } = this;
    if (!before || !this.port) return this.admitted = asked;
    const event: BeforeTurnEvent = { ...hookEvent('beforeTurn', asked, context), hook: 'beforeTurn', model: this.policy.models.offer.name, messages: asked.messages };
    const request = await this.ask(before, event)
      .then((answer) => this.changed(answer, !before.trusted))
      .catch((error: unknown) => {
        this.failed(before, event, error);
        return asked;
      });
    if (typeof request === 'string') throw new RefusedByHook(request);
    return this.admitted = request;
  }

  /** How the words of the answer are told; undefined tells them as they come. */
  get manner(): Manner | undefined {
    const { sentences } = this.hooks;
    if (!sentences) return this.policy.generation.sentences;
    return { holdMs: sentences.holdMs, change: 'replacements' in sentences ? replacing(sentences.replacements) : (texts) => this.changedBy(sentences, texts) };
  }

  /** The turn, of whose end the hook is told. A turn that was refused before it began has none. */
  around(events: AsyncIterable<TurnEvent>): AsyncIterable<TurnEvent> {
    return this.hooks.after ? this.told(events) : events;
  }

  private async* told(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent, void> {
    try {
      for await (const event of events) {
        if (event.type === 'finish') await this.answered(event);
        yield event;
      }
    } catch (error) {
      const { status, code } = error instanceof ApiError ? error : new Unexpected('');
      // Not waited for: time may be up, and the caller should hear of the failure while there is some left.
      if (this.admitted) this.context.outlast(this.after({ failure: { status, code } }));
      throw error;
    }
  }

  private async changedBy(hook: AskedHook, sentences: readonly string[]): Promise<readonly string[]> {
    if (!this.port) return sentences;
    const event: SentencesEvent = { ...hookEvent('sentences', this.asked, this.context), hook: 'sentences', sentences };
    return this.ask(hook, event).then((answer) => {
      const read = v.safeParse(v.object({ sentences: v.pipe(v.array(v.string()), v.length(sentences.length)) }), answer);
      if (!read.success) throw new HookFailure('answer');
      return read.output.sentences;
    }).catch((error: unknown) => {
      this.failed(hook, event, error);
      return sentences;
    });
  }

  /** What a function answers, while there is time: no hook carries a turn past its end. */
  private async ask({ functionArn, timeoutMs }: AskedHook, event: HookEvent): Promise<unknown> {
    const { signal } = this.context;
    if (signal.aborted) throw timedOut();
    return beforeAbort(this.port!.ask(functionArn, event, timeoutMs, signal), signal, () => new HookFailure('timeout'));
  }

  /** Throws where no turn goes on without the function's answer, or time is up. */
  private failed({ failure }: AskedHook, { hook }: HookEvent, error: unknown): void {
    noteFailure(hook, error, this.context);
    if (this.context.signal.aborted) throw Object.assign(timedOut(), { cause: error });
    if (failure === 'refuse') throw hookFailed(error);
  }

  /** What the hook made of the request; a text is its reason to refuse it. */
  private changed(answer: unknown, guarded: boolean): ChatRequest | string {
    const read = v.safeParse(beforeTurnAnswer, answer);
    if (!read.success) throw new HookFailure('answer');
    const { refuse, messages, system, context }: BeforeTurnAnswer = read.output;
    if (refuse) return refuse.reason;
    const added = system || context ? { system, context, guarded } : undefined;
    return { ...this.asked, ...(messages && { messages: this.rewritten(messages) }), ...(added && { added }) };
  }

  /** Messages of a hook are held to what a client's are. */
  private rewritten(messages: NonNullable<BeforeTurnAnswer['messages']>): ChatRequest['messages'] {
    try {
      const body = JSON.stringify({ messages });
      const read = parseChatRequest({ body, headers: { [CONVERSATION_HEADER]: this.asked.conversationId } }, this.policy.models.offer);
      return withSameAttachments(read, this.asked);
    } catch {
      throw new HookFailure('answer');
    }
  }

  private async answered(finish: Generated): Promise<void> {
    const { message, reason, stopped, facts, asides } = finish;
    const answer = { message, finishReason: reason, stopped: stopped !== undefined };
    const tell = (tokens: TokenUsage | undefined) => this.after({ model: facts.name, answer, ...(tokens && { usage: turnUsage(facts, tokens, asides) }) });
    // What a stopped answer took is known later, and its reader does not wait for it.
    if (stopped) this.context.outlast(stopped.then(tell));
    else await tell(finish.tokens);
  }

  private async after(outcome: Partial<Pick<AfterTurnEvent, 'model' | 'answer' | 'usage' | 'failure'>>): Promise<void> {
    const { after } = this.hooks;
    if (!after || !this.port) return;
    const { messages } = this.admitted ?? this.asked;
    const event: AfterTurnEvent = { ...hookEvent('afterTurn', this.asked, this.context), hook: 'afterTurn', model: this.policy.models.offer.name, messages, ...outcome };
    const told = after.timeoutMs === undefined
      ? this.port.tell(after.functionArn, shortened(event))
      : this.port.ask(after.functionArn, event, after.timeoutMs);
    const { context } = this;
    const noted = told.then(() => undefined, (error: unknown) => noteFailure('afterTurn', error, context));
    context.outlast(noted);
    // When time is up the answer ends without it, and the function has what is left of the process to hear of the turn.
    if (after.timeoutMs !== undefined) await beforeAbort(noted, context.signal, () => undefined);
  }
}

/** What a function is told of any turn. */
export function hookEvent(hook: HookEvent['hook'], { conversationId }: Pick<ChatRequest, 'conversationId'>, { runId, caller, groups }: TurnContext): HookEvent {
  return { version: HOOK_VERSION, hook, turn: runId, ...(conversationId !== undefined && { conversation: conversationId }), caller: { id: caller, groups } };
}

/** A hook that failed is counted and named, and nothing of what it said. */
export function noteFailure(hook: HookEvent['hook'], error: unknown, context: TurnContext): void {
  if (!isHookFailure(error)) throw error;
  context.count(HOOK_METRICS.hookFailures);
  context.note({ [`${hook}Hook`]: error.kind });
}

export function hookFailed(error: unknown): unknown {
  return isHookFailure(error) ? Object.assign(new HookFailed(error.kind === 'timeout'), { cause: error.cause ?? error }) : error;
}

function replacing(replacements: readonly TextReplacement[]): NonNullable<Manner['change']> {
  const rules = replacements.map(({ pattern, replacement, ignoreCase }) => ({ pattern: new RegExp(pattern, ignoreCase ? 'giu' : 'gu'), replacement }));
  return async (sentences) => sentences.map((sentence) => rules.reduce((text, rule) => text.replace(rule.pattern, rule.replacement), sentence));
}

/** Waits for some work, but no longer than a signal allows: what is thrown then, or undefined where that is no failure. */
function beforeAbort<T>(work: Promise<T>, signal: AbortSignal, late: () => Error | undefined): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      const error = late();
      if (error) reject(error);
      else resolve(undefined);
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function timedOut(): TimedOut {
  return new TimedOut('The turn took longer than a request may. Try again.');
}

function shortened(event: AfterTurnEvent): AfterTurnEvent {
  if (Buffer.byteLength(JSON.stringify(event)) <= EVENT_BYTES) return event;
  const { answer } = event;
  return { ...event, messages: [], ...(answer && { answer: { ...answer, message: undefined } }), shortened: true };
}
