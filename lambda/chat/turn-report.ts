import type { TurnEvent } from './turn';
import type { Usage } from './usage';
import { CHAT_METRICS } from '../../lib/contract/chat';
import { ApiError } from '../kit/http';
import type { Clock } from '../ports/clock';

/** The metrics that are times; all others are counts. */
export const CHAT_DURATIONS = [CHAT_METRICS.timeToFirstToken, CHAT_METRICS.turnDuration];

/** What a turn says of itself to those who run the API. None of it is anybody's words. */
export class TurnReport {
  private readonly values: Record<string, number | undefined> = {
    [CHAT_METRICS.turns]: 0,
    [CHAT_METRICS.errors]: 0,
    [CHAT_METRICS.throttles]: 0,
    [CHAT_METRICS.guardrailBlocks]: 0,
  };
  private silent = true;

  constructor(private readonly startedAt: number, private readonly clock: Clock) {}

  /** Called for every event, before the client hears of it. */
  note(event: TurnEvent, usage?: Usage): void {
    if (event.type === 'begin' || event.type === 'spent' || event.type === 'model' || event.type === 'retold') return;
    if (event.type === 'retry') {
      if (event.reason === 'throttled') this.count(CHAT_METRICS.throttles);
      return;
    }
    if (this.silent) this.values[CHAT_METRICS.timeToFirstToken] = this.clock.now() - this.startedAt;
    this.silent = false;
    if (event.type !== 'finish') return;
    this.count(CHAT_METRICS.turns);
    if (event.reason === 'content_filter') this.count(CHAT_METRICS.guardrailBlocks);
    this.spent(usage);
  }

  spent(usage: Usage | undefined): void {
    this.values[CHAT_METRICS.inputTokens] = usage?.prompt_tokens;
    this.values[CHAT_METRICS.outputTokens] = usage?.completion_tokens;
    this.values[CHAT_METRICS.cacheReadTokens] = usage?.prompt_tokens_details.cached_tokens;
    this.values[CHAT_METRICS.cost] = usage?.cost;
  }

  count(metric: string): void {
    this.values[metric] = (this.values[metric] ?? 0) + 1;
  }

  /** A request that was refused is not an error of the API. */
  fail(error: unknown): void {
    const status = error instanceof ApiError ? error.status : 500;
    if (status >= 500) this.count(CHAT_METRICS.errors);
    if (status === 429) this.count(CHAT_METRICS.throttles);
  }

  /** Called once the client has heard all; what was spent may become known later. */
  end(): void {
    this.values[CHAT_METRICS.turnDuration] = this.clock.now() - this.startedAt;
  }

  get all(): Readonly<Record<string, number | undefined>> {
    return { ...this.values };
  }

}
