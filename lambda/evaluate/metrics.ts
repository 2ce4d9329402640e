import { EVALUATION_MEASURES, EVALUATION_METRICS } from '../../lib/contract/evaluation';
import type { MetricValues } from '../kit/metrics';
import type { RunSummary } from '../ports/evaluation-runs';

/** What a run came to, as metrics. */
export function metricsOf({ measures, cost, previous }: RunSummary): MetricValues {
  return {
    ...Object.fromEntries(EVALUATION_MEASURES.map((measure) => [EVALUATION_METRICS[measure], measures[measure]])),
    [EVALUATION_METRICS.runs]: 1,
    [EVALUATION_METRICS.brokenRuns]: 0,
    [EVALUATION_METRICS.cost]: cost,
    [EVALUATION_METRICS.drop]: previous?.drop,
  };
}
