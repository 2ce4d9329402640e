import { ApiError } from '../api-error';
import { copyButton, h } from '../dom';
import { Usage } from '../meter';
import { isSocket } from '../session';
import { View, ViewContext } from '../view';
import { askedBefore, remember, rememberedConversation } from './chat/address';
import { Answer, Timing } from './chat/answer';
import { type Attached, Attachments } from './chat/attachments';
import { type AnswerEvent, ChatClient, type Place } from './chat/client';
import { Composer } from './chat/composer';
import { ConversationList } from './chat/conversation-list';
import { curlCommand, socketScript } from './chat/curl';
import { type LogActions, MessageLog } from './chat/message-log';
import { Documents } from './rag/documents';

const EXAMPLES = [
  'Explain response streaming in three short points.',
  'Write a haiku about a queue that is empty.',
  'Show a TypeScript function that retries a call with back-off and jitter.',
];

/** Talks to a ChatbotApi as a user of it would: by its public HTTP API and nothing else. */
export const chat: View = {
  pattern: 'ChatbotApi',
  side: 'Conversations',
  serves: 'chat',
  mount(context) {
    const chatView = new ChatView(context);
    return () => chatView.close();
  },
};

/** Whether an answer came to its end, and what it and its question are called then. */
interface Received {
  readonly ended: boolean;
  readonly ids?: { readonly question: string; readonly answer: string };
}

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
  /** The answer after which the shown branch goes on, where it is not the newest. */
  private tip?: string;
  private loading = Promise.resolve();

  constructor(private readonly context: ViewContext) {
    this.client = new ChatClient(context.api);
    this.list = new ConversationList(this.client, this.closing.signal, (id) => this.open(id));
    const attachments = new Attachments(context.api, () => this.composer?.show());
    this.composer = new Composer({ send: (text, attached) => void this.send(text, attached), stop: () => void this.stop() }, {
      placeholder: 'Message the model', attachments, keys: [[['Alt', 'Shift', 'N'], 'new conversation']],
    }, this.curlButton());
    const documents = new Documents(this.closing.signal);
    context.aside.replaceChildren(this.list.element, documents.element);
    context.main.replaceChildren(this.log.element, this.composer.element);
    document.addEventListener('keydown', (event) => this.onKey(event), { signal: this.closing.signal });
    addEventListener('hashchange', () => this.onAddress(), { signal: this.closing.signal });
    this.open(rememberedConversation());
    void this.list.refresh();
    void this.nameModel();
  }

  close(): void {
    this.leave();
    this.closing.abort();
    remember(undefined);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.answering) {
      event.preventDefault();
      void this.stop();
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
    // What was asked just before a reload is told to nobody but this page until it is answered.
    const asked = askedBefore(id);
    this.leave();
    this.tip = undefined;
    this.conversationId = id ?? crypto.randomUUID();
    this.list.select(id);
    remember(id, asked);
    if (id) {
      this.loading = this.load(id, asked);
    } else {
      this.log.showEmpty(this.welcome());
    }
    this.context.showMain();
    this.composer.focus();
  }

  private async load(id: string, asked?: string): Promise<void> {
    const reading = new AbortController();
    const signal = AbortSignal.any([reading.signal, this.closing.signal]);
    try {
      // First, so that a turn that ends meanwhile is among the messages.
      const running = await this.client.resume(id, signal);
      const messages = await this.client.messages(id, this.closing.signal).catch((error: Error) => {
        // A conversation whose first turn still runs has none yet.
        if (running && error instanceof ApiError && error.status === 404) return [];
        throw error;
      });
      if (this.conversationId !== id) {
        reading.abort();
        return;
      }
      this.tip = undefined;
      this.log.showStored(messages, { user: this.context.user, model: this.model }, this.actions(id));
      if (running) {
        void this.rejoin(id, running, reading, asked);
      }
    } catch (error) {
      if (this.conversationId === id && !this.closing.signal.aborted) {
        this.log.showFailure(error as Error, () => void this.load(id));
      }
    }
  }

  /** Reads on in an answer that was under way when the page was left. */
  private async rejoin(id: string, running: AsyncIterable<AnswerEvent>, reading: AbortController, asked: string | undefined): Promise<void> {
    this.answering = reading;
    if (asked) {
      this.log.addQuestion(asked, this.context.user);
    }
    const answer = this.log.beginAnswer(this.model);
    this.composer.setBusy(true);
    const { ended } = await this.receive(answer, running, reading.signal, () => void this.load(id));
    this.settle(answer, reading);
    await this.afterTurn(id);
    // The table knows the question too, which this page may never have seen.
    if (ended && this.conversationId === id && !this.answering && !this.closing.signal.aborted) {
      await this.load(id);
    }
  }

  private async send(text: string, attached: readonly Attached[] = []): Promise<void> {
    const id = this.conversationId;
    await this.loading;
    if (this.conversationId !== id) {
      return;
    }
    const answering = this.answering = new AbortController();
    this.lastText = text;
    const question = this.log.addQuestion([text, ...attached.map(({ name }) => `[${name}]`)].join('\n'), this.context.user);
    const answer = this.log.beginAnswer(this.model);
    this.composer.setBusy(true);
    remember(id, text);
    const place: Place = this.tip === undefined ? {} : { parent_message_id: this.tip };
    const { ended, ids } = await this.receive(answer, this.client.ask(id, text, place, answering.signal, attached), answering.signal, () => {
      question.remove();
      answer.element.remove();
      this.composer.focus();
      void this.send(text, attached);
    });
    this.settle(answer, answering);
    if (ended) {
      this.tip = undefined;
    }
    if (ids) {
      this.log.keep(question, text, answer, ids, this.actions(id));
    }
    await this.afterTurn(id);
  }

  /** What a reader may do with a message that is kept. */
  private actions(id: string): LogActions {
    return {
      rate: (messageId, rating) => this.client.rate(id, messageId, rating),
      edit: (messageId, text) => void this.branch(id, text, { edit_message_id: messageId }, messageId),
      regenerate: (messageId) => void this.branch(id, undefined, { regenerate_message_id: messageId }, messageId),
      choose: (messageId) => void this.choose(id, messageId),
    };
  }

  /** Another version of a message: it is shown in its place while it comes, and with its siblings once it is kept. */
  private async branch(id: string, text: string | undefined, place: Place, messageId: string): Promise<void> {
    if (this.answering) {
      return;
    }
    const answering = this.answering = new AbortController();
    this.log.cutFrom(messageId);
    if (text !== undefined) {
      this.log.addQuestion(text, this.context.user);
    }
    const answer = this.log.beginAnswer(this.model);
    this.composer.setBusy(true);
    const { ended } = await this.receive(answer, this.client.ask(id, text, place, answering.signal), answering.signal, () => void this.load(id));
    this.settle(answer, answering);
    await this.afterTurn(id);
    if (ended && this.conversationId === id && !this.answering && !this.closing.signal.aborted) {
      await this.load(id);
      this.composer.focus();
    }
  }

  /** Shows the branch of another version; what is said next goes on there. */
  private async choose(id: string, messageId: string): Promise<void> {
    if (this.answering) {
      return;
    }
    try {
      const messages = await this.client.messages(id, this.closing.signal, messageId);
      if (this.conversationId !== id || this.answering) {
        return;
      }
      this.log.showStored(messages, { user: this.context.user, model: this.model }, this.actions(id));
      this.tip = messages.at(-1)?.id;
      this.log.focusVersions(messageId);
    } catch (error) {
      if (this.conversationId === id && !this.closing.signal.aborted) {
        this.log.showFailure(error as Error, () => void this.load(id));
      }
    }
  }

  private settle(answer: Answer, answering: AbortController): void {
    this.log.settle(answer);
    if (this.answering === answering) {
      this.answering = undefined;
      this.composer.setBusy(false);
    }
  }

  private async afterTurn(id: string): Promise<void> {
    this.context.settled();
    await this.list.refresh();
    if (this.conversationId !== id || this.answering || this.closing.signal.aborted) {
      return;
    }
    // A failed turn leaves nothing behind: then there is no conversation yet that an address could name.
    const kept = this.list.has(id) ? id : undefined;
    this.list.select(kept);
    remember(kept);
  }

  private async receive(answer: Answer, events: AsyncIterable<AnswerEvent>, signal: AbortSignal, retry: () => void): Promise<Received> {
    const asked = performance.now();
    let firstToken: number | undefined;
    let usage: Usage | undefined;
    let reason: string | undefined;
    let ids: Received['ids'];
    const timing = (): Timing => ({ firstToken, total: performance.now() - asked });
    try {
      for await (const event of events) {
        if (event.kind === 'text') {
          firstToken ??= performance.now() - asked;
          answer.append(event.text, event.model);
        } else if (event.kind === 'citation') {
          answer.cite(event.annotation);
        } else if (event.kind === 'usage') {
          usage = event.usage;
          this.context.meter.add(usage);
        } else if (event.kind === 'routed') {
          answer.routed(event.model, event.route);
        } else {
          reason = event.reason;
          ids = event.answerId && event.questionId ? { answer: event.answerId, question: event.questionId } : undefined;
        }
      }
      answer.finish(usage, timing(), reason);
      return { ended: true, ids };
    } catch (error) {
      if (signal.aborted) {
        answer.left(timing());
      } else {
        answer.fail(error as Error, retry);
      }
      return { ended: false };
    }
  }

  /** Ends the answer, and leaves alone what cannot be ended. */
  private async stop(): Promise<void> {
    const { answering } = this;
    if (answering) {
      await this.client.stop(this.conversationId, this.closing.signal).catch(() => answering.abort());
    }
  }

  /** Stops reading; the API goes on. */
  private leave(): void {
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
    const { target, token } = this.context;
    const command = (write: typeof curlCommand) => () => write(target.url, token, this.conversationId, this.composer.text.trim() || this.lastText);
    return isSocket(target)
      ? copyButton('Copy as script', command(socketScript), 'Copy this message as a script for the console of a browser')
      : copyButton('Copy as curl', command(curlCommand), 'Copy this message as a curl command');
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
