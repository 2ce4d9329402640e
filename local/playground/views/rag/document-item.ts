import { StageRow } from './stage-row';
import { h, spoken } from '../../dom';
import { count, counted, size } from '../../format';

/** A document of a bucket, as the local cloud tells it. */
export interface Document {
  readonly key: string;
  readonly bytes: number;
  /** As the service calls it, in lower case; waiting where it has not heard of it. */
  readonly status: string;
  /** Chunks that it was cut into, and those of them that are embedded and written. */
  readonly chunks?: number;
  readonly written?: number;
  /** How much of it is done, from 0 to 1. */
  readonly progress?: number;
  readonly reason?: string;
  /** The stage at which it failed, where that is known. */
  readonly failedBefore?: string;
}

const STATES: Readonly<Record<string, string>> = {
  waiting: 'waiting to be read',
  starting: 'being read',
  in_progress: 'being read',
  queued: 'in line',
  scanning: 'a scan, which is being read',
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

/** One document in the list: what it is called, how far it has come, and a way to be rid of it. It stays the same element, so that whoever is on it stays there. */
export class DocumentItem {
  readonly element: HTMLElement;
  private readonly words = h('span', { class: 'when' });
  private readonly row?: StageRow;

  constructor(key: string, stages: readonly string[] | undefined, remove: () => void) {
    this.row = stages && new StageRow(stages, key);
    this.element = h('li', {},
      h('span', { class: 'title', title: key }, key),
      h('button', { type: 'button', class: 'quiet', onclick: remove }, 'Delete', spoken(` ${key}`)),
      this.row?.element,
      this.words);
  }

  show(document: Document): void {
    this.element.className = this.element.dataset.status = document.status;
    this.words.textContent = wordsOf(document);
    this.row?.show(document.status, document.progress, document.failedBefore);
  }
}

function wordsOf({ status, bytes, chunks, written = 0, progress, reason }: Document): string {
  const state = STATES[status] ?? status;
  const far = chunks !== undefined && progress !== undefined ? `${count(written)} of ${counted(chunks, 'chunk')}` : progress !== undefined ? `${Math.round(progress * 100)} %` : reason?.replace(/\.$/, '');
  return [
    far === undefined ? state : `${state}: ${far}`,
    chunks !== undefined && progress === undefined && counted(chunks, 'chunk'),
    bytes > 0 && size(bytes),
  ].filter(Boolean).join(' · ');
}
