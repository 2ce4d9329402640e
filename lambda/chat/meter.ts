import type { Generated, GenerationEvent } from './generation';
import type { CountedPrompt } from './prompt';
import { bucketsOf, type Draw, quotaExceeded, quotaHeaders } from './quotas';
import type { ChatPolicy } from './settings';
import { textTokens } from './tokens';
import type { TurnContext } from './turn';
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
  private said = 0;
  private readonly others: Promise<TokenUsage | undefined>[] = [];
  private finish?: Generated;
  private headers: Readonly<Record<string, string>> = {};

  constructor(
    { quotas }: Pick<ChatPolicy, 'quotas'>, private readonly context: TurnContext, private readonly store: Quotas | undefined, private readonly clock: Clock,
  ) {
    this.buckets = quotas && store ? bucketsOf(quotas, context, clock.now()) : [];
  }

  /** Reserves what the prompt needs and the longest answer; a model that takes over later does so on the same account. */
  async admit(prompt: CountedPrompt): Promise<void> {
    if (this.buckets.length === 0) return;
    // A turn may end while its prompt is still built, and nobody hears of what that comes to.
    if (this.closed) throw new Error('the turn is over');
    await (this.admission ??= this.reserve(prompt));
  }

  around(events: AsyncIterable<GenerationEvent>): AsyncIterable<GenerationEvent> {
    return this.buckets.length === 0 ? events : this.metered(events);
  }

  private async* metered(events: AsyncIterable<GenerationEvent>): AsyncGenerator<GenerationEvent, void> {
    try {
      for await (const event of events) {
        this.follow(event);
        yield event;
      }
    } catch (error) {
      throw error instanceof ApiError ? error.telling(this.headers) : error;
    } finally {
      // Nobody waits for the account but the process.
      this.context.outlast(this.settle());
    }
  }

  private async reserve({ tokens: prompt, maxTokens }: CountedPrompt): Promise<void> {
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
        break;
      case 'toolInput':
        this.said += textTokens(event.json);
        break;
      case 'spent':
        this.others.push(event.tokens);
        break;
      case 'finish':
        this.finish = event;
    }
  }

  private async settle(): Promise<void> {
    this.closed = true;
    await this.admission?.catch(() => undefined);
    if (!this.reserved) return this.returned;
    const { tokens: reserved, prompt } = this.reserved;
    const own = await (this.finish?.stopped ?? Promise.resolve(this.finish?.tokens));
    const others = await Promise.all(this.others);
    const elsewhere = others.reduce((sum, tokens) => sum + (tokens ? total(tokens) : 0), 0);
    // A failed turn that said something was paid for, and nobody says how dearly; one that said nothing is none.
    const failed = this.finish === undefined && this.said === 0;
    const took = elsewhere + (own ? total(own) : failed ? 0 : Math.min(reserved, prompt + this.said));
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
