import { Sentences } from '../kit/sentences';
import { terms } from '../kit/terms';

/** A part of a text, in UTF-16 code units, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A statement is carried by so many sentences at most that follow each other. */
const MOST_SENTENCES = 3;
/** What share of a statement's words a neighbour has to add. */
const WORTH_ADDING = 0.2;
/** Numbers tell most. */
const NUMBER_WORTH = 2;

interface Sentence extends Span {
  readonly words: ReadonlySet<string>;
}

/** A passage that statements may be from: read once, however many are. */
export class Carrier {
  private readonly sentences: readonly Sentence[];

  constructor(private readonly passage: string) {
    this.sentences = sentencesIn(passage).map((span) => ({ ...span, words: new Set(terms(passage.slice(span.start, span.end))) }));
  }

  /**
   * The part of the passage that carries a statement: the sentence that shares most of its words with it, where rare words of the passage and numbers count for
   * more, and those beside it that add others. All of the passage where no word is shared, as between two languages.
   */
  spanOf(statement: string): Span {
    const { passage, sentences } = this;
    const wanted = new Map([...new Set(terms(statement))].flatMap((word): [string, number][] => {
      const having = sentences.filter(({ words }) => words.has(word)).length;
      return having === 0 ? [] : [[word, (/\d/.test(word) ? NUMBER_WORTH : 1) / having]];
    }));
    const whole = trimmed(passage, { start: 0, end: passage.length });
    if (wanted.size === 0) return whole;
    const all = sum(wanted.values());
    const worth = ({ words }: { readonly words: ReadonlySet<string> }, known: ReadonlySet<string>) =>
      sum([...wanted].flatMap(([word, value]) => (words.has(word) && !known.has(word) ? [value] : [])));
    const alone = sentences.map((sentence) => worth(sentence, new Set()));
    let [first, last] = [alone.indexOf(Math.max(...alone)), alone.indexOf(Math.max(...alone))];
    const known = new Set(sentences[first].words);
    while (last - first + 1 < MOST_SENTENCES) {
      const [before, after] = [first - 1, last + 1].map((at) => (sentences[at] ? worth(sentences[at], known) : 0));
      if (Math.max(before, after) < WORTH_ADDING * all) break;
      const at = after >= before ? ++last : --first;
      for (const word of sentences[at].words) known.add(word);
    }
    return trimmed(passage, { start: sentences[first].start, end: sentences[last].end });
  }
}

/** Shorter ones state nothing: an exclamation, the number of an item. */
const LEAST_WORDS = 2;
const FENCE = /^\s{0,3}(?:```|~~~)/;
/** Headings, rules and what parts the head of a table from its rows. */
const NO_STATEMENT = /^\s*(?:#{1,6}\s|[-*_=|:\s]+$)/;
/** A question states nothing, nor does what only leads to a list. */
const LEADS_ON = /[?:？：]["')\]*_]*$/;

/** The sentences of an answer that state something and name no passage. An answer that says that something is not known has such, too. */
export function uncitedIn(answer: string, cited: readonly Span[]): Span[] {
  let inCode = false;
  return sentencesIn(answer).flatMap((span) => {
    const text = answer.slice(span.start, span.end);
    const fence = FENCE.test(text);
    if (fence) inCode = !inCode;
    if (fence || inCode || NO_STATEMENT.test(text)) return [];
    const own = withoutMarks(answer, span);
    if (cited.some(({ start, end }) => start < own.end && end > own.start)) return [];
    const said = answer.slice(own.start, own.end);
    const words = said.match(/[\p{L}\p{N}]+/gu) ?? [];
    // Languages without spaces have words of many letters.
    const states = words.length >= LEAST_WORDS || (words[0]?.length ?? 0) >= 8;
    return states && !LEADS_ON.test(said) ? [own] : [];
  });
}

/** A mark at the beginning belongs to the sentence before. */
function withoutMarks(text: string, { start, end }: Span): Span {
  const lead = /^(?:\s*\[\d{1,3}\])+/.exec(text.slice(start, end))?.[0].length ?? 0;
  return trimmed(text, { start: start + lead, end });
}

/** All of a text, cut into its sentences; a line of a list, a table or a block of code is one. */
function sentencesIn(text: string): Span[] {
  const sentences = new Sentences();
  let end = 0;
  return [...sentences.take(text), ...sentences.flush()].map(({ length }) => {
    end += length;
    return { start: end - length, end };
  });
}

function trimmed(text: string, { start, end }: Span): Span {
  const part = text.slice(start, end);
  const from = start + part.length - part.trimStart().length;
  return { start: from, end: Math.max(from, start + part.trimEnd().length) };
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}
