import type { GenerationEvent } from './generation';
import { openAiUsage, type Spending } from './usage';
import { CHAT_METRICS, ROUTING_METRICS } from '../../lib/contract/chat';
import { GROUP_METRICS } from '../../lib/contract/chat-groups';
import { QUOTA_METRICS } from '../../lib/contract/chat-quotas';
import type { ModelFacts } from '../../lib/contract/model';
import { ApiError, QuotaExceeded } from '../kit/http';
import type { MetricSubject, MetricValues } from '../kit/metrics';
import type { Clock } from '../ports/clock';
import type { TokenUsage } from '../ports/model';

/** The metrics that are times; all others are counts. */
export const CHAT_DURATIONS = [CHAT_METRICS.timeToFirstToken, CHAT_METRICS.turnDuration];

type Values = Record<string, number | undefined>;

/** What of a turn is about something in particular: a model, the choice of one, or a group of callers. */
export interface Measured {
  readonly about?: MetricSubject;
  readonly values: Readonly<Values>;
  /** Present where the values were counted before, and are counted once more for what they are about. */
  readonly again?: true;
}

/** By what turns are told apart. */
export interface TellingApart {
  /** Whether there are several models. */
  readonly routed: boolean;
  /** The caller's group; absent where turns are not counted by group. */
  readonly group?: string;
}

/** What a turn says of itself to those who run the API. None of it is anybody's words. */
export class TurnReport {
  private readonly values: Values = {
    [CHAT_METRICS.turns]: 0,
    [CHAT_METRICS.errors]: 0,
    [CHAT_METRICS.throttles]: 0,
    [CHAT_METRICS.guardrailBlocks]: 0,
  };
  /** What concerns models other than the one that answers: calls in vain, and tokens beside the answer. */
  private readonly others = new Map<string, Values>();
  private readonly pending: Promise<unknown>[] = [];
  private answering?: { readonly model: string; readonly route?: string };
  private silent = true;

  constructor(private readonly startedAt: number, private readonly clock: Clock, private readonly apart: TellingApart) {}

  /** Called for every event, before the client hears of it. */
  note(event: GenerationEvent | { readonly type: 'begin' | 'retold' }): void {
    switch (event.type) {
      case 'begin':
      case 'retold':
        return;
      case 'model':
        this.answering = { model: event.name, route: event.route };
        return;
      case 'retry':
        if (event.reason === 'throttled') this.add(event.model, CHAT_METRICS.throttles, 1);
        if (event.fallback !== undefined) this.add(event.model, ROUTING_METRICS.fallbacks, 1);
        return;
      case 'spent':
        this.pending.push(event.tokens.then((tokens) => tokens && this.addSpending({ facts: event.facts, tokens })));
        return;
    }
    if (this.silent) this.values[CHAT_METRICS.timeToFirstToken] = this.clock.now() - this.startedAt;
    this.silent = false;
    if (event.type !== 'finish') return;
    this.count(CHAT_METRICS.turns);
    if (event.reason === 'content_filter') this.count(CHAT_METRICS.guardrailBlocks);
    this.spent(event.facts, event.tokens);
  }

  /** What the model took that answers. */
  spent(facts: ModelFacts, tokens: TokenUsage | undefined): void {
    const usage = tokens && openAiUsage(tokens, facts.prices);
    this.values[CHAT_METRICS.inputTokens] = usage?.prompt_tokens;
    this.values[CHAT_METRICS.outputTokens] = usage?.completion_tokens;
    this.values[CHAT_METRICS.cacheReadTokens] = usage?.prompt_tokens_details.cached_tokens;
    this.values[CHAT_METRICS.cost] = usage?.cost;
  }

  count(metric: string): void {
    this.values[metric] = (this.values[metric] ?? 0) + 1;
  }

  /** Adds what the turn measured besides. */
  measure(values: MetricValues): void {
    Object.assign(this.values, sum(this.values, values));
  }

  /** A request that was refused is not an error of the API. */
  fail(error: unknown): void {
    const status = error instanceof ApiError ? error.status : 500;
    if (status >= 500) this.count(CHAT_METRICS.errors);
    if (error instanceof QuotaExceeded) this.count(QUOTA_METRICS.quotaRefusals);
    else if (status === 429) this.count(CHAT_METRICS.throttles);
  }

  /** Called once the client has heard all; what was spent may become known later. */
  end(): void {
    this.values[CHAT_METRICS.turnDuration] = this.clock.now() - this.startedAt;
  }

  /** Present where some of what was spent is not known yet. */
  get settling(): Promise<unknown> | undefined {
    return this.pending.length > 0 ? Promise.all(this.pending) : undefined;
  }

  /** The turn as metrics. */
  get measured(): readonly Measured[] {
    const { group } = this.apart;
    if (group === undefined) return this.byModel;
    const values = Object.fromEntries(GROUP_METRICS.map((name) => [name, this.all[name]]));
    return [...this.byModel, { about: { Group: group }, values, again: true }];
  }

  private get byModel(): readonly Measured[] {
    if (!this.apart.routed) return [{ values: this.all }];
    const { model, route } = this.answering ?? {};
    const others = [...this.others].filter(([name]) => name !== model).map(([name, values]): Measured => ({ about: { Model: name }, values }));
    const all = sum(this.values, { [ROUTING_METRICS.fallbacks]: 0 });
    if (model === undefined || route === undefined) return [{ values: all }, ...others];
    const own = sum(all, this.others.get(model) ?? {});
    return [{ about: { Model: model }, values: own }, { about: { Route: route }, values: { [ROUTING_METRICS.decisions]: 1 } }, ...others];
  }

  /** The turn as the log tells it, all models together. */
  get all(): Readonly<Values> {
    return [...this.others.values()].reduce<Values>(sum, { ...this.values });
  }

  private add(model: string, metric: string, value: number | undefined): void {
    const values = this.others.get(model) ?? {};
    this.others.set(model, sum(values, { [metric]: value }));
  }

  private addSpending({ facts, tokens }: Spending): void {
    const usage = openAiUsage(tokens, facts.prices);
    this.add(facts.name, CHAT_METRICS.inputTokens, usage.prompt_tokens);
    this.add(facts.name, CHAT_METRICS.outputTokens, usage.completion_tokens);
    this.add(facts.name, CHAT_METRICS.cacheReadTokens, usage.prompt_tokens_details.cached_tokens);
    this.add(facts.name, CHAT_METRICS.cost, usage.cost);
  }
}

function sum(one: Readonly<Values>, other: Readonly<Values>): Values {
  const total = { ...one };
  for (const [name, value] of Object.entries(other)) if (value !== undefined) total[name] = (total[name] ?? 0) + value;
  return total;
}
