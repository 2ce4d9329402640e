import type { EvaluationMeasure } from '../../lib/contract/evaluation';

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

/** A share as a number from 0 to 100. */
export function percent(share: number): string {
  return String(Math.round(share * 1000) / 10);
}

/** By how much a share went up or down. */
export function change(share: number): string {
  const told = percent(Math.abs(share));
  if (told === '0') return 'as before';
  return `${share > 0 ? '+' : '\u2212'}${told}`;
}

export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** As a person says when: "2026-11-20 09:12 UTC". */
export function minute(iso: string): string {
  return `${escaped(iso.slice(0, 16).replace('T', ' '))} UTC`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

/** Questions, answers and names are anybody's words. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]);
}
