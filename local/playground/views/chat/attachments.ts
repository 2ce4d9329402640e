import { ApiError } from '../../api-error';
import { h } from '../../dom';
import type { SignedFetch } from '../../signed-fetch';

/** A file that stands beside the message which is being written. */
interface Attachment {
  readonly name: string;
  readonly element: HTMLElement;
  id?: string;
}

/** What is attached to a message, by the ids that its uploads were given. */
export interface Attached {
  readonly id: string;
  readonly name: string;
}

interface Place {
  readonly id: string;
  readonly upload: { readonly url: string; readonly fields: Readonly<Record<string, string>>; readonly max_bytes: number };
}

/** Files on their way to the model: chosen or dropped, uploaded at once, shown with how far they are. */
export class Attachments {
  readonly button: HTMLElement;
  readonly tray = h('ul', { 'class': 'attachments', 'aria-label': 'Attachments', 'hidden': true });
  private readonly input = h('input', { 'type': 'file', 'multiple': true, 'hidden': true, 'aria-hidden': 'true', 'onchange': () => this.chosen() });
  private readonly state = h('span', { class: 'spoken', role: 'status' });
  private attachments: Attachment[] = [];

  constructor(private readonly api: SignedFetch, private readonly changed: () => void) {
    this.button = h('span', {}, h('button', { type: 'button', class: 'quiet', title: 'Show the model an image or a document', onclick: () => this.input.click() }, 'Attach'), this.input, this.state);
  }

  /** Whether some are still on their way. */
  get busy(): boolean {
    return this.attachments.some(({ id }) => id === undefined);
  }

  /** Takes files that are dropped on an element. */
  watch(element: HTMLElement): void {
    element.addEventListener('dragover', (event) => event.preventDefault());
    element.addEventListener('drop', (event) => {
      event.preventDefault();
      this.add([...event.dataTransfer?.files ?? []]);
    });
  }

  /** Gives what has arrived to the message that is sent, and begins anew. */
  take(): Attached[] {
    const taken = this.attachments.flatMap(({ id, name }) => id === undefined ? [] : [{ id, name }]);
    this.attachments = [];
    this.show();
    return taken;
  }

  private chosen(): void {
    this.add([...this.input.files ?? []]);
    this.input.value = '';
  }

  private add(files: readonly File[]): void {
    for (const file of files) {
      const progress = h('progress', { 'max': 1, 'value': 0, 'aria-label': `Upload of ${file.name}` });
      const attachment: Attachment = { name: file.name, element: h('li', {}, h('span', {}, file.name), progress) };
      attachment.element.append(h('button', { 'type': 'button', 'class': 'quiet', 'aria-label': `Remove ${file.name}`, 'onclick': () => this.remove(attachment) }, '×'));
      this.attachments.push(attachment);
      void this.upload(attachment, file, progress);
      void thumbnail(file).then((image) => image && attachment.element.prepend(image));
    }
    this.show();
  }

  private async upload(attachment: Attachment, file: File, progress: HTMLProgressElement): Promise<void> {
    try {
      const response = await this.api('v1/files', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ filename: file.name }) });
      if (!response.ok) {
        throw await ApiError.from(response);
      }
      const { id, upload } = await response.json() as Place;
      await sendForm(upload.url, upload.fields, file, (share) => {
        progress.value = share;
      });
      attachment.id = id;
      progress.remove();
      this.state.textContent = `${file.name} is attached.`;
    } catch (error) {
      progress.replaceWith(h('span', { class: 'trouble', role: 'alert' }, (error as Error).message));
      this.attachments = this.attachments.filter((one) => one !== attachment);
    }
    this.changed();
  }

  private remove(attachment: Attachment): void {
    this.attachments = this.attachments.filter((one) => one !== attachment);
    attachment.element.remove();
    this.show();
  }

  private show(): void {
    this.tray.replaceChildren(...this.attachments.map(({ element }) => element));
    this.tray.hidden = this.attachments.length === 0;
    this.changed();
  }
}

/** `fetch` does not tell how much of a body is sent. */
function sendForm(url: string, fields: Readonly<Record<string, string>>, file: File, sent: (share: number) => void): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, value);
  }
  form.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => sent(total > 0 ? loaded / total : 0);
    request.onload = () => request.status < 300 ? resolve() : reject(new Error(/<Message>([^<]*)/.exec(request.responseText)?.[1] ?? `The upload was refused with ${request.status}.`));
    request.onerror = () => reject(new Error('The upload did not arrive.'));
    request.open('POST', url);
    request.send(form);
  });
}

/** A small picture of an image; nothing for what is none. */
async function thumbnail(file: File): Promise<HTMLImageElement | undefined> {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
    return undefined;
  }
  const source = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.readAsDataURL(file);
  });
  return h('img', { src: source, alt: '', width: 32, height: 32 });
}
