import { StoredMessage } from './client';
import { h } from '../../dom';

/** What a reader may do with the messages of a conversation. */
export interface MessageActions {
  /** Sends another wording of a question; what followed the first is another branch from then on. */
  edit(messageId: string, text: string): void;
  /** Asks for another answer to the same question. */
  regenerate(messageId: string): void;
  /** Shows the branch on which a message lies. */
  choose(messageId: string): void;
}

type Placed = Pick<StoredMessage, 'id' | 'siblings'>;

/** Under a question: another wording, and those that there are. */
export function questionTools(message: Placed, question: HTMLElement, text: string, actions: MessageActions): HTMLElement {
  const edit = h('button', { 'type': 'button', 'class': 'quiet', 'aria-label': 'Edit this message', 'onclick': () => editor(question, text, (said) => actions.edit(message.id, said)) }, 'Edit');
  return tools('What you can do with this message', edit, ...chooser(message, actions));
}

/** Under an answer: another one, and those that there are. */
export function answerTools(message: Placed, actions: MessageActions): HTMLElement {
  const again = h('button', { 'type': 'button', 'class': 'quiet', 'aria-label': 'Regenerate this answer', 'onclick': () => actions.regenerate(message.id) }, 'Regenerate');
  return tools('What you can do with this answer', again, ...chooser(message, actions));
}

/** The log around it is read aloud as it grows; buttons are found by those who look for them. */
function tools(label: string, ...content: HTMLElement[]): HTMLElement {
  return h('div', { 'class': 'message-tools', 'role': 'group', 'aria-label': label, 'aria-live': 'off' }, ...content);
}

/** ‹ 2/3 ›: which of the versions in this place is shown. */
function chooser({ id, siblings = [] }: Placed, { choose }: MessageActions): HTMLElement[] {
  if (siblings.length < 2) {
    return [];
  }
  const at = siblings.indexOf(id);
  const step = (glyph: string, name: string, to: number) => h('button', {
    'type': 'button', 'class': 'quiet', 'aria-label': name, 'title': name, 'disabled': siblings[to] === undefined, 'onclick': () => choose(siblings[to]),
  }, glyph);
  return [h('span', { 'class': 'versions', 'data-message': id },
    step('‹', 'Previous version', at - 1),
    h('span', { 'role': 'img', 'aria-label': `Version ${at + 1} of ${siblings.length}` }, `${at + 1}/${siblings.length}`),
    step('›', 'Next version', at + 1))];
}

/** Puts a form in the place of a question until it is sent or left. */
function editor(question: HTMLElement, text: string, send: (text: string) => void): void {
  const before = [...question.childNodes];
  const leave = () => {
    question.classList.remove('editing');
    question.replaceChildren(...before);
    question.querySelector<HTMLElement>('.message-tools button')?.focus();
  };
  const area = h('textarea', { 'aria-label': 'Edited message', 'rows': Math.min(8, text.split('\n').length + 1) }) as HTMLTextAreaElement;
  area.value = text;
  const submit = () => {
    const said = area.value.trim();
    if (said !== '') {
      send(said);
    }
  };
  const form = h('form', {
    class: 'editor',
    onsubmit: (event: Event) => {
      event.preventDefault();
      submit();
    },
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        leave();
      } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        submit();
      }
    },
  }, area, h('div', { class: 'message-tools' }, h('button', { type: 'submit' }, 'Send'), h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Cancel')));
  question.classList.add('editing');
  question.replaceChildren(form);
  area.focus();
  area.setSelectionRange(text.length, text.length);
}
