import { NOTABLE } from './report-measures';
import { change, counted, escaped, MEASURE_NAMES, minute, percent } from './report-words';
import { EVALUATION_MEASURES } from '../../lib/contract/evaluation';
import type { QuestionResult, RunSummary } from '../ports/evaluation-runs';

export interface ReportPast {
  /** The runs before, the newest first. */
  readonly history: readonly RunSummary[];
  /** What came of each question in the last of them, by its id. */
  readonly before: ReadonlyMap<string, QuestionResult>;
}

/** A question whose figures fell since the last run. */
export interface Fallen {
  readonly result: QuestionResult;
  /** What fell, as markup. */
  readonly told: readonly string[];
  readonly deepest: number;
}

/** The deepest fall first. */
export function fallenSince(results: readonly QuestionResult[], { before }: ReportPast): readonly Fallen[] {
  return results.flatMap((result) => {
    const falls = fallsBetween(before.get(result.id), result);
    return falls.length > 0 ? [{ result, told: falls.map(({ told }) => told), deepest: Math.max(...falls.map(({ by }) => by)) }] : [];
  }).sort((one, other) => other.deepest - one.deepest);
}

/** What is otherwise than it was, in a sentence or two. */
export function changes({ deployment, measures, previous }: RunSummary, results: readonly QuestionResult[], past: ReportPast, worse: number): string {
  const { history: [last], before } = past;
  if (!last) return '<p>This is the first run: there is none to compare it with.</p>';
  const falls = (one?: QuestionResult, other?: QuestionResult) => fallsBetween(one, other).length > 0;
  const better = results.filter((result) => !falls(before.get(result.id), result) && falls(result, before.get(result.id))).length;
  const fresh = results.filter(({ id }) => !before.has(id)).length;
  const most = EVALUATION_MEASURES.flatMap((measure) => {
    const [now, then] = [measures[measure], previous?.measures[measure]];
    return now !== undefined && then !== undefined && then - now > NOTABLE ? [{ measure, by: now - then }] : [];
  }).sort((one, other) => one.by - other.by);
  const by = last.deployment === deployment ? 'the same configuration' : `another configuration (${escaped(last.deployment)})`;
  const counts = `<b${worse > 0 ? ' class="bad"' : ''}>${counted(worse, 'question is', 'questions are')} worse</b>, ${better} better${fresh > 0 ? `, ${fresh} new` : ''}.`;
  const deepest = most.slice(0, 3).map(({ measure, by: fall }) => `${MEASURE_NAMES[measure]} ${change(fall)}`).join(', ');
  return `<p>Since the last run, of ${minute(last.startedAt)}, by ${by}: ${counts} ${deepest === '' ? `No measure fell by more than ${percent(NOTABLE)}.` : `What fell most: ${deepest}.`}</p>`;
}

function fallsBetween(last: QuestionResult | undefined, now: QuestionResult | undefined): { readonly by: number; readonly told: string }[] {
  if (!last || !now) return [];
  if (now.failed !== undefined) return last.failed === undefined ? [{ by: 1, told: `failed: ${escaped(now.failed)}` }] : [];
  const figures = EVALUATION_MEASURES.flatMap((measure) => {
    const [one, other] = [last.figures, now.figures].map((each) => (each as Readonly<Record<string, number | undefined>>)[measure]);
    return one !== undefined && other !== undefined && one - other > NOTABLE ? [{ by: one - other, told: `${MEASURE_NAMES[measure]} ${percent(one)} → ${percent(other)}` }] : [];
  });
  const silent = now.answerable && last.abstained === false && now.abstained === true ? [{ by: 1, told: 'answered → not answered' }] : [];
  const loud = !now.answerable && last.abstained === true && now.abstained === false ? [{ by: 1, told: 'not answered → answered, although nothing answers it' }] : [];
  return [...figures, ...silent, ...loud];
}
