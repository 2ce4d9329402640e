import { ChatClient, ConversationSummary } from './client';
import { h } from '../../dom';

export interface ConversationToolsEvents {
  renamed(): void;
  deleted(id: string): void;
}

/** What can be done with the conversation that is open. */
export class ConversationTools {
  readonly element: HTMLElement;
  private conversation?: ConversationSummary;

  constructor(private readonly client: ChatClient, private readonly events: ConversationToolsEvents) {
    this.element = h('div', { 'class': 'tools', 'role': 'group', 'aria-label': 'This conversation', 'hidden': true },
      h('button', { type: 'button', class: 'quiet', onclick: () => this.rename() }, 'Rename'),
      h('button', { type: 'button', class: 'quiet', onclick: () => this.delete() }, 'Delete'));
  }

  select(conversation: ConversationSummary | undefined): void {
    this.conversation = conversation;
    this.element.hidden = conversation === undefined;
  }

  private rename(): void {
    const { id, title } = this.conversation!;
    const box = h('input', { type: 'text', id: 'title', required: true, maxlength: 200, autocomplete: 'off' });
    box.value = title;
    openDialog('Rename the conversation', [h('label', { for: 'title' }, 'Title'), box], h('button', { class: 'primary' }, 'Rename'), async () => {
      await this.client.rename(id, box.value);
      this.events.renamed();
    });
    box.select();
  }

  private delete(): void {
    const { id, title } = this.conversation!;
    const question = h('p', {}, 'Everything that was said in ', h('strong', {}, title || id), ' is deleted for good.');
    openDialog('Delete the conversation?', [question], h('button', { class: 'stop' }, 'Delete'), async () => {
      await this.client.delete(id);
      this.events.deleted(id);
    });
  }
}

/** Asks before something is done, and stays open with the server's words when it is refused. The browser gives the focus back. */
function openDialog(title: string, content: HTMLElement[], confirm: HTMLButtonElement, act: () => Promise<void>): void {
  const trouble = h('p', { class: 'trouble', role: 'alert' });
  const submit = async (event: Event) => {
    event.preventDefault();
    confirm.disabled = true;
    try {
      await act();
      dialog.close();
    } catch (error) {
      trouble.textContent = (error as Error).message;
    } finally {
      confirm.disabled = false;
    }
  };
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title', 'onclose': () => dialog.remove() },
    h('form', { onsubmit: (event: Event) => void submit(event) },
      h('h2', { id: 'dialog-title' }, title), ...content, trouble,
      h('div', { class: 'actions' }, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), confirm)));
  document.body.append(dialog);
  dialog.showModal();
}
