import { EVALUATION_MEASURES, type EvaluationMeasure } from '../../lib/contract/evaluation';
import type { RunSummary } from '../ports/evaluation-runs';

export const MEASURE_NAMES: Readonly<Record<EvaluationMeasure, string>> = {
  recall: 'Recall',
  precision: 'Precision',
  ndcg: 'nDCG',
  mrr: 'Reciprocal rank',
  faithfulness: 'Faithfulness',
  relevance: 'Relevance',
  correctness: 'Correctness',
  abstention: 'Silent where nothing answers',
  answered: 'Answered where something does',
  completeness: 'Measured to the end',
};

const COLOURS: Readonly<Record<EvaluationMeasure, string>> = {
  recall: '#0969da',
  precision: '#8250df',
  ndcg: '#1a7f37',
  mrr: '#bf3989',
  faithfulness: '#bc4c00',
  relevance: '#0a7ea4',
  correctness: '#9a6700',
  abstention: '#cf222e',
  answered: '#57606a',
  completeness: '#24292f',
};

const BAR = { height: 22, gap: 12, left: 230, width: 520, right: 120 };
const CURVE = { height: 220, left: 40, width: 640, top: 12, right: 190 };

/** A bar for each measure, with the least that was set as a line and the last run as a dot. */
export function barChart({ measures, thresholds, previous }: RunSummary): string {
  const shown = EVALUATION_MEASURES.filter((measure) => measures[measure] !== undefined || thresholds.some((each) => each.measure === measure));
  const rows = shown.map((measure, at) => {
    const y = 10 + at * (BAR.height + BAR.gap);
    const middle = y + BAR.height / 2;
    const value = measures[measure];
    const threshold = thresholds.find((each) => each.measure === measure);
    const last = previous?.measures[measure];
    const x = (share: number) => BAR.left + share * BAR.width;
    return [
      text(BAR.left - 12, middle, MEASURE_NAMES[measure], 'end'),
      `<rect x="${BAR.left}" y="${y}" width="${BAR.width}" height="${BAR.height}" fill="#eaeef2"/>`,
      value === undefined ? '' : `<rect x="${BAR.left}" y="${y}" width="${place(value * BAR.width)}" height="${BAR.height}" fill="${threshold && !threshold.met ? '#a40e26' : '#2f6f4f'}"/>`,
      threshold ? `<line x1="${place(x(threshold.least))}" x2="${place(x(threshold.least))}" y1="${y - 4}" y2="${y + BAR.height + 4}" stroke="#1b1f24" stroke-width="2"/>` : '',
      last === undefined ? '' : `<circle cx="${place(x(last))}" cy="${middle}" r="5" fill="#fff" stroke="#1b1f24" stroke-width="1.5"/>`,
      text(x(1) + 12, middle, value === undefined ? 'not measured' : `${percent(value)}${last === undefined ? '' : ` (${signed(value - last)})`}`, 'start'),
    ].join('');
  });
  return picture(BAR.left + BAR.width + BAR.right, shown.length * (BAR.height + BAR.gap) + 20, rows.join(''), 'Each measure as a bar');
}

/** How each measure went from run to run, the oldest first. */
export function curve(runs: readonly RunSummary[]): string {
  const bottom = CURVE.top + CURVE.height;
  const x = (at: number) => CURVE.left + (runs.length === 1 ? CURVE.width : at / (runs.length - 1) * CURVE.width);
  const y = (share: number) => bottom - share * CURVE.height;
  const scale = [0, 0.25, 0.5, 0.75, 1].map((share) => `<line x1="${CURVE.left}" x2="${CURVE.left + CURVE.width}" y1="${place(y(share))}" y2="${place(y(share))}" stroke="#d8dee4"/>${text(CURVE.left - 8, y(share), percent(share), 'end')}`);
  const known = EVALUATION_MEASURES.filter((measure) => measure !== 'completeness' && runs.some(({ measures }) => measures[measure] !== undefined));
  const lines = known.map((measure) => {
    const points = runs.flatMap(({ measures }, at) => { const value = measures[measure]; return value === undefined ? [] : [[x(at), y(value)]]; });
    return `<polyline fill="none" stroke="${COLOURS[measure]}" stroke-width="2" points="${points.map((point) => point.map(place).join(',')).join(' ')}"/>`
      + points.map(([across, down]) => `<circle cx="${place(across)}" cy="${place(down)}" r="2.5" fill="${COLOURS[measure]}"/>`).join('');
  });
  const names = known.map((measure, at) => `<rect x="${CURVE.left + CURVE.width + 16}" y="${CURVE.top + at * 22}" width="12" height="12" fill="${COLOURS[measure]}"/>${text(CURVE.left + CURVE.width + 34, CURVE.top + at * 22 + 6, MEASURE_NAMES[measure], 'start')}`);
  return picture(CURVE.left + CURVE.width + CURVE.right, Math.max(bottom, CURVE.top + known.length * 22) + 14, [...scale, ...lines, ...names].join(''), `Each measure over ${runs.length} runs`);
}

export function percent(share: number): string {
  return String(Math.round(share * 1000) / 10);
}

function signed(share: number): string {
  const told = percent(share);
  return share > 0 && told !== '0' ? `+${told}` : told;
}

function picture(width: number, height: number, content: string, label: string): string {
  return `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" font-family="system-ui,sans-serif" font-size="14">${content}</svg>`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'end'): string {
  return `<text x="${place(x)}" y="${place(y + 5)}" text-anchor="${anchor}" fill="#57606a">${words}</text>`;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
