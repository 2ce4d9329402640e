import { Answer, errorNote } from './answer';
import { type Rating, STOPPED, StoredMessage } from './client';
import { answerTools, type MessageActions, questionTools } from './message-tools';
import { h } from '../../dom';

export interface LogActions extends MessageActions {
  rate(messageId: string, rating: Rating): Promise<void>;
}

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
      this.following = this.isAtEnd(this.following ? 48 : 2);
    }, { passive: true });
    // Whoever has scrolled up to read stays there; everybody else sees the newest line.
    new ResizeObserver(() => this.follow()).observe(this.log);
    new ResizeObserver(() => this.follow()).observe(this.underWay);
  }

  /** Shows a conversation that was stored before, without having it all spoken. */
  showStored(messages: readonly StoredMessage[], { user, model }: { readonly user: string; readonly model?: string }, actions: LogActions): void {
    this.log.setAttribute('aria-live', 'off');
    this.log.replaceChildren(...messages.map((message) => storedElement(message, { user, model }, actions)));
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

  /** Takes a message away, and all that was said after it: another version is about to stand in its place. */
  cutFrom(messageId: string): void {
    let element = this.log.querySelector(`[data-id="${messageId}"]`);
    while (element) {
      const next = element.nextElementSibling;
      element.remove();
      element = next;
    }
  }

  /** Lets a turn that was just kept be edited, rated and answered anew. */
  keep(question: HTMLElement | undefined, text: string, answer: Answer, ids: { question: string; answer: string }, actions: LogActions): void {
    if (question) {
      question.dataset.id = ids.question;
      question.append(questionTools({ id: ids.question }, question, text, actions));
    }
    answer.element.dataset.id = ids.answer;
    answer.rateable((rating) => actions.rate(ids.answer, rating));
    answer.element.append(answerTools({ id: ids.answer }, actions));
  }

  /** Leads whoever chose a version by its buttons back to them. */
  focusVersions(messageId: string): void {
    this.log.querySelector<HTMLElement>(`[data-message="${messageId}"] button:not(:disabled)`)?.focus();
  }

  settle(answer: Answer): void {
    this.state.textContent = '';
    if (answer.element.parentElement === this.underWay) {
      this.log.append(answer.element);
    }
  }

  /** What stands below an answer must not push it out of sight: whoever follows sees from here on. */
  showFrom(question: HTMLElement): void {
    if (this.following) {
      question.scrollIntoView({ block: 'start' });
      this.following = this.isAtEnd(2);
    }
  }

  /** @param near so many pixels from it are no distance */
  private isAtEnd(near = 48): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < near;
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

function storedElement(message: StoredMessage, { user, model }: { readonly user: string; readonly model?: string }, actions: LogActions): HTMLElement {
  const text = textOf(message);
  if (message.role === 'user') {
    const question = questionElement(text, user);
    question.dataset.id = message.id;
    question.append(questionTools(message, question, text, actions));
    return question;
  }
  if (message.role === 'assistant') {
    const calls = (message.tool_calls ?? []).map((call) => `\`${call.function.name}(${call.function.arguments})\``);
    const answer = new Answer(message.model ?? model).show([text, ...calls].filter(Boolean).join('\n\n'));
    message.annotations?.forEach((annotation) => answer.cite(annotation));
    answer.finish(message.usage, undefined, message.stopped ? STOPPED : message.finish_reason);
    if (message.model && message.route) {
      answer.routed(message.model, message.route);
    }
    const { element } = answer.rateable((rating) => actions.rate(message.id, rating), message.feedback?.rating);
    element.dataset.id = message.id;
    element.append(answerTools(message, actions));
    return element;
  }
  return h('article', { class: 'answer' }, h('p', { class: 'who' }, message.role), h('p', { class: 'plain' }, text));
}

function textOf({ content }: StoredMessage): string {
  if (content === null || typeof content === 'string') {
    return content ?? '';
  }
  return content.map((part) => part.text ?? `[${part.file?.filename ?? part.type}]`).join('\n');
}
