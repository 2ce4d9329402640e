import { changes, type Fallen, fallenSince, type ReportPast } from './report-changes';
import { measuresTable } from './report-measures';
import { STYLE } from './report-style';
import { counted, escaped, MEASURE_NAMES, minute, percent } from './report-words';
import type { QuestionResult, RunSummary } from '../ports/evaluation-runs';

/** Most rows of each table of the report; all of them stand in the file of questions. */
const MOST_ROWS = 50;
const MOST_FOUND = 5;
const ANSWER_CHARACTERS = 600;

const STAGE_NAMES = { retrieval: 'Passages looked up', firstToken: 'First word', answer: 'Whole answer', judge: 'Judgement' } as const;

/** What a person reads of a run: whether it holds, what got worse, and which questions to look at. A page by itself, with no script and nothing from elsewhere. */
export function reportOf(summary: RunSummary, results: readonly QuestionResult[], past: ReportPast): string {
  const fallen = fallenSince(results, past);
  const lists = [fallenList(fallen), ...KINDS.map((kind) => listOf(kind, results))].filter(({ rows }) => rows.length > 0);
  const body = [
    `<h1>Evaluation of ${minute(summary.startedAt)}</h1>`,
    verdict(summary, changes(summary, results, past, fallen.length)),
    lists.length === 0 ? '' : `<nav aria-label="Questions to look at"><ul class="look">${lists.map(({ id, title, count }) => `<li><a href="#${id}">${title}: <b>${count}</b></a></li>`).join('')}</ul></nav>`,
    '<h2>Measures</h2>', measuresTable(summary, [...past.history].reverse()), legend(summary),
    ...lists.map(section),
    '<h2>Time and cost</h2>', times(summary), costs(summary),
    `<p class="quiet">Run ${escaped(summary.run)}, configuration ${escaped(summary.deployment)}, asked for by ${summary.origin === 'deployment' ? 'a deployment' : 'a message or a schedule'}.</p>`,
  ];
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${summary.passed ? '✓' : '✗'} Evaluation of ${minute(summary.startedAt)}</title>\n<style>${STYLE}</style></head>\n<body>\n${body.join('\n')}\n</body>\n</html>\n`;
}

function verdict({ passed, thresholds, questions, settled, origin, previous }: RunSummary, changed: string): string {
  const missed = thresholds.filter(({ met }) => !met);
  const outcome = passed ? `Passed: ${thresholds.length === 1 ? 'the threshold is' : `all ${thresholds.length} thresholds are`} met`
    : `Failed: ${missed.length} of ${counted(thresholds.length, 'threshold')} ${missed.length === 1 ? 'is' : 'are'} missed`;
  const each = missed.map(({ measure, least, value }) => {
    const last = previous?.measures[measure];
    const now = value === undefined ? 'could not be measured' : `is ${percent(value)}`;
    return `<li><b>${MEASURE_NAMES[measure]}</b> ${now}, and must be at least ${percent(least)}${last === undefined ? '' : `; it was ${percent(last)} in the last run`}.</li>`;
  });
  const { all, failed, unjudged, unanswerable } = questions;
  return [
    `<section class="verdict${passed ? '' : ' failed'}"><h2 class="${passed ? 'good' : 'bad'}">${passed ? '✓' : '✗'} ${outcome}</h2>`,
    each.length === 0 ? '' : `<ul>${each.join('')}</ul>`,
    passed || origin !== 'deployment' ? '' : '<p><b>The deployment that waited for this run was refused.</b></p>',
    settled ? '' : '<p class="bad">Documents were not in step with their index when the first question was asked: what is missing may be missing for that.</p>',
    changed,
    `<p>${counted(all, 'question')}, ${unanswerable} of them without an answer in the documents; ${failed} failed, ${unjudged} without a judgement.</p></section>`,
  ].join('');
}

function legend({ previous }: RunSummary): string {
  return `<p><small>Shares of the best, from 0 to 100; grey where no threshold is set. The upright line is the least that was set${previous ? ', the dot the last run' : ''}. `
    + 'Recall, precision, nDCG and reciprocal rank are of the passages that an answer is given from. Faithfulness (the share of an answer\'s statements that its passages support), '
    + 'relevance (a grade from 1 to 5) and correctness (against the reference) are a model\'s judgement.</small></p>';
}

/** Questions to look at, of one kind. */
interface List {
  readonly id: string;
  readonly title: string;
  /** What stands beside each question. */
  readonly head: string;
  readonly rows: readonly string[];
  readonly count: number;
}

interface Kind extends Pick<List, 'id' | 'title' | 'head'> {
  readonly holds: (result: QuestionResult) => boolean;
  /** As markup. */
  readonly tell: (result: QuestionResult) => string;
}

const KINDS: readonly Kind[] = [
  { id: 'failed', title: 'Failed', head: 'Why', holds: ({ failed }) => failed !== undefined, tell: ({ failed = '' }) => escaped(failed) },
  { id: 'not-found', title: 'Not found', head: 'What was to be found', holds: ({ missed }) => missed.length > 0, tell: missedOf },
  {
    id: 'without-source', title: 'Said without a source', head: 'What no passage says', holds: ({ unsupported = [] }) => unsupported.length > 0, tell: ({ unsupported = [] }) => unsupported.map(escaped).join('<br>'),
  },
  { id: 'answered', title: 'Answered although nothing answers it', head: 'Answer', holds: ({ answerable, abstained }) => !answerable && abstained === false, tell: answerOf },
  { id: 'not-answered', title: 'Not answered although it can be', head: 'Answer', holds: ({ answerable, abstained }) => answerable && abstained === true, tell: answerOf },
  { id: 'unjudged', title: 'Without a judgement', head: 'Why', holds: ({ unjudged }) => unjudged !== undefined, tell: ({ unjudged = '' }) => escaped(unjudged) },
];

function listOf({ holds, tell, ...kind }: Kind, results: readonly QuestionResult[]): List {
  const found = results.filter(holds);
  return { ...kind, count: found.length, rows: found.slice(0, MOST_ROWS).map((result) => row(result, kind.head, tell(result))) };
}

function fallenList(fallen: readonly Fallen[]): List {
  const head = 'What fell';
  return { id: 'worse', title: 'Worse than in the last run', head, count: fallen.length, rows: fallen.slice(0, MOST_ROWS).map(({ result, told }) => row(result, head, told.join('<br>'))) };
}

function section({ id, title, head, rows, count }: List): string {
  const rest = count > rows.length ? `<p class="quiet">And ${count - rows.length} more, in questions.jsonl.</p>` : '';
  return `<h2 id="${id}">${title}: ${count}</h2>\n<table class="rows"><thead><tr><th>Question</th><th>${head}</th></tr></thead><tbody>${rows.join('')}</tbody></table>${rest}`;
}

function row({ question, id }: QuestionResult, head: string, told: string): string {
  return `<tr><td class="question">${escaped(question || id)}<br><small>${escaped(id)}</small></td><td data-name="${head}">${told}</td></tr>`;
}

function missedOf({ missed, found }: QuestionResult): string {
  // As the set names documents, without their bucket.
  const instead = [...new Set(found.map(({ document }) => document.replace(/^s3:\/\/[^/]+\//, '')))];
  const told = instead.length === 0 ? 'nothing' : instead.slice(0, MOST_FOUND).map(escaped).join(', ') + (instead.length > MOST_FOUND ? ` and ${instead.length - MOST_FOUND} more` : '');
  return `${missed.map(escaped).join('<br>')}<br><small>Found: ${told}</small>`;
}

function answerOf({ answer = '' }: QuestionResult): string {
  return escaped(answer.length > ANSWER_CHARACTERS ? `${answer.slice(0, ANSWER_CHARACTERS)}…` : answer);
}

function times({ milliseconds }: RunSummary): string {
  const rows = Object.entries(STAGE_NAMES).flatMap(([stage, name]) => {
    const found = milliseconds[stage as keyof typeof STAGE_NAMES];
    return found ? [`<tr><td class="question">${name}</td><td class="number" data-name="Half are faster">${duration(found.p50)}</td><td class="number" data-name="95 of 100 are faster">${duration(found.p95)}</td></tr>`] : [];
  });
  return `<table class="rows"><thead><tr><th>Until</th><th class="number">Half are faster</th><th class="number">95 of 100 are faster</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function costs({ tokens, cost }: RunSummary): string {
  const [input, output, judgeInput, judgeOutput] = [tokens.input, tokens.output, tokens.judgeInput, tokens.judgeOutput].map((count) => count.toLocaleString('en'));
  return `<p>Answers took ${input} tokens in and ${output} out, judgements ${judgeInput} in and ${judgeOutput} out: ${cost === undefined ? 'what they cost is not known' : `${cost.toFixed(cost < 0.01 ? 6 : 2)} US dollars`}.</p>`;
}
