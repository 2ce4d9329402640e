import { Answer, errorNote } from './answer';
import { type Rating, STOPPED, StoredMessage } from './client';
import { h } from '../../dom';

export type Rate = (messageId: string, rating: Rating) => Promise<void>;

/**
 * The conversation as it reads. The log is a live region, so a whole answer is spoken once: while it streams in it stands
 * below the log, and only when it has settled does it move into it.
 */
export class MessageLog {
  readonly element: HTMLElement;
  private readonly log = h('div', { 'class': 'messages', 'role': 'log', 'aria-label': 'Messages', 'aria-live': 'polite' });
  private readonly underWay = h('div', { class: 'messages under-way' });
  private readonly state = h('p', { class: 'spoken', role: 'status' });
  private following = true;

  constructor() {
    this.element = h('div', { 'class': 'scroll', 'tabindex': '0', 'role': 'region', 'aria-label': 'Conversation' }, this.log, this.underWay, this.state);
    this.element.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.element;
      this.following = scrollHeight - scrollTop - clientHeight < 48;
    }, { passive: true });
    // Whoever has scrolled up to read stays there; everybody else sees the newest line.
    new ResizeObserver(() => this.follow()).observe(this.log);
    new ResizeObserver(() => this.follow()).observe(this.underWay);
  }

  /** Shows a conversation that was stored before, without having it all spoken. */
  showStored(messages: readonly StoredMessage[], user: string, rate: Rate): void {
    this.log.setAttribute('aria-live', 'off');
    this.log.replaceChildren(...messages.map((message) => storedElement(message, user, rate)));
    this.underWay.replaceChildren();
    this.following = true;
    requestAnimationFrame(() => {
      this.follow();
      this.log.setAttribute('aria-live', 'polite');
    });
  }

  showEmpty(content: HTMLElement): void {
    this.log.replaceChildren();
    this.underWay.replaceChildren(content);
  }

  showFailure(error: Error, retry: () => void): void {
    this.log.replaceChildren(errorNote(error, retry));
    this.underWay.replaceChildren();
  }

  addQuestion(text: string, user: string): HTMLElement {
    const question = questionElement(text, user);
    this.following = true;
    this.log.append(question);
    return question;
  }

  beginAnswer(model?: string): Answer {
    const answer = new Answer(model).begin();
    this.underWay.replaceChildren(answer.element);
    this.state.textContent = 'The model is answering.';
    return answer;
  }

  settle(answer: Answer): void {
    this.state.textContent = '';
    if (answer.element.parentElement === this.underWay) {
      this.log.append(answer.element);
    }
  }

  private follow(): void {
    if (this.following) {
      this.element.scrollTop = this.element.scrollHeight;
    }
  }
}

function questionElement(text: string, user: string): HTMLElement {
  return h('article', { class: 'question' }, h('p', { class: 'who' }, user), h('p', { class: 'plain' }, text));
}

function storedElement(message: StoredMessage, user: string, rate: Rate): HTMLElement {
  const text = textOf(message);
  if (message.role === 'user') {
    return questionElement(text, user);
  }
  if (message.role === 'assistant') {
    const calls = (message.tool_calls ?? []).map((call) => `\`${call.function.name}(${call.function.arguments})\``);
    const answer = new Answer().show([text, ...calls].filter(Boolean).join('\n\n')).finish(message.usage, undefined, message.stopped ? STOPPED : message.finish_reason);
    if (message.model && message.route) {
      answer.routed(message.model, message.route);
    }
    return answer.rateable((rating) => rate(message.id, rating), message.feedback?.rating).element;
  }
  return h('article', { class: 'answer' }, h('p', { class: 'who' }, message.role), h('p', { class: 'plain' }, text));
}

function textOf({ content }: StoredMessage): string {
  if (content === null || typeof content === 'string') {
    return content ?? '';
  }
  return content.map((part) => part.text ?? `[${part.type}]`).join('\n');
}
