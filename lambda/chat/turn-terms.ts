import type { MessageIds, TurnIdentity } from './encoder';
import type { Telling } from './turn-log';
import type { FinishReason } from '../generation/answer';
import type { Generated, GenerationEvent } from '../generation/generation';
import type { Asker } from '../generation/routing/models';
import type { MetricValues } from '../kit/metrics';
import type { AssistantMessage } from '../ports/conversations';

/** Who asks, and how much time there is. */
export interface TurnContext extends Asker {
  /** Unlike any other's; a request's id is its caller's to choose. */
  readonly runId: string;
  readonly groups: readonly string[];
  readonly until: number;
  readonly signal: AbortSignal;
  /** Aborted when nobody reads the answer any more: a turn goes on all the same, and one that is told again does not. */
  readonly away?: AbortSignal;
  readonly telling: Telling;
  outlast(work: Promise<unknown>): void;
  note(fields: Readonly<Record<string, string | number>>): void;
  /** Adds one to a metric. */
  count(metric: string): void;
  /** Adds to metrics. */
  measure(values: MetricValues): void;
  /** What the proof of who asks says of them besides. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Adds headers to the answer, as long as it has not begun. */
  announce(headers: Readonly<Record<string, string>>): void;
}

/** A turn of a conversation says first what it is called in its log; what it says from there on can be read again. */
export type TurnEvent = Exclude<GenerationEvent, Generated> | TurnBegin | (Generated & { readonly ids?: MessageIds }) | Retold;

export interface TurnBegin extends TurnIdentity {
  readonly type: 'begin';
  /** In a turn that was taken before: how it was told then, as far as that is known. Nothing is spent on it. */
  readonly told?: Partial<Telling>;
}

/** The end of a turn that was taken before. */
export interface Retold {
  readonly type: 'retold';
  readonly reason: FinishReason;
  readonly message: AssistantMessage;
  readonly stopped: boolean;
  readonly usage?: object;
  readonly ids?: MessageIds;
}
