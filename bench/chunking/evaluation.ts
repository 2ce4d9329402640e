import type { Span } from './recursive';
import { terms } from '../../lambda/kit/terms';

/** A question, and where in which text its answer stands. */
export interface Question {
  readonly corpus: string;
  readonly question: string;
  readonly references: readonly Span[];
}

/** A chunk of one of the texts. */
export interface CorpusChunk extends Span {
  readonly corpus: string;
  readonly text: string;
  /** What is searched with it: the headings that stand above it, the head of its table. */
  readonly lead?: string;
}

/** Figures of each question, in their order, from 0 to 1. */
export interface Scores {
  readonly precision: number[];
  readonly recall: number[];
  readonly iou: number[];
  /** Recall of the best five as DiyRag's keyword index finds them: by the stems of its words, in titles and leads too. */
  readonly indexed: number[];
}

/** How many chunks are looked at by a search. */
const FOUND = 5;

/**
 * As Chroma's evaluation counts: precision Ω is how much of the chunks that touch an answer is answer, with perfect retrieval; recall and
 * intersection over union are those of the best five that BM25 finds.
 */
export function evaluate(chunks: readonly CorpusChunk[], questions: readonly Question[]): Scores {
  const find = bm25(chunks.map(({ text }) => text), wordsOf);
  const findIndexed = bm25(chunks.map(({ corpus, lead = '', text }) => `${corpus}\n${lead}\n${text}`), terms);
  const scores: Scores = { precision: [], recall: [], iou: [], indexed: [] };
  for (const { corpus, question, references } of questions) {
    const rightOf = (five: readonly CorpusChunk[]) => covered(references, five.filter((chunk) => chunk.corpus === corpus));
    const touching = chunks.filter((chunk) => chunk.corpus === corpus && references.some((each) => overlap(each, chunk) > 0));
    scores.precision.push(ratio(covered(references, touching), length(union(touching))));
    const five = find(question, FOUND).map((at) => chunks[at]);
    const right = rightOf(five);
    const all = length(union(references));
    scores.recall.push(ratio(right, all));
    scores.iou.push(ratio(right, length(five) + all - right));
    scores.indexed.push(ratio(rightOf(findIndexed(question, FOUND).map((at) => chunks[at])), all));
  }
  return scores;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function overlap(one: Span, other: Span): number {
  return Math.min(one.end, other.end) - Math.max(one.start, other.start);
}

function union(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last && span.start <= last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push({ start: span.start, end: span.end });
  }
  return merged;
}

function length(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

function covered(references: readonly Span[], chunks: readonly Span[]): number {
  const parts = union(references).flatMap((reference) => union(chunks).map((chunk) => overlap(reference, chunk)));
  return parts.reduce((sum, part) => sum + Math.max(0, part), 0);
}

const K1 = 1.2;
const B = 0.75;

/** Lower-case words as they are: nothing is stemmed and nothing left out. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function bm25(texts: readonly string[], wordsIn: (text: string) => readonly string[]): (question: string, most: number) => number[] {
  const postings = new Map<string, Map<number, number>>();
  const lengths = texts.map((text, at) => {
    const words = wordsIn(text);
    for (const word of words) {
      const counts = postings.get(word) ?? new Map<number, number>();
      postings.set(word, counts.set(at, (counts.get(at) ?? 0) + 1));
    }
    return words.length;
  });
  const mean = lengths.reduce((sum, each) => sum + each, 0) / Math.max(1, lengths.length);
  return (question, most) => {
    const scores = new Map<number, number>();
    for (const word of new Set(wordsIn(question))) {
      const counts = postings.get(word) ?? new Map<number, number>();
      const weight = Math.log(1 + (texts.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [at, count] of counts) {
        const share = count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[at] / mean));
        scores.set(at, (scores.get(at) ?? 0) + weight * share);
      }
    }
    return [...scores].sort((one, other) => other[1] - one[1] || one[0] - other[0]).slice(0, most).map(([at]) => at);
  };
}

/** The mean of how much better the one is, and how likely as large a difference is where there is none: a paired t-test, by the normal curve. */
export function paired(one: readonly number[], other: readonly number[]): { readonly mean: number; readonly p: number } {
  const differences = one.map((value, at) => value - other[at]);
  const mean = average(differences);
  const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, differences.length - 1);
  const t = variance === 0 ? 0 : Math.abs(mean) / Math.sqrt(variance / differences.length);
  return { mean, p: mean === 0 || variance === 0 ? 1 : 2 * (1 - normal(t)) };
}

export function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** The normal distribution's share below x, by Zelen and Severo's polynomial: right to seven digits. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * tail;
}
