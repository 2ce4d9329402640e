import type { RerankPolicy } from '../../lib/contract/passage-search';
import { withLead } from '../kit/lead';
import type { Clock } from '../ports/clock';
import type { Tell } from '../ports/passages';
import type { Judged, Reranker } from '../ports/reranker';

export interface RerankPorts {
  readonly reranker: Reranker;
  readonly clock: Pick<Clock, 'every'>;
}

/** What is put into order: as the words' own search knows it, by its title too. */
export interface Reranked {
  readonly title: string;
  readonly lead?: string;
  readonly text: string;
}

/** As much of a text as the service takes. */
const CHARACTERS = 32_000;

/**
 * All of them in the reranker's order, with its scores. Undefined where it gave none, or none in time: an order that is less good is better
 * than no answer. Fails only where nobody waits any more.
 */
export async function reranked(
  found: readonly Reranked[], question: string, { milliseconds }: Pick<RerankPolicy, 'milliseconds'>, { reranker, clock }: RerankPorts, signal: AbortSignal, tell: Tell,
): Promise<readonly Judged[] | undefined> {
  signal.throwIfAborted();
  const hearing = new AbortController();
  let late: () => void = () => undefined;
  const tooLate = new Promise<'late'>((resolve) => {
    late = () => resolve('late');
  });
  const rest = clock.every(milliseconds, late);
  signal.addEventListener('abort', late, { once: true });
  try {
    const texts = found.map(({ title, ...told }) => [title, withLead(told)].filter(Boolean).join('\n').slice(0, CHARACTERS));
    const judged = await Promise.race([reranker.rerank(question, texts, texts.length, AbortSignal.any([signal, hearing.signal])), tooLate]);
    signal.throwIfAborted();
    if (judged !== 'late') return inOrder(judged, texts.length);
    tell({ unranked: 'late', why: `no order within ${milliseconds} ms` });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    tell({ unranked: 'failed', why: error instanceof Error ? error.message : String(error) });
    return undefined;
  } finally {
    rest();
    signal.removeEventListener('abort', late);
    hearing.abort();
  }
}

/** Whatever a model says: each text once, and none that it was not given. */
function inOrder(judged: readonly Judged[], texts: number): readonly Judged[] {
  const odd = judged.find(({ index, score }) => !Number.isInteger(index) || index < 0 || index >= texts || !Number.isFinite(score));
  if (odd || new Set(judged.map(({ index }) => index)).size !== texts) throw new Error(`an order of ${texts} texts must have each of them once, with a score`);
  return [...judged].sort((one, other) => other.score - one.score);
}
