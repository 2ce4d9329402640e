import { type Grades, ndcgOf, recallOf, reciprocalRankOf } from './relevance';
import type { RelevantDocument } from '../../lib/contract/evaluation-set';
import { withLead } from '../kit/lead';
import type { FoundPassage, QuestionFigures } from '../ports/evaluation-runs';
import type { Passage } from '../ports/passages';

/** How well was found what was to be found. */
export interface Ranked {
  readonly figures: Pick<QuestionFigures, 'recall' | 'precision' | 'ndcg' | 'mrr'>;
  readonly found: readonly FoundPassage[];
  readonly missed: readonly string[];
}

/** Something that is to be found: a document, a span of its text, or words of it. */
interface Wanted {
  /** Like no other's. */
  readonly name: string;
  /** In a report: of words their beginning. */
  readonly shown: string;
  readonly document: string;
  readonly grade: number;
  readonly span?: readonly [number, number];
  readonly words?: string;
}

/**
 * Passages in the order in which they were found, against what is relevant. A document that is found several times takes one place, the first; where spans or
 * words are wanted, each passage has a place of its own. `most` passages could have been found. A passage has found a span or words where they share half of the shorter of the two.
 */
export function rankedAgainst(relevant: readonly RelevantDocument[] | undefined, passages: readonly Passage[], most: number): Ranked {
  if (!relevant) return { figures: {}, found: passages.map((passage) => seen(passage)), missed: [] };
  const wanted = relevant.flatMap(wantedOf);
  const grades: Grades = new Map(wanted.map(({ name, grade }) => [name, grade]));
  const whole = wanted.every(({ span, words }) => span === undefined && words === undefined);
  const ranking: string[] = [];
  const found = passages.map((passage, at) => {
    const hits = wanted.filter((each) => isFound(each, passage)).map(({ name }) => name);
    const names = hits.length > 0 ? hits : [whole ? `other ${passage.source.uri}` : `other ${at}`];
    ranking.push(...names.filter((name) => !ranking.includes(name)));
    return seen(passage, hits.length > 0);
  });
  // Where fewer are found than could be, the others were found nowhere. One passage may hold several things that are wanted.
  const depth = Math.max(most, ranking.length);
  return {
    figures: {
      recall: recallOf(ranking, grades, depth),
      precision: found.length === 0 ? 0 : found.filter((each) => each.relevant).length / found.length,
      ndcg: ndcgOf(ranking, grades, depth),
      mrr: reciprocalRankOf(ranking, grades, depth),
    },
    found,
    missed: [...new Map(wanted.filter(({ name }) => !ranking.includes(name)).map(({ name, shown }) => [name, shown])).values()],
  };
}

function wantedOf({ document, grade, spans, passages }: RelevantDocument): Wanted[] {
  if (spans.length + passages.length === 0) return [{ name: document, shown: document, document, grade }];
  return [
    ...spans.map((span) => ({ name: `${document} ${span[0]}-${span[1]}`, shown: `${document} ${span[0]}-${span[1]}`, document, grade, span })),
    ...passages.map((words) => ({ name: `${document} "${words}"`, shown: `${document} "${words.slice(0, 80)}"`, document, grade, words: plain(words) })),
  ];
}

function isFound({ document, span, words }: Wanted, { text, lead, source: { uri, start, end } }: Passage): boolean {
  if (uri !== document && keyOf(uri) !== document) return false;
  if (span) {
    if (start === undefined || end === undefined) return false;
    return Math.min(end, span[1]) - Math.max(start, span[0]) >= Math.min(end - start, span[1] - span[0]) / 2;
  }
  if (words === undefined) return true;
  // With and without what it is read behind: half of the shorter is another half.
  return [text, withLead({ text, lead })].some((told) => holds(plain(told), words));
}

function holds(said: string, words: string): boolean {
  return said.includes(words) || (said.length > 0 && words.includes(said)) || sharesHalf(said, words);
}

/** Where a chunk begins or ends in the middle of the words, the half that is in it counts. */
function sharesHalf(one: string, other: string): boolean {
  const half = Math.ceil(Math.min(one.length, other.length) / 2);
  return one.includes(other.slice(0, half)) || one.includes(other.slice(-half));
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/[\s#*_`|>]+/g, ' ').trim();
}

function keyOf(uri: string): string {
  return uri.replace(/^s3:\/\/[^/]+\//, '');
}

function seen({ source: { uri, start, end }, score }: Passage, relevant?: boolean): FoundPassage {
  return { document: uri, ...(start !== undefined && { start, end }), ...(score !== undefined && { score }), ...(relevant !== undefined && { relevant }) };
}
