import { Passage, Span } from './client';
import { h, spoken } from '../../dom';

/** Shows a passage with what an answer has of it marked, and the way to the whole document. */
export function openPassage(passage: Passage, cited: readonly Span[]): void {
  const { source, context } = passage;
  const dialog = h('dialog', { 'class': 'passage', 'aria-label': `Passage of ${source.title}`, 'onclose': () => dialog.remove() },
    h('h2', {}, source.title),
    h('p', { class: 'hint' }, [source.uri, whereOf(passage)].filter(Boolean).join(' · ')),
    context !== undefined && h('div', { class: 'context' }, h('p', { class: 'label' }, 'Read behind'), h('p', {}, context)),
    h('blockquote', { tabindex: '0' }, ...marked(passage.text, cited)),
    h('form', { method: 'dialog' }, h('div', { class: 'actions' },
      source.link !== undefined && h('a', { href: source.link, target: '_blank', rel: 'noopener' }, 'Open the document'),
      h('button', {}, 'Close'))));
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector('mark')?.scrollIntoView({ block: 'center' });
}

export function whereOf({ score, source: { page } }: Passage): string {
  return [page !== undefined && `page ${page}`, score !== undefined && `score ${score.toFixed(2)}`].filter(Boolean).join(' · ');
}

/** Where a snippet stands in a text. White space in it is drawn together, so it is looked for by its words. */
export function spanOf(text: string, snippet: string): Span | undefined {
  const words = snippet.replace(/^…|…$/g, '').trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const found = new RegExp(words.join('\\s+')).exec(text);
  return found && found[0] !== '' ? { start: found.index, end: found.index + found[0].length } : undefined;
}

function marked(text: string, spans: readonly Span[]): (Node | string)[] {
  let from = 0;
  const parts = [...spans].sort((one, other) => one.start - other.start).flatMap(({ start, end }): (Node | string)[] => {
    // Statements may share a sentence.
    const begin = Math.max(start, from);
    if (begin >= end) {
      return [];
    }
    const before = text.slice(from, begin);
    from = end;
    return [before, spoken('Cited: '), h('mark', {}, text.slice(begin, end)), spoken(' (end of what is cited) ')];
  });
  return [...parts, text.slice(from)];
}

/** What a passage is called among others: by its file too, where another document has the same title. */
export function nameOf({ source: { title, uri } }: Passage, among: readonly Passage[]): string {
  const twin = among.some(({ source: other }) => other.title === title && other.uri !== uri);
  return twin ? `${title} (${uri.split('/').pop()})` : title;
}
