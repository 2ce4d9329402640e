import { Annotation, Citation, Passage, Span } from './client';
import { nameOf, openPassage, spanOf, whereOf } from './passage';
import { type Cut, replaceParts, type ShownPiece, shownPieces } from './shown-text';
import { h, spoken } from '../../dom';

/** The passages that an answer was given from: those that it cites first, each of which opens where it is cited. */
export class Sources {
  readonly element = h('ol', { 'class': 'sources', 'aria-label': 'Sources of this answer' });
  private passages: readonly Passage[] = [];
  private readonly citations: Citation[] = [];

  found(passages: readonly Passage[]): void {
    this.passages = passages;
  }

  /** What an answer cites whose passages are not told, as far as it says. */
  annotate({ url_citation: { url, title }, citation: { number, passage_id: id, uri, page, snippet } }: Annotation): void {
    const source = { uri, title, page, ...(url !== uri && { link: url }) };
    if (!this.passages.some((passage) => passage.number === number)) this.passages = [...this.passages, { number, id, text: snippet, source }];
    this.cite({ number, snippet });
  }

  cite(citation: Citation): void {
    this.citations.push(citation);
    this.show();
  }

  isCited({ number }: Passage): boolean {
    return this.citations.some((citation) => citation.number === number);
  }

  /**
   * Turns marks like [2] in an answer into buttons that open their passage at what was said, and tells sentences apart that name no passage.
   *
   * @param shown the answer as it is shown
   * @param said the same as it came
   */
  link(shown: HTMLElement, said: string, uncited: readonly Span[] = []): void {
    const pieces = shownPieces(shown, said);
    const sentences = uncited.flatMap((span) => unchecked(pieces, span));
    for (const piece of pieces) {
      replaceParts(piece.node, [...this.marks(piece), ...sentences.flatMap(([of, cut]) => of === piece ? cut : [])]);
    }
  }

  /** Opens a passage at what a citation has of it; without one at all that the answer has of it. */
  open(passage: Passage, citation?: Citation): void {
    const cited = citation ? [citation] : this.citations.filter(({ number }) => number === passage.number);
    openPassage(passage, cited.flatMap(({ quote, snippet }) => quote ?? spanOf(passage.text, snippet) ?? []));
  }

  private marks({ node, places, code }: ShownPiece): Cut[] {
    return code ? [] : [...node.data.matchAll(/\[(\d{1,3})\]/g)].flatMap(({ index, 0: mark, 1: number }) => {
      const passage = this.passages.find((candidate) => candidate.number === Number(number));
      const citation = this.citations.find(({ at }) => at !== undefined && at === places[index]);
      return passage ? [{ start: index, end: index + mark.length, make: () => this.mark(passage, citation) }] : [];
    });
  }

  private mark(passage: Passage, citation?: Citation): HTMLElement {
    const { number, source } = passage;
    return h('button', { 'type': 'button', 'class': 'mark', 'aria-label': `Source ${number}: ${source.title}`, 'onclick': () => this.open(passage, citation) }, String(number));
  }

  private show(): void {
    const cited = this.passages.filter((passage) => this.isCited(passage));
    this.element.replaceChildren(...cited.map((passage) => h('li', { value: passage.number },
      h('button', { type: 'button', onclick: () => this.open(passage) }, h('span', { class: 'title' }, nameOf(passage, this.passages)), h('span', { class: 'when' }, whereOf(passage))))));
  }
}

/** What of each piece belongs to a sentence that names no passage. That it looks different is spoken at its end. */
function unchecked(pieces: readonly ShownPiece[], span: Span): (readonly [ShownPiece, Cut])[] {
  const parts = pieces.flatMap((piece) => {
    const start = piece.places.findIndex((place) => place >= span.start && place < span.end);
    const behind = piece.places.findIndex((place) => place >= span.end);
    return start < 0 ? [] : [{ piece, start, end: behind < 0 ? piece.node.data.length : behind }];
  });
  return parts.map(({ piece, start, end }, at) => {
    const text = piece.node.data.slice(start, end);
    return [piece, { start, end, make: () => h('span', { class: 'unchecked' }, text, at === parts.length - 1 && spoken(' (not checked)')) }] as const;
  });
}
