import { copyButton, h } from '../dom';
import { Usage } from '../meter';
import { View, ViewContext } from '../view';
import { Answer, Timing } from './chat/answer';
import { ChatClient } from './chat/client';
import { Composer } from './chat/composer';
import { ConversationList } from './chat/conversation-list';
import { curlCommand } from './chat/curl';
import { MessageLog } from './chat/message-log';

const EXAMPLES = [
  'Explain response streaming in three short points.',
  'Write a haiku about a queue that is empty.',
  'Show a TypeScript function that retries a call with back-off and jitter.',
];

/** Talks to a ChatbotApi as a user of it would: by its public HTTP API and nothing else. */
export const chat: View = {
  pattern: 'ChatbotApi',
  serves: (session) => /^chatbot-?api/i.test(session.example),
  mount(context) {
    const chatView = new ChatView(context);
    return () => chatView.close();
  },
};

class ChatView {
  private readonly closing = new AbortController();
  private readonly client: ChatClient;
  private readonly list: ConversationList;
  private readonly composer: Composer;
  private readonly log = new MessageLog();
  private conversationId = crypto.randomUUID() as string;
  private model?: string;
  private lastText = EXAMPLES[0];
  private answering?: AbortController;
  private loading = Promise.resolve();

  constructor(private readonly context: ViewContext) {
    this.client = new ChatClient(context.api);
    this.list = new ConversationList(this.client, this.closing.signal, (id) => this.open(id));
    this.composer = new Composer({ send: (text) => void this.send(text), stop: () => this.stop() }, this.curlButton());
    context.aside.replaceChildren(this.list.element);
    context.main.replaceChildren(this.log.element, this.composer.element);
    document.addEventListener('keydown', (event) => this.onKey(event), { signal: this.closing.signal });
    addEventListener('hashchange', () => this.onAddress(), { signal: this.closing.signal });
    this.open(rememberedConversation());
    void this.list.refresh();
    void this.nameModel();
  }

  close(): void {
    this.stop();
    this.closing.abort();
    remember(undefined);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.answering) {
      event.preventDefault();
      this.stop();
    } else if (event.code === 'KeyN' && event.altKey && event.shiftKey) {
      event.preventDefault();
      this.open();
    }
  }

  private onAddress(): void {
    const id = rememberedConversation();
    if (id && id !== this.conversationId) {
      this.open(id);
    }
  }

  /** Opens a conversation of the list, or a new one when there is no id. */
  private open(id?: string): void {
    this.stop();
    this.conversationId = id ?? crypto.randomUUID();
    this.list.select(id);
    remember(id);
    if (id) {
      this.loading = this.load(id);
    } else {
      this.log.showEmpty(this.welcome());
    }
    this.context.showMain();
    this.composer.focus();
  }

  private async load(id: string): Promise<void> {
    try {
      const messages = await this.client.messages(id, this.closing.signal);
      if (this.conversationId === id) {
        this.log.showStored(messages, this.context.user, (messageId, rating) => this.client.rate(id, messageId, rating));
      }
    } catch (error) {
      if (this.conversationId === id && !this.closing.signal.aborted) {
        this.log.showFailure(error as Error, () => void this.load(id));
      }
    }
  }

  private async send(text: string): Promise<void> {
    const id = this.conversationId;
    await this.loading;
    if (this.conversationId !== id) {
      return;
    }
    const answering = this.answering = new AbortController();
    this.lastText = text;
    const question = this.log.addQuestion(text, this.context.user);
    const answer = this.log.beginAnswer(this.model);
    this.composer.setBusy(true);
    const complete = await this.receive(answer, id, text, answering.signal, () => {
      question.remove();
      answer.element.remove();
      this.composer.focus();
      void this.send(text);
    });
    this.log.settle(answer);
    if (complete) {
      void this.offerRating(answer, id);
    }
    if (this.answering === answering) {
      this.answering = undefined;
      this.composer.setBusy(false);
    }
    this.context.settled();
    await this.list.refresh();
    // A failed turn leaves nothing behind: then there is no conversation yet that an address could name.
    if (this.conversationId === id && this.list.has(id) && !this.closing.signal.aborted) {
      this.list.select(id);
      remember(id);
    }
  }

  private async receive(answer: Answer, id: string, text: string, signal: AbortSignal, retry: () => void): Promise<boolean> {
    const asked = performance.now();
    let firstToken: number | undefined;
    let usage: Usage | undefined;
    let reason: string | undefined;
    const timing = (): Timing => ({ firstToken, total: performance.now() - asked });
    try {
      for await (const event of this.client.ask(id, text, signal)) {
        if (event.kind === 'text') {
          firstToken ??= performance.now() - asked;
          answer.append(event.text, event.model);
        } else if (event.kind === 'usage') {
          usage = event.usage;
          this.context.meter.add(usage);
        } else {
          reason = event.reason;
        }
      }
      answer.finish(usage, timing(), reason);
      return true;
    } catch (error) {
      if (signal.aborted) {
        answer.stopped(timing());
      } else {
        answer.fail(error as Error, retry);
      }
      return false;
    }
  }

  /** A stream does not say what id its answer is kept under; the conversation does. */
  private async offerRating(answer: Answer, id: string): Promise<void> {
    const messages = await this.client.messages(id, this.closing.signal).catch(() => []);
    const kept = messages.filter(({ role }) => role === 'assistant').at(-1);
    if (kept) {
      answer.rateable((rating) => this.client.rate(id, kept.id, rating), kept.feedback?.rating);
    }
  }

  private stop(): void {
    this.answering?.abort();
    this.answering = undefined;
    this.composer.setBusy(false);
  }

  private async nameModel(): Promise<void> {
    // The name is a courtesy of the page; a refusal shows with the first message, where it can be acted on.
    [this.model] = await this.client.models(this.closing.signal).catch(() => []);
    for (const name of this.context.main.querySelectorAll('.model-name')) {
      name.textContent = this.model ?? 'the model';
    }
  }

  private curlButton(): HTMLButtonElement {
    const command = () => {
      const { target, token } = this.context;
      return curlCommand(target.url, token, this.conversationId, this.composer.text.trim() || this.lastText);
    };
    return copyButton('Copy as curl', command, 'Copy this message as a curl command');
  }

  private welcome(): HTMLElement {
    const examples = EXAMPLES.map((example) => h('li', {}, h('button', {
      type: 'button',
      onclick: () => {
        this.composer.focus();
        void this.send(example);
      },
    }, example)));
    return h('div', { class: 'welcome' },
      h('h2', {}, 'Talk to your API'),
      h('p', {}, 'Every message goes through the API, the authorizer, the handler and the table that ', h('code', {}, 'cdk deploy'), ' would create. You are talking to ',
        h('code', { class: 'model-name' }, this.model ?? 'the model'), '.'),
      h('ul', { 'class': 'examples', 'aria-label': 'Example messages' }, ...examples));
  }
}

/** The open conversation stands in the address, so that it survives a reload and can be shared; whose it is the server knows. */
function remember(id: string | undefined): void {
  history.replaceState(undefined, '', id ? `#conversation=${encodeURIComponent(id)}` : location.pathname);
}

function rememberedConversation(): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get('conversation') ?? undefined;
}
