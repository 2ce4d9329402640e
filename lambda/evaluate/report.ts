import { barChart, curve, MEASURE_NAMES, percent } from './report-charts';
import { EVALUATION_MEASURES } from '../../lib/contract/evaluation';
import type { QuestionResult, RunSummary } from '../ports/evaluation-runs';

export interface ReportPast {
  /** The runs before, the newest first. */
  readonly history: readonly RunSummary[];
  /** What came of each question in the last of them, by its id. */
  readonly before: ReadonlyMap<string, QuestionResult>;
}

/** Most rows of each table of the report; all of them stand in the file of questions. */
const MOST_ROWS = 50;
const ANSWER_CHARACTERS = 600;
/** Smaller ones are the judge's mood. */
const WORSE = 0.05;

const STAGE_NAMES = { retrieval: 'Passages looked up', firstToken: 'First word', answer: 'Whole answer', judge: 'Judgement' } as const;

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin-top:2rem}p.verdict{font-size:1.1rem;font-weight:600}.good{color:#116329}.bad{color:#a40e26}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d8dee4}td.number,th.number{text-align:right;white-space:nowrap}
small,.quiet{color:#57606a}svg{max-width:100%;height:auto}details{margin:.3rem 0}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}.good{color:#56d364}.bad{color:#ff7b72}small,.quiet{color:#9aa4ae}svg{background:#fff;border-radius:6px}}`;

/** What a person reads of a run: whether it holds, what got worse, and which questions to look at. A page by itself, with no script and nothing from elsewhere. */
export function reportOf(summary: RunSummary, results: readonly QuestionResult[], past: ReportPast): string {
  const body = [
    `<h1>Evaluation of ${escaped(summary.startedAt.slice(0, 16).replace('T', ' '))} UTC</h1>`,
    `<p class="quiet">Run ${escaped(summary.run)}, configuration ${escaped(summary.deployment)}, ${summary.origin === 'deployment' ? 'asked for by a deployment' : 'asked for by a message or a schedule'}.</p>`,
    verdict(summary),
    '<h2>Measures</h2>', barChart(summary), legend(summary),
    ...past.history.length > 0 ? ['<h2>Runs so far</h2>', curve([...past.history].reverse().concat(summary))] : [],
    ...worse(results, past),
    ...listed('Questions that failed', results.filter(({ failed }) => failed !== undefined), ['Question', 'Why'], ({ failed = '' }) => escaped(failed)),
    ...listed('Not found', results.filter(({ missed }) => missed.length > 0), ['Question', 'What was to be found'], ({ missed }) => missed.map(escaped).join('<br>')),
    ...listed('Said without a source', results.filter(({ unsupported = [] }) => unsupported.length > 0), ['Question', 'What no passage says'], ({ unsupported = [] }) => unsupported.map(escaped).join('<br>')),
    ...listed('Answered although nothing answers it', results.filter(({ answerable, abstained }) => !answerable && abstained === false), ['Question', 'Answer'], answerOf),
    ...listed('Not answered although it can be', results.filter(({ answerable, abstained }) => answerable && abstained === true), ['Question', 'Answer'], answerOf),
    ...listed('Without a judgement', results.filter(({ unjudged }) => unjudged !== undefined), ['Question', 'Why'], ({ unjudged = '' }) => escaped(unjudged)),
    '<h2>Time and cost</h2>', times(summary), costs(summary),
  ];
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Evaluation ${escaped(summary.run)}</title>\n<style>${STYLE}</style></head>\n<body>\n${body.join('\n')}\n</body>\n</html>\n`;
}

function verdict({ passed, thresholds, questions, settled }: RunSummary): string {
  const missed = thresholds.filter(({ met }) => !met);
  const told = passed
    ? '<p class="verdict good">Every threshold is met.</p>'
    : `<p class="verdict bad">${missed.length === 1 ? 'One threshold is' : `${missed.length} thresholds are`} missed: ${missed.map(({ measure, least, value }) => `${MEASURE_NAMES[measure]} ${value === undefined ? 'could not be measured' : percent(value)} (at least ${percent(least)})`).join(', ')}.</p>`;
  const counted = `<p>${questions.all} questions, ${questions.unanswerable} of them without an answer in the documents; ${questions.failed} failed, ${questions.unjudged} are unjudged.</p>`;
  return told + counted + (settled ? '' : '<p class="bad">Documents were not in step with their index when the first question was asked: what is missing may be missing for that.</p>');
}

function legend({ previous }: RunSummary): string {
  return '<p><small>Shares of the best, from 0 to 100. The line is the least that was set'
    + `${previous ? '; the dot is the last run' : ''}. Recall, precision, nDCG and reciprocal rank are of the passages that an answer is given from. `
    + 'Faithfulness (the share of an answer\'s statements that its passages support), relevance (a grade from 1 to 5) and correctness (against the reference) are a model\'s judgement.</small></p>';
}

/** Questions whose figures fell since the last run, the deepest fall first. */
function worse(results: readonly QuestionResult[], { history, before }: ReportPast): string[] {
  if (history.length === 0) return [];
  const fallen = results.flatMap((result) => {
    const last = before.get(result.id);
    const falls = last ? fallsBetween(last, result) : [];
    return falls.length > 0 ? [{ result, falls, deepest: Math.max(...falls.map(({ by }) => by)) }] : [];
  }).sort((one, other) => other.deepest - one.deepest);
  const rows = fallen.slice(0, MOST_ROWS).map(({ result, falls }) => row([escaped(result.question), falls.map(({ told }) => told).join('<br>')]));
  return ['<h2>Worse than in the last run</h2>', rows.length === 0 ? '<p class="good">No question.</p>' : table(['Question', 'What fell'], rows, fallen.length)];
}

function fallsBetween(last: QuestionResult, now: QuestionResult): { readonly by: number; readonly told: string }[] {
  if (now.failed !== undefined) return last.failed === undefined ? [{ by: 1, told: `failed: ${escaped(now.failed)}` }] : [];
  const figures = EVALUATION_MEASURES.flatMap((measure) => {
    const [one, other] = [last.figures, now.figures].map((each) => (each as Readonly<Record<string, number | undefined>>)[measure]);
    return one !== undefined && other !== undefined && one - other > WORSE ? [{ by: one - other, told: `${MEASURE_NAMES[measure]} ${percent(one)} → ${percent(other)}` }] : [];
  });
  const silent = now.answerable && last.abstained === false && now.abstained === true ? [{ by: 1, told: 'answered → not answered' }] : [];
  const loud = !now.answerable && last.abstained === true && now.abstained === false ? [{ by: 1, told: 'not answered → answered, although nothing answers it' }] : [];
  return [...figures, ...silent, ...loud];
}

function listed(title: string, results: readonly QuestionResult[], heads: readonly string[], told: (result: QuestionResult) => string): string[] {
  if (results.length === 0) return [];
  const rows = results.slice(0, MOST_ROWS).map((result) => row([`${escaped(result.question || result.id)}<br><small>${escaped(result.id)}</small>`, told(result)]));
  return [`<h2>${title}</h2>`, table(heads, rows, results.length)];
}

function answerOf({ answer = '' }: QuestionResult): string {
  return escaped(answer.length > ANSWER_CHARACTERS ? `${answer.slice(0, ANSWER_CHARACTERS)}…` : answer);
}

function times({ milliseconds }: RunSummary): string {
  const rows = Object.entries(STAGE_NAMES).flatMap(([stage, name]) => {
    const found = milliseconds[stage as keyof typeof STAGE_NAMES];
    return found ? [`<tr><td>${name}</td><td class="number">${found.p50} ms</td><td class="number">${found.p95} ms</td></tr>`] : [];
  });
  return `<table><tr><th>Until</th><th class="number">Half are faster</th><th class="number">95 of 100 are faster</th></tr>${rows.join('')}</table>`;
}

function costs({ tokens, cost }: RunSummary): string {
  const { input, output, judgeInput, judgeOutput } = tokens;
  return `<p>Answers took ${input} tokens in and ${output} out, judgements ${judgeInput} in and ${judgeOutput} out: ${cost === undefined ? 'what they cost is not known' : `${cost.toFixed(cost < 0.01 ? 6 : 2)} US dollars`}.</p>`;
}

function table(heads: readonly string[], rows: readonly string[], all: number): string {
  const rest = all > rows.length ? `<p class="quiet">And ${all - rows.length} more, in questions.jsonl.</p>` : '';
  return `<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table>${rest}`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

/** Questions, answers and names are anybody's words. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]);
}
