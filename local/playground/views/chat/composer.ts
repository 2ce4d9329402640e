import type { Attached, Attachments } from './attachments';
import { h, spoken } from '../../dom';

export interface ComposerEvents {
  send(text: string, attached: readonly Attached[]): void;
  stop(): void;
}

export interface ComposerLook {
  readonly placeholder: string;
  /** Where files can be attached. */
  readonly attachments?: Attachments;
  /** What keys do, beside those that send and stop: the keys, and what they do. */
  readonly keys?: readonly (readonly [readonly string[], string])[];
}

/** Where a message is written. While an answer streams in, the next message can be written, and the button stops the answer. */
export class Composer {
  readonly element: HTMLFormElement;
  private readonly box: HTMLTextAreaElement;
  private readonly attachments?: Attachments;
  private readonly send = h('button', { type: 'submit', class: 'primary' }, 'Send');
  private readonly stop = h('button', { 'type': 'button', 'class': 'stop', 'aria-keyshortcuts': 'Escape', 'hidden': true, 'onclick': () => this.events.stop() }, 'Stop');
  private busy = false;

  constructor(private readonly events: ComposerEvents, { placeholder, attachments, keys = [] }: ComposerLook, ...tools: HTMLElement[]) {
    this.attachments = attachments;
    this.box = h('textarea', { 'id': 'message', 'rows': 2, placeholder, 'aria-describedby': 'keys', 'oninput': () => this.show() });
    this.box.addEventListener('keydown', (event) => {
      // Enter that ends an input method's word is not the one that sends.
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.element = h('form', {
      class: 'composer',
      onsubmit: (event: Event) => {
        event.preventDefault();
        this.submit();
      },
    },
    h('label', { for: 'message' }, spoken('Message')),
    attachments?.tray,
    this.box,
    h('div', { class: 'actions' }, hints(keys), attachments?.button, ...tools, this.stop, this.send));
    attachments?.watch(this.element);
    this.show();
  }

  get text(): string {
    return this.box.value;
  }

  focus(): void {
    this.box.focus();
  }

  setBusy(busy: boolean): void {
    const hadFocus = this.element.contains(document.activeElement) && document.activeElement !== this.box;
    this.busy = busy;
    this.show();
    // The button under the finger has just gone; the focus must not go with it.
    if (hadFocus) {
      this.focus();
    }
  }

  private submit(): void {
    const text = this.box.value;
    if (this.busy || this.attachments?.busy || !text.trim()) {
      return;
    }
    this.box.value = '';
    this.events.send(text, this.attachments?.take() ?? []);
  }

  /** Called when something else than the text has changed, too. */
  show(): void {
    this.send.hidden = this.busy;
    this.stop.hidden = !this.busy;
    this.send.disabled = Boolean(this.attachments?.busy) || !this.box.value.trim();
  }
}

function hints(more: NonNullable<ComposerLook['keys']>): HTMLElement {
  const all: NonNullable<ComposerLook['keys']> = [[['Enter'], 'sends'], [['Shift', 'Enter'], 'new line'], [['Esc'], 'stops'], ...more];
  const pressed = (keys: readonly string[]) => keys.flatMap((name, index) => [index > 0 && '+', h('kbd', {}, name)]);
  return h('p', { id: 'keys', class: 'hint' }, ...all.map(([keys, does]) => h('span', {}, ...pressed(keys), ` ${does}`)));
}
