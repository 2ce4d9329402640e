import { ANSWER_CACHE_METRICS } from '../../lib/contract/answer-cache';
import { CHAT_METRICS } from '../../lib/contract/chat';
import { RETRIEVAL_METRICS } from '../../lib/contract/knowledge';
import { TurnReport } from '../generation/turn-report';
import type { Log, LogFields } from '../kit/log';
import type { MetricValues, PublishMetrics } from '../kit/metrics';
import { type Answered, FailedRetrieval, type QueryEvent } from '../knowledge/query';
import { failedRetrieval, questionMetrics, questionNotes, retrievalMetrics, retrievalNotes } from '../knowledge/report';
import type { Retrieved } from '../knowledge/retrieval';
import type { Clock } from '../ports/clock';
import type { Finding } from '../ports/model';

/** Those who hear how an API does: metrics of answers, by model too; metrics of retrieval; and a log for what must not happen. */
export interface Watchers {
  readonly answers: PublishMetrics;
  readonly retrieval: PublishMetrics;
  readonly log: Log;
}

/** What another tenant owns was found and left out: a filter did not hold, or a document is described wrongly. */
export function tellForeign(log: Log, requestId: string, knowledgeBase: string, { foreign }: Retrieved): void {
  if (foreign > 0) log.error('passages of another tenant were found, and left out', { requestId, knowledgeBase, passages: foreign });
}

/** What one answer says of itself to those who run the API. */
export class QueryReport {
  private readonly turn: TurnReport;
  private retrieval?: MetricValues;
  private fields: LogFields = {};

  constructor(startedAt: number, clock: Clock, routed: boolean) {
    this.turn = new TurnReport(startedAt, clock, { routed });
  }

  saw(event: QueryEvent): void {
    switch (event.type) {
      case 'recalled':
        this.retrieval = { ...this.retrieval, [ANSWER_CACHE_METRICS.hits]: event.hit ? 1 : 0, [ANSWER_CACHE_METRICS.misses]: event.hit ? 0 : 1 };
        return this.note({ answerCache: event.hit ? 'hit' : event.failed ? 'failed' : 'miss', ...(event.hit && { answerAge: event.hit.age }) });
      case 'retrieved':
        this.retrieval = { ...this.retrieval, ...retrievalMetrics(event.found, event.milliseconds), ...questionMetrics(event.asked) };
        if (event.asked.calls?.failed) this.note({ plainQuestion: true });
        return this.note({ ...retrievalNotes(event.found, event.milliseconds), ...questionNotes(event.asked) });
      case 'model':
        this.turn.note(event);
        return this.note({ model: event.name, modelRoute: event.route });
      case 'text':
      case 'retry':
      case 'spent':
        return this.turn.note(event);
      case 'finish':
        return this.finished(event);
    }
  }

  failed(error: unknown): void {
    if (error instanceof FailedRetrieval) this.retrieval = failedRetrieval(error.reason);
    this.turn.fail(error instanceof FailedRetrieval ? error.reason : error);
  }

  /** Called once the client has heard all. What was spent may become known later, and is waited for. */
  ended(outlast: (work: Promise<unknown>) => void, note: (fields: LogFields) => void, { answers, retrieval }: Watchers): void {
    this.turn.end();
    const settled = () => {
      for (const { about, values, again } of this.turn.measured) answers(values, about, again);
      if (this.retrieval) retrieval(this.retrieval);
      note({ ...this.fields, ...this.turn.all });
    };
    if (!this.turn.settling) return settled();
    outlast(this.turn.settling.then(settled));
  }

  private finished({ reason, grounded, citations, uncited: sentences, generated, age }: Answered): void {
    const uncited = generated !== undefined && !grounded && reason !== 'content_filter';
    const claims = { [RETRIEVAL_METRICS.uncitedAnswers]: uncited ? 1 : 0, [RETRIEVAL_METRICS.uncitedClaims]: sentences.length };
    // What is told again was counted when it was told first.
    this.retrieval = { ...this.retrieval, ...(age === undefined && claims) };
    if (generated) this.turn.note(generated);
    else this.turn.count(CHAT_METRICS.turns);
    const { findings } = generated ?? {};
    this.note({ finishReason: reason, grounded, citations: citations.length, uncited: sentences.length, ...(findings && { guardrail: findings.map(inWords).join('; ') }) });
  }

  private note(fields: LogFields): void {
    this.fields = { ...this.fields, ...fields };
  }
}

/** For audits: `input content PROMPT_ATTACK BLOCKED HIGH`. */
function inWords({ on, policy, kind, action, confidence }: Finding): string {
  return [on, policy, kind, action, confidence].filter((word) => word !== undefined).join(' ');
}
