import { DOCUMENT_METRICS } from '../../lib/contract/document-index';
import type { MetricValues } from '../kit/metrics';
import type { ContextSpending } from '../ports/context-lines';

/** What lines of context took, as it is counted. */
export function contextMetrics({ lines, without, inputTokens, outputTokens, cost }: ContextSpending): MetricValues {
  return {
    [DOCUMENT_METRICS.contextLines]: lines,
    [DOCUMENT_METRICS.chunksWithoutContext]: without === 0 ? undefined : without,
    [DOCUMENT_METRICS.contextInputTokens]: inputTokens,
    [DOCUMENT_METRICS.contextOutputTokens]: outputTokens,
    [DOCUMENT_METRICS.contextCost]: cost,
  };
}
