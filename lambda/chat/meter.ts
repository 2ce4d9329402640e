import { overheard } from './overheard';
import type { CountedPrompt } from './prompt';
import { bucketsOf, type Draw, quotaExceeded, quotaHeaders } from './quotas';
import type { ChatPolicy } from './settings';
import type { TurnContext } from './turn-terms';
import type { GenerationEvent } from '../generation/generation';
import { textTokens } from '../generation/tokens';
import { ApiError } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { TokenUsage } from '../ports/model';
import type { Bucket, Quotas, Taken } from '../ports/quotas';

/**
 * A turn under quotas: the most that it may take is reserved before the model is asked, in every bucket that the caller draws on, and put right
 * when it is known what it took. Turns at the same time share what is left, so together they never take more than there is.
 */
export class Meter {
  private readonly buckets: readonly Bucket[];
  private admission?: Promise<void>;
  private returned?: Promise<void>;
  private closed = false;
  /** What was reserved, and how much of it is the prompt's. */
  private reserved?: { readonly tokens: number; readonly prompt: number };
  /** Tokens of all that models said, by estimate. */
  private said = 0;
  /** Whether the answer that is said last has come to no end. */
  private brokenOff = false;
  /** What each answer took that came to an end; where it did not fit its form there are two. */
  private readonly answers: Promise<TokenUsage | undefined>[] = [];
  private readonly others: Promise<TokenUsage | undefined>[] = [];
  private headers: Readonly<Record<string, string>> = {};

  constructor(
    { quotas }: Pick<ChatPolicy, 'quotas'>, private readonly context: TurnContext, private readonly store: Quotas | undefined, private readonly clock: Clock,
  ) {
    this.buckets = quotas && store ? bucketsOf(quotas, context, clock.now()) : [];
  }

  /** Reserves what the prompt needs and the longest answer; a model that takes over later does so on the same account. */
  async admit(prompt: Pick<CountedPrompt, 'tokens' | 'maxTokens'>): Promise<void> {
    if (this.buckets.length === 0) return;
    // A turn may end while its prompt is still built, and nobody hears of what that comes to.
    if (this.closed) throw new Error('the turn is over');
    await (this.admission ??= this.reserve(prompt));
  }

  /** Listens to models while they answer, before anything of it is held back, changed or left out: all of it is paid for. */
  listen(events: AsyncIterable<GenerationEvent>): AsyncIterable<GenerationEvent> {
    return this.buckets.length === 0 ? events : overheard(events, (event) => this.follow(event));
  }

  /** Adds what was taken behind the answer, once that is known. */
  spent(tokens: Promise<TokenUsage | undefined>): void {
    this.others.push(tokens);
  }

  /** Puts the account right when the turn is over. */
  around(events: AsyncIterable<GenerationEvent>): AsyncIterable<GenerationEvent> {
    return this.buckets.length === 0 ? events : this.metered(events);
  }

  private async* metered(events: AsyncIterable<GenerationEvent>): AsyncGenerator<GenerationEvent, void> {
    try {
      yield* events;
    } catch (error) {
      throw error instanceof ApiError ? error.telling(this.headers) : error;
    } finally {
      // Nobody waits for the account but the process.
      this.context.outlast(this.settle());
    }
  }

  private async reserve({ tokens: prompt, maxTokens }: Pick<CountedPrompt, 'tokens' | 'maxTokens'>): Promise<void> {
    const tokens = prompt + maxTokens;
    const draw = async (bucket: Bucket): Promise<Draw> => ({ bucket, ...await this.store!.reserve(bucket, this.context.runId, tokens) });
    const asked = await Promise.allSettled(this.buckets.map(draw));
    const draws = asked.flatMap((result) => result.status === 'fulfilled' ? result.value : []);
    const broken = asked.find((result) => result.status === 'rejected');
    if (!broken && draws.every(({ granted }) => granted)) {
      this.reserved = { tokens, prompt };
      this.headers = quotaHeaders(draws, this.clock.now());
      return this.context.announce(this.headers);
    }
    // A write whose answer was lost may have been made, and giving back what was not taken changes nothing.
    const given = this.buckets.filter((_, at) => {
      const result = asked[at];
      return result.status === 'rejected' || result.value.granted;
    });
    this.returned = this.put(given, { requests: -1, tokens: -tokens });
    if (broken) throw broken.reason;
    throw quotaExceeded(draws, tokens, this.clock.now());
  }

  private follow(event: GenerationEvent): void {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        this.said += textTokens(event.text);
        this.brokenOff = true;
        break;
      case 'toolInput':
        this.said += textTokens(event.json);
        this.brokenOff = true;
        break;
      case 'spent':
        this.spent(event.tokens);
        break;
      case 'finish':
        this.answers.push(event.stopped ?? Promise.resolve(event.tokens));
        this.brokenOff = false;
    }
  }

  private async settle(): Promise<void> {
    this.closed = true;
    await this.admission?.catch(() => undefined);
    if (!this.reserved) return this.returned;
    const { tokens: reserved, prompt } = this.reserved;
    const answers = await Promise.all(this.answers);
    const others = await Promise.all(this.others);
    // Where nobody says how much it was. What an answer before said is told to the model again with its problems.
    const estimate = Math.min(reserved, prompt + this.said);
    const own = [...answers.map((tokens) => tokens ? total(tokens) : estimate), ...this.brokenOff ? [estimate] : []];
    const took = [...own, ...others.map((tokens) => tokens ? total(tokens) : 0)].reduce((sum, tokens) => sum + tokens, 0);
    // A turn in which no model said anything is none.
    const failed = own.length === 0;
    await this.put(this.buckets, { requests: failed ? -1 : 0, tokens: took - reserved });
  }

  private async put(buckets: readonly Bucket[], change: Taken): Promise<void> {
    const settled = await Promise.allSettled(buckets.map((bucket) => this.store!.settle(bucket, this.context.runId, change)));
    const failures = settled.filter(({ status }) => status === 'rejected').length;
    // What was reserved stays taken until its window ends.
    if (failures > 0) this.context.note({ quotaFailures: failures });
  }
}

function total({ input, output, cacheRead, cacheWrite }: TokenUsage): number {
  return input + output + cacheRead + cacheWrite;
}
