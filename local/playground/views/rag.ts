import { copyButton, h } from '../dom';
import { View, ViewContext } from '../view';
import { Composer } from './chat/composer';
import { MessageLog } from './chat/message-log';
import { questionBody, type Said } from './rag/client';
import { Documents } from './rag/documents';
import { Exchange } from './rag/exchange';

/** Asks a ManagedRag as a user of it would, and shows what it knows and where answers are from. */
export const rag: View = {
  pattern: 'ManagedRag',
  side: 'Documents',
  serves: 'documents',
  mount(context) {
    const ragView = new RagView(context, 'documents');
    return () => ragView.close();
  },
};

/** Asks a DiyRag, and shows each document on its way, and how passages were found. */
export const pipeline: View = {
  pattern: 'DiyRag',
  side: 'Documents',
  serves: 'pipeline',
  mount(context) {
    const ragView = new RagView(context, 'documents', { explains: true });
    return () => ragView.close();
  },
};

/** Asks a StructuredKnowledge, and shows the rows and the SQL that answers are from. */
export const tables: View = {
  pattern: 'StructuredKnowledge',
  serves: 'tables',
  mount(context) {
    const ragView = new RagView(context, 'tables');
    return () => ragView.close();
  },
};

/** No SQL runs here: what a query finds is told beforehand. */
const TABLES_HINT = () => h('p', {}, 'What each query finds is told to the local cloud beforehand: docs/structured-knowledge.md shows how.');

class RagView {
  private readonly closing = new AbortController();
  private readonly composer: Composer;
  private readonly log = new MessageLog();
  private readonly said: Said[] = [];
  private answering?: AbortController;
  private readonly hint = h('p', {}, 'Upload a document at the side, and ask about it as soon as it can be found.');

  constructor(
    private readonly context: ViewContext,
    private readonly about: 'documents' | 'tables',
    private readonly options: { readonly explains: boolean } = { explains: false },
  ) {
    this.composer = new Composer({ send: (text) => void this.send(text), stop: () => this.answering?.abort() }, { placeholder: `Ask the ${about}` }, this.curlButton());
    context.aside.replaceChildren(...(about === 'documents' ? [this.documents()] : []));
    context.main.replaceChildren(this.log.element, this.composer.element);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.answering) {
        event.preventDefault();
        this.answering.abort();
      }
    }, { signal: this.closing.signal });
    this.log.showEmpty(h('div', { class: 'welcome' }, h('h2', {}, `Ask your ${about}`), about === 'documents' ? this.hint : TABLES_HINT()));
    this.composer.focus();
  }

  private documents(): HTMLElement {
    return new Documents(this.closing.signal, (found) => {
      this.hint.textContent = found > 0 ? 'Ask about what stands in your documents.' : 'Upload a document at the side, and ask about it as soon as it can be found.';
    }).element;
  }

  close(): void {
    this.answering?.abort();
    this.closing.abort();
  }

  private async send(text: string): Promise<void> {
    const answering = this.answering = new AbortController();
    const question = this.log.addQuestion(text, this.context.user);
    const answer = this.log.beginAnswer();
    this.composer.setBusy(true);
    const asked: Said[] = [...this.said, { role: 'user', content: text }];
    const exchange = new Exchange(answer, asked, { ...this.context, about: this.about, ...this.options });
    const said = await exchange.receive(answering.signal, () => {
      question.remove();
      answer.element.remove();
      void this.send(text);
    });
    if (said !== undefined) {
      this.said.push(...asked.slice(-1), { role: 'assistant', content: said });
    }
    this.log.settle(answer);
    if (exchange.explain()) {
      this.log.showFrom(question);
    }
    this.answering = undefined;
    this.composer.setBusy(false);
    this.context.settled();
  }

  private curlButton(): HTMLButtonElement {
    const { target, token } = this.context;
    const quoted = (text: string) => `'${text.replaceAll('\'', String.raw`'\''`)}'`;
    return copyButton('Copy as curl', () => [
      `curl -N ${quoted(`${target.url}v1/query`)}`,
      `-H ${quoted(`authorization: Bearer ${token}`)}`,
      '-H \'content-type: application/json\'',
      `-d ${quoted(JSON.stringify(questionBody([{ role: 'user', content: this.composer.text.trim() || `What is in these ${this.about}?` }], this.options.explains)))}`,
    ].join(' \\\n  '), 'Copy this question as a curl command');
  }
}
