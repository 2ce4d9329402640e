import { h, spoken } from '../../dom';

/** A document of a knowledge base's bucket, as the local cloud tells it. */
interface Document {
  readonly key: string;
  readonly bytes: number;
  /** As the service calls it, in lower case; waiting where it has not heard of it. */
  readonly status: string;
  /** How much of it is done, from 0 to 1. */
  readonly progress?: number;
  readonly reason?: string;
}

interface Folder {
  readonly bucket: string;
  readonly prefix: string;
  readonly documents: readonly Document[];
}

const STATES: Readonly<Record<string, string>> = {
  waiting: 'waiting to be read',
  starting: 'being read',
  in_progress: 'being read',
  queued: 'in line',
  parsed: 'read',
  chunked: 'being embedded',
  embedded: 'taking the place of what was there',
  indexed: 'can be found',
  partially_indexed: 'partly found',
  failed: 'could not be read',
  deleting: 'being forgotten',
  delete_in_progress: 'being forgotten',
  ignored: 'left out',
};
const LOOK_AGAIN_MS = 700;
const LARGEST = 20 * 1024 * 1024;

/** The documents of a local cloud: what there is, whether it can be found yet, and a way to bring more or take some away. */
export class Documents {
  readonly element: HTMLElement;
  private readonly items = h('ul', { 'class': 'documents', 'aria-label': 'Documents' });
  private readonly note = h('p', { class: 'hint', role: 'status' });
  private readonly trouble = h('p', { class: 'trouble', role: 'alert' });
  private readonly file = h('input', { type: 'file', id: 'file', multiple: true, class: 'spoken', onchange: () => void this.upload([...this.file.files ?? []]) });
  private folders: readonly Folder[] = [];
  private shown = '';

  /** @param changed told how many can be found */
  constructor(private readonly signal: AbortSignal, private readonly changed: (found: number) => void = () => undefined) {
    this.element = h('section', { 'class': 'conversations', 'aria-label': 'Documents', 'hidden': true },
      h('label', { for: 'file', class: 'upload' }, h('span', {}, 'Upload documents'), this.file),
      this.trouble, this.items, this.note);
    for (const event of ['dragover', 'drop'] as const) {
      document.addEventListener(event, (dragged) => this.onDrag(dragged), { signal });
    }
    void this.watch();
  }

  async upload(files: readonly File[]): Promise<void> {
    this.trouble.textContent = '';
    const [folder] = this.folders;
    for (const file of files) {
      if (!folder || file.size > LARGEST) {
        this.trouble.textContent = folder ? `${file.name} has more than 20 MB, which this page does not take: upload it with the S3 client.` : 'This stack has no bucket of documents.';
        continue;
      }
      const content = await base64(file);
      await this.change('/local/documents', { bucket: folder.bucket, key: `${folder.prefix}${file.name}`, content, contentType: file.type });
    }
    this.file.value = '';
  }

  private onDrag(event: DragEvent): void {
    if (this.element.hidden || !event.dataTransfer?.types.includes('Files')) {
      return;
    }
    event.preventDefault();
    if (event.type === 'drop') {
      void this.upload([...event.dataTransfer.files]);
    }
  }

  private async watch(): Promise<void> {
    while (!this.signal.aborted) {
      await this.look().catch((error: Error) => {
        this.note.textContent = this.signal.aborted ? '' : `The documents cannot be seen: ${error.message}`;
      });
      await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
    }
  }

  private async look(): Promise<void> {
    const response = await fetch('/local/documents', { signal: this.signal });
    if (!response.ok) {
      throw new Error(`/local/documents answered ${response.status}`);
    }
    const folders = await response.json() as Folder[];
    const shown = JSON.stringify(folders);
    if (shown === this.shown) {
      return;
    }
    this.shown = shown;
    this.folders = folders;
    // A stack without documents has nothing to show here.
    this.element.hidden = folders.length === 0;
    this.show();
  }

  private show(): void {
    const all = this.folders.flatMap(({ bucket, documents }) => documents.map((document) => ({ bucket, ...document })));
    this.items.replaceChildren(...all.map(({ bucket, key, status, progress, reason }) => h('li', { 'class': status, 'data-status': status },
      h('span', { class: 'title', title: key }, key),
      h('span', { class: 'when' }, [STATES[status] ?? status, progress === undefined ? reason : `${Math.round(progress * 100)} %`].filter(Boolean).join(': ')),
      h('button', { type: 'button', class: 'quiet', onclick: () => void this.change('/local/documents/removal', { bucket, key }) }, 'Delete', spoken(` ${key}`)))));
    const found = all.filter(({ status }) => status === 'indexed').length;
    this.note.textContent = all.length === 0 ? 'There are none yet. Upload some, or drop them here.' : `${found} of ${all.length} can be found.`;
    this.changed(found);
  }

  private async change(path: string, body: object): Promise<void> {
    const response = await fetch(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: this.signal });
    if (!response.ok) {
      this.trouble.textContent = (await response.json() as { message?: string }).message ?? `${path} answered ${response.status}`;
    }
    await this.look();
  }
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
