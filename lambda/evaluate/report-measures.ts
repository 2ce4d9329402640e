import { change, MEASURE_NAMES, percent } from './report-words';
import { EVALUATION_MEASURES, type EvaluationMeasure } from '../../lib/contract/evaluation';
import type { RunSummary } from '../ports/evaluation-runs';

/** What is further away than this from the last run is shown as better or worse; less is the judge's mood. */
export const NOTABLE = 0.05;

const SPARK = { width: 120, height: 28, edge: 4 };
/** A line over runs shows so much of the scale at least, or nothing would look like much. */
const LEAST_SPAN = 0.1;

/** Each measure as a bar, with the least that was set, the last run, and how it went from run to run, the oldest first. */
export function measuresTable(summary: RunSummary, earlier: readonly RunSummary[]): string {
  const { measures, thresholds } = summary;
  const shown = EVALUATION_MEASURES.filter((measure) => measures[measure] !== undefined || thresholds.some((each) => each.measure === measure));
  const runs = [...earlier, summary];
  const heads = ['<th>Measure</th><th class="bars"><span>0 to 100</span></th><th class="number">Now</th><th class="number">At least</th>'];
  if (earlier.length > 0) heads.push(`<th class="number">Since last</th><th class="runs">${runs.length} runs</th>`);
  return `<table class="measures"><thead><tr>${heads.join('')}</tr></thead><tbody>${shown.map((measure) => measureRow(measure, summary, runs)).join('')}</tbody></table>`;
}

function measureRow(measure: EvaluationMeasure, { measures: { [measure]: value }, thresholds, previous }: RunSummary, runs: readonly RunSummary[]): string {
  const threshold = thresholds.find((each) => each.measure === measure);
  const last = previous?.measures[measure];
  const state = threshold ? threshold.met ? 'met' : 'missed' : 'free';
  const sign = { met: '<span class="good">✓</span> ', missed: '<span class="bad">✗</span> ', free: '' }[state];
  const moved = value === undefined || last === undefined ? '' : value - last;
  const mood = moved === '' || Math.abs(moved) <= NOTABLE ? 'quiet' : moved > 0 ? 'good' : 'bad';
  const cells = [
    `<th scope="row">${sign}${MEASURE_NAMES[measure]}</th>`,
    `<td class="bars">${bar(state, value, threshold?.least, last)}</td>`,
    `<td class="number now${state === 'missed' ? ' bad' : ''}">${value === undefined ? 'not measured' : percent(value)}</td>`,
    `<td class="number least">${threshold ? percent(threshold.least) : ''}</td>`,
  ];
  if (runs.length > 1) cells.push(`<td class="number since ${mood}">${moved === '' ? '' : change(moved)}</td>`, `<td class="runs">${spark(runs.map(({ measures }) => measures[measure]), threshold?.least)}</td>`);
  return `<tr>${cells.join('')}</tr>`;
}

function bar(state: string, value: number | undefined, least: number | undefined, last: number | undefined): string {
  const at = (share: number) => `${percent(Math.min(1, Math.max(0, share)))}%`;
  const told = [value === undefined ? 'not measured' : percent(value), ...least === undefined ? [] : [`at least ${percent(least)}`], ...last === undefined ? [] : [`${percent(last)} in the last run`]];
  return `<div class="bar ${state}" role="img" aria-label="${told.join(', ')}">`
    + (value === undefined ? '' : `<span class="value" style="width:${at(value)}"></span>`)
    + (least === undefined ? '' : `<span class="least" style="left:${at(least)}"></span>`)
    + (last === undefined ? '' : `<span class="last" style="left:${at(last)}"></span>`)
    + '</div>';
}

/** How a measure went from run to run. Its scale is its own: what it is, its bar says. */
function spark(values: readonly (number | undefined)[], least: number | undefined): string {
  const known = values.flatMap((value, at) => (value === undefined ? [] : [{ at, value }]));
  if (known.length === 0) return '';
  const { width, height, edge } = SPARK;
  const [lowest, highest] = [Math.min(...known.map(({ value }) => value)), Math.max(...known.map(({ value }) => value))];
  const span = Math.max(LEAST_SPAN, highest - lowest);
  const floor = Math.min((lowest + highest - span) / 2, 1 - span);
  const x = (at: number) => place(edge + at / Math.max(1, values.length - 1) * (width - 2 * edge));
  const y = (value: number) => place(height - edge - (value - floor) / span * (height - 2 * edge));
  const limit = least !== undefined && least >= floor && least <= floor + span ? `<line class="limit" x1="0" x2="${width}" y1="${y(least)}" y2="${y(least)}"/>` : '';
  const { at, value } = known[known.length - 1];
  return `<svg role="img" aria-label="${known.map((each) => percent(each.value)).join(', ')}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`
    + `${limit}<polyline points="${known.map((each) => `${x(each.at)},${y(each.value)}`).join(' ')}"/><circle cx="${x(at)}" cy="${y(value)}" r="3"/></svg>`;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
