import type { Bucket, Quotas, Taken } from '../../../lambda/ports/quotas';

/** Counters in memory, held to the same tests as those in DynamoDB. */
export class MemoryQuotas implements Quotas {
  readonly counters = new Map<string, { requests: number; tokens: number; readonly turns: Set<string> }>();

  async reserve(bucket: Bucket, turn: string, tokens: number) {
    const counter = this.counterOf(bucket);
    const { limit } = bucket;
    const fits = (limit.requests === undefined || counter.requests < limit.requests) && (limit.tokens === undefined || counter.tokens + tokens <= limit.tokens);
    const known = counter.turns.has(turn);
    if (fits && !known) {
      counter.turns.add(turn);
      counter.requests++;
      counter.tokens += tokens;
    }
    return { granted: known || fits, taken: { requests: counter.requests, tokens: counter.tokens } };
  }

  async settle(bucket: Bucket, turn: string, { requests, tokens }: Taken) {
    const counter = this.counterOf(bucket);
    if (!counter.turns.delete(turn)) return;
    counter.requests += requests;
    counter.tokens += tokens;
  }

  /** What is taken, by bucket. */
  get taken(): Record<string, Taken> {
    return Object.fromEntries([...this.counters].map(([name, { requests, tokens }]) => [name, { requests, tokens }]));
  }

  private counterOf({ kind, name, limit }: Bucket) {
    const key = `${kind} ${name} ${limit.windowSeconds}`;
    const counter = this.counters.get(key) ?? { requests: 0, tokens: 0, turns: new Set<string>() };
    this.counters.set(key, counter);
    return counter;
  }
}
