import type { Asked } from './asked';
import type { Retrieved } from './retrieval';
import { RETRIEVAL_METRICS } from '../../lib/contract/knowledge';
import { REWRITE_METRICS } from '../../lib/contract/questions';
import { ApiError } from '../kit/http';
import type { LogFields } from '../kit/log';
import type { MetricValues } from '../kit/metrics';

/** The metrics of retrieval that are times. */
export const RETRIEVAL_DURATIONS = [RETRIEVAL_METRICS.retrievalDuration, REWRITE_METRICS.rewriteDuration];

/** One look at the documents as metrics. */
export function retrievalMetrics(found: Retrieved, milliseconds: number): MetricValues {
  return {
    [RETRIEVAL_METRICS.retrievals]: 1,
    [RETRIEVAL_METRICS.emptyRetrievals]: found.passages.length === 0 ? 1 : 0,
    [RETRIEVAL_METRICS.retrievalErrors]: 0,
    [RETRIEVAL_METRICS.retrievalDuration]: milliseconds,
    [RETRIEVAL_METRICS.topScore]: found.topScore === undefined ? undefined : Math.round(found.topScore * 100),
    [RETRIEVAL_METRICS.foreignPassages]: found.foreign,
    ...(found.diagnosis.reranks > 0 && { [RETRIEVAL_METRICS.rerankFallbacks]: found.diagnosis.unranked.length }),
  };
}

/** What a request says of what was found; nothing of what is written in it. */
export function retrievalNotes({ passages, topScore, foreign, diagnosis: { unranked: [unranked] } }: Retrieved, milliseconds: number): LogFields {
  return {
    passages: passages.length,
    topScore,
    retrievalMs: milliseconds,
    ...(foreign > 0 && { foreignPassages: foreign }),
    ...(unranked && { notReranked: unranked.why }),
  };
}

/** What models were asked before the search as metrics; nothing where none was. */
export function questionMetrics({ calls }: Asked): MetricValues {
  if (!calls) return {};
  return {
    [REWRITE_METRICS.rewrites]: calls.all,
    [REWRITE_METRICS.rewritesFailed]: calls.failed,
    [REWRITE_METRICS.rewriteDuration]: calls.milliseconds,
  };
}

/** What a request says of what was looked up; nothing of what is written in it. */
export function questionNotes({ questions, searches, calls }: Asked): Readonly<Record<string, number>> {
  const several = searches.length !== questions.length && { searches: searches.length };
  return { questions: questions.length, ...several, ...(calls && { rewriteMs: calls.milliseconds }) };
}

export function failedRetrieval(error: unknown): MetricValues {
  const failed = error instanceof ApiError && error.status < 500 ? 0 : 1;
  return { [RETRIEVAL_METRICS.retrievals]: 1, [RETRIEVAL_METRICS.retrievalErrors]: failed };
}
