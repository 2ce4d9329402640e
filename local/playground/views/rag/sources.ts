import { Annotation, Citation, Passage } from './client';
import { h } from '../../dom';

/** The passages that an answer was given from: those that it cites first, each of which opens where it is cited. */
export class Sources {
  readonly element = h('ol', { 'class': 'sources', 'aria-label': 'Sources of this answer' });
  private passages: readonly Passage[] = [];
  private readonly cited = new Map<number, string[]>();

  found(passages: readonly Passage[]): void {
    this.passages = passages;
  }

  /** What an answer cites whose passages are not told, as far as it says. */
  annotate({ url_citation: { url, title }, citation: { number, passage_id: id, uri, page, snippet } }: Annotation): void {
    const source = { uri, title, page, ...(url !== uri && { link: url }) };
    if (!this.passages.some((passage) => passage.number === number)) this.passages = [...this.passages, { number, id, text: snippet, source }];
    this.cite({ number, snippet });
  }

  cite({ number, snippet }: Citation): void {
    this.cited.set(number, [...this.cited.get(number) ?? [], snippet]);
    this.show();
  }

  /** Turns marks like [2] in an answer's text into buttons that open their passage. */
  link(answer: HTMLElement): void {
    const walker = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT, (node) => node.parentElement?.closest('code, pre, button') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const texts: Text[] = [];
    while (walker.nextNode()) {
      texts.push(walker.currentNode as Text);
    }
    for (const text of texts) {
      const parts = text.data.split(/\[(\d{1,3})\]/);
      if (parts.length > 1) {
        text.replaceWith(...parts.map((part, index) => index % 2 === 0 ? part : this.mark(Number(part))));
      }
    }
  }

  private mark(number: number): Node | string {
    const passage = this.passages.find((candidate) => candidate.number === number);
    if (!passage) {
      return `[${number}]`;
    }
    return h('button', { 'type': 'button', 'class': 'mark', 'aria-label': `Source ${number}: ${passage.source.title}`, 'onclick': () => this.open(passage) }, String(number));
  }

  private show(): void {
    const cited = this.passages.filter(({ number }) => this.cited.has(number));
    this.element.replaceChildren(...cited.map((passage) => h('li', { value: passage.number },
      h('button', { type: 'button', onclick: () => this.open(passage) }, h('span', { class: 'title' }, passage.source.title), h('span', { class: 'when' }, where(passage))))));
  }

  /** The passage with what was cited of it marked, and the way to the whole document. */
  private open(passage: Passage): void {
    const { source } = passage;
    const dialog = h('dialog', { 'class': 'passage', 'aria-label': `Passage of ${source.title}`, 'onclose': () => dialog.remove() },
      h('h2', {}, source.title),
      h('p', { class: 'hint' }, [source.uri, where(passage)].filter(Boolean).join(' · ')),
      passage.context !== undefined && h('p', { class: 'context' }, passage.context),
      h('blockquote', { tabindex: '0' }, ...marked(passage.text, this.cited.get(passage.number) ?? [])),
      h('form', { method: 'dialog' }, h('div', { class: 'actions' },
        source.link !== undefined && h('a', { href: source.link, target: '_blank', rel: 'noopener' }, 'Open the document'),
        h('button', {}, 'Close'))));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('mark')?.scrollIntoView({ block: 'center' });
  }
}

function where({ score, source: { page } }: Passage): string {
  return [page !== undefined && `page ${page}`, score !== undefined && `score ${score.toFixed(2)}`].filter(Boolean).join(' · ');
}

/** The text, with the first of its snippets marked. White space in a snippet is drawn together, so it is looked for by its words. */
function marked(text: string, snippets: readonly string[]): (Node | string)[] {
  for (const snippet of snippets) {
    const words = snippet.replace(/^…|…$/g, '').trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const found = new RegExp(words.join('\\s+')).exec(text);
    if (found && found[0] !== '') {
      const end = found.index + found[0].length;
      return [text.slice(0, found.index), h('mark', {}, found[0]), text.slice(end)];
    }
  }
  return [text];
}
