import { ChatClient, ConversationSummary } from './client';
import { ConversationTools } from './conversation-tools';
import { h } from '../../dom';
import { moment } from '../../format';

/** The caller's conversations, newest first as the API gives them. */
export class ConversationList {
  readonly element: HTMLElement;
  private readonly items = h('ul', {});
  private readonly note = h('p', { class: 'hint' });
  private readonly more = h('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => void this.older() }, 'Show older');
  private readonly tools: ConversationTools;
  private shown: ConversationSummary[] = [];
  private cursor?: string;
  private selected?: string;

  constructor(private readonly client: ChatClient, private readonly signal: AbortSignal, private readonly open: (id?: string) => void) {
    this.tools = new ConversationTools(client, {
      renamed: () => void this.refresh(),
      deleted: (id) => {
        void this.refresh();
        if (id === this.selected) {
          this.open();
        }
      },
    });
    this.element = h('nav', { 'class': 'conversations', 'aria-label': 'Conversations' },
      h('button', { 'type': 'button', 'class': 'primary new', 'aria-keyshortcuts': 'Alt+Shift+N', 'onclick': () => this.open() }, 'New conversation'),
      this.tools.element, this.items, this.note, this.more);
  }

  async refresh(): Promise<void> {
    await this.load(undefined, []);
  }

  has(id: string): boolean {
    return this.shown.some((conversation) => conversation.id === id);
  }

  select(id: string | undefined): void {
    this.selected = id;
    this.tools.select(this.shown.find((conversation) => conversation.id === id));
    for (const button of this.items.querySelectorAll('button')) {
      this.mark(button);
    }
  }

  private async older(): Promise<void> {
    await this.load(this.cursor, this.shown);
  }

  private async load(cursor: string | undefined, before: readonly ConversationSummary[]): Promise<void> {
    try {
      const page = await this.client.conversations(this.signal, cursor);
      this.shown = [...before, ...page.conversations];
      this.cursor = page.nextCursor;
      this.show();
    } catch (error) {
      if (!this.signal.aborted) {
        this.note.textContent = `The list does not load: ${(error as Error).message}`;
      }
    }
  }

  private show(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.conversation;
    this.items.replaceChildren(...this.shown.map((conversation) => h('li', {}, this.button(conversation))));
    this.tools.select(this.shown.find(({ id }) => id === this.selected));
    this.note.textContent = this.shown.length === 0 ? 'What you talk about is kept here.' : '';
    this.more.hidden = this.cursor === undefined;
    if (focused) {
      this.items.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  private button({ id, title, updated_at: updatedAt, turns }: ConversationSummary): HTMLButtonElement {
    const button = h('button', { 'type': 'button', 'data-conversation': id, 'title': id, 'onclick': () => this.open(id) },
      h('span', { class: 'title' }, title || id),
      h('span', { class: 'when' }, `${moment(updatedAt)} · ${turns} ${turns === 1 ? 'turn' : 'turns'}`));
    this.mark(button);
    return button;
  }

  private mark(button: HTMLButtonElement): void {
    if (button.dataset.conversation === this.selected) {
      button.setAttribute('aria-current', 'true');
    } else {
      button.removeAttribute('aria-current');
    }
  }
}
