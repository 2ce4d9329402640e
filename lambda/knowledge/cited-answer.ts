import { CitationReader, type CitedEvent, type Mark, snippetOf } from './citations';
import type { PassageView, SourceView } from './sources';
import { Carrier, type Span, uncitedIn } from './statements';

/** Where a statement of an answer is from. */
export interface Citation extends Mark {
  readonly passage: string;
  readonly source: SourceView;
  readonly snippet: string;
  /** Where in the passage's text the statement is from; absent of rows, which are no prose. */
  readonly quote?: Quote;
}

/** What carries a statement: a part of a passage's text and, where it is known, of the text that was read of the document. */
export interface Quote extends Span {
  readonly inSource?: Span;
}

export type CitationEvent = { readonly type: 'text'; readonly text: string } | { readonly type: 'citation'; readonly citation: Citation };

/** A whole answer and what it is from. */
export interface CitedText {
  readonly answer: string;
  /** Whether it names a passage that it is from. */
  readonly grounded: boolean;
  readonly citations: readonly Citation[];
  /** Its sentences that state something and name no passage. */
  readonly uncited: readonly Span[];
}

/** Of an answer that is from no passage. */
export const NOTHING_CITED = { grounded: false, citations: [], uncited: [] } as const;

/** Reads an answer while it comes, and finds what it cites in the passages that it is given from. */
export class CitedAnswer {
  private readonly reader: CitationReader;
  private readonly citations: Citation[] = [];
  private readonly carriers = new Map<PassageView, Carrier>();

  /** @param told how many of the passages whoever answers knows, the first ones; all by default */
  constructor(private readonly passages: readonly PassageView[], told: () => number = () => passages.length) {
    this.reader = new CitationReader(told);
  }

  take(text: string): CitationEvent[] {
    return this.reader.take(text).map((event) => this.event(event));
  }

  /** What still waited when the answer ended. */
  end(): CitationEvent[] {
    return this.reader.end().map((event) => this.event(event));
  }

  get said(): string {
    return this.reader.said;
  }

  get told(): CitedText {
    const { said, citations } = this;
    return { answer: said, grounded: citations.length > 0, citations, uncited: uncitedIn(said, citations) };
  }

  private event(event: CitedEvent): CitationEvent {
    if (event.type === 'text') return event;
    const passage = this.passages[event.mark.number - 1];
    const statement = this.said.slice(event.mark.start, event.mark.end);
    const quote = passage.table ? undefined : quoteOf(passage, this.carrierOf(passage).spanOf(statement));
    const citation = { ...event.mark, passage: passage.id, source: passage.source, snippet: snippetOf(passage.text, statement), quote };
    this.citations.push(citation);
    return { type: 'citation', citation };
  }

  /** Most passages are cited again, or not at all. */
  private carrierOf(passage: PassageView): Carrier {
    const carrier = this.carriers.get(passage) ?? new Carrier(passage.text);
    this.carriers.set(passage, carrier);
    return carrier;
  }
}

function quoteOf({ text, source: { start: begins, end: ends } }: PassageView, { start, end }: Span): Quote {
  // Only what stands in the document as it stands in the passage is found there by counting.
  const exact = begins !== undefined && ends !== undefined && ends - begins === text.length;
  return { start, end, ...(exact && { inSource: { start: begins + start, end: begins + end } }) };
}
