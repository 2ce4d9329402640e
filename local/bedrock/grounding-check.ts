import type { ContentBlock, ConverseRequest } from './converse';
import { terms } from '../knowledge/words';

/** One of the two ways in which a guardrail compares an answer with what it is from and what was asked. */
export interface GroundingCheck {
  readonly kind: 'GROUNDING' | 'RELEVANCE';
  /** Fails below it; from 0 to 1. */
  readonly threshold: number;
  readonly action: 'BLOCK' | 'NONE';
}

/** What an answer is compared with. */
export interface Compared {
  readonly sources: string;
  readonly query: string;
}

export interface Score {
  readonly check: GroundingCheck;
  readonly score: number;
}

type Qualified = { readonly text: string; readonly qualifiers?: readonly string[] };

/** What of a request is a source or the question; undefined where one of them is not told, for then the service compares nothing. */
export function comparedIn({ messages = [], system = [] }: Pick<ConverseRequest, 'messages' | 'system'>): Compared | undefined {
  const blocks: readonly Pick<ContentBlock, 'guardContent'>[] = [...system, ...messages.flatMap(({ content }) => content)];
  return compared(blocks.flatMap(({ guardContent }) => guardContent?.text ?? []));
}

export function compared(texts: readonly Qualified[]): Compared | undefined {
  const qualified = (qualifier: string) => texts.filter(({ qualifiers }) => qualifiers?.includes(qualifier)).map(({ text }) => text).join('\n');
  const [sources, query] = [qualified('grounding_source'), qualified('query')];
  return sources && query ? { sources, query } : undefined;
}

/**
 * How well an answer stands in its sources, and to its question, as a share of words: grounded are those of the answer that the sources have too,
 * relevant those of the question that the answer has. The service has a model judge it, which knows more than words; this judges alike every time.
 */
export function scoresOf(checks: readonly GroundingCheck[], { sources, query }: Compared, answer: string): Score[] {
  const said = terms(answer.replace(/\[\d+\]/g, ' '));
  return checks.map((check) => ({ check, score: check.kind === 'GROUNDING' ? share(said, terms(sources)) : share(terms(query), said) }));
}

export const failed = ({ check, score }: Score): boolean => score < check.threshold;
export const refuses = (scores: readonly Score[]): boolean => scores.some((one) => failed(one) && one.check.action === 'BLOCK');

/** The scores in the words of a guardrail's trace, which tells those too that are good enough. */
export function groundingAssessment(scores: readonly Score[]): object {
  if (scores.length === 0) return {};
  const filters = scores.map((one) => ({
    type: one.check.kind, threshold: one.check.threshold, score: one.score, action: failed(one) && one.check.action === 'BLOCK' ? 'BLOCKED' : 'NONE', detected: failed(one),
  }));
  return { contextualGroundingPolicy: { filters } };
}

/** The share of distinct words that others have too, to two places; all of none. */
function share(words: readonly string[], others: readonly string[]): number {
  const distinct = [...new Set(words)];
  const known = new Set(others);
  return distinct.length === 0 ? 1 : Math.round(100 * distinct.filter((word) => known.has(word)).length / distinct.length) / 100;
}
