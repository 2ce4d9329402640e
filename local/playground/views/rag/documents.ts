import { Document, DocumentItem } from './document-item';
import { h } from '../../dom';

interface Folder {
  readonly bucket: string;
  readonly prefix: string;
  /** What a document goes through, where that is known. */
  readonly stages?: readonly string[];
  readonly documents: readonly Document[];
}

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
  /** By bucket and key. */
  private readonly known = new Map<string, DocumentItem>();
  private shown = '';

  /** @param changed told how many can be found */
  constructor(private readonly signal: AbortSignal, private readonly changed: (found: number) => void = () => undefined) {
    this.element = h('section', { 'class': 'conversations', 'aria-label': 'Documents', 'hidden': true },
      h('label', { for: 'file', class: 'upload' }, h('span', {}, 'Upload documents'), this.file),
      this.trouble, this.note, this.items);
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
    const all = this.folders.flatMap(({ bucket, stages, documents }) => documents.map((document) => ({ id: `${bucket}/${document.key}`, bucket, stages, ...document })));
    for (const [id, { element }] of this.known) {
      if (!all.some((document) => document.id === id)) {
        element.remove();
        this.known.delete(id);
      }
    }
    all.forEach(({ id, bucket, stages, ...document }, at) => {
      const item = this.known.get(id) ?? new DocumentItem(document.key, stages, () => void this.change('/local/documents/removal', { bucket, key: document.key }));
      this.known.set(id, item);
      item.show(document);
      // What stands where it belongs is left there, and whoever is on its button with it.
      if (this.items.children.item(at) !== item.element) {
        this.items.insertBefore(item.element, this.items.children.item(at));
      }
    });
    const found = all.filter(({ status }) => status === 'indexed').length;
    const failed = all.filter(({ status }) => status === 'failed').map(({ key }) => key);
    const unread = failed.length > 2 ? ` ${failed.length} could not be read.` : failed.map((key) => ` ${key} could not be read.`).join('');
    const note = all.length === 0 ? 'There are none yet. Upload some, or drop them here.' : `${found} of ${all.length} can be found.${unread}`;
    // What is written again is spoken again.
    if (this.note.textContent !== note) {
      this.note.textContent = note;
    }
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
