type Child = Node | string | undefined | false;
type Attribute = string | number | boolean | undefined | ((event: never) => void);

/** Builds an element. Text only ever becomes text nodes, so nothing that a model or a server says can become markup. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, Attribute> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      element.addEventListener(name.replace(/^on/, ''), value as EventListener);
    } else if (typeof value === 'boolean') {
      element.toggleAttribute(name, value);
    } else if (value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** Text for screen readers only. */
export function spoken(text: string): HTMLElement {
  return h('span', { class: 'spoken' }, text);
}

/** A button that copies what `text` gives at the time of the click, and says so in its own label for a moment. */
export function copyButton(label: string, text: () => string, description?: string): HTMLButtonElement {
  const name = h('span', {}, label);
  const status = h('span', { role: 'status', class: 'spoken' });
  const button = h('button', { type: 'button', class: 'quiet', title: description }, name, status);
  button.addEventListener('click', async () => {
    const copied = text();
    try {
      await navigator.clipboard.writeText(copied);
    } catch {
      showForCopying(copied);
      return;
    }
    name.textContent = 'Copied';
    status.textContent = 'Copied to the clipboard';
    setTimeout(() => {
      name.textContent = label;
      status.textContent = '';
    }, 1600);
  });
  return button;
}

/** Browsers may refuse the clipboard to a page; then the text is there to be copied by hand. */
function showForCopying(text: string): void {
  const field = h('textarea', { 'readonly': true, 'rows': 8, 'aria-label': 'Text to copy' });
  field.value = text;
  const dialog = h('dialog', { onclose: () => dialog.remove() },
    h('p', {}, 'This browser keeps the clipboard to itself. Copy it from here:'),
    field,
    h('form', { method: 'dialog' }, h('button', {}, 'Close')));
  document.body.append(dialog);
  dialog.showModal();
  field.select();
}
