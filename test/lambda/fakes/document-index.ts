import { createHash } from 'node:crypto';
import { isBefore } from '../../../lambda/document-index/compare';
import type { Chunker } from '../../../lambda/ports/chunks';
import type { DocumentState, DocumentStates, ListedDocuments } from '../../../lambda/ports/document-states';
import { EmbeddingFailure, type Embeddings } from '../../../lambda/ports/embeddings';
import type { IndexRegistry } from '../../../lambda/ports/index-registry';
import type { Originals } from '../../../lambda/ports/originals';
import { ParseFailure, type Parser } from '../../../lambda/ports/parsing';
import { type MeaningSearch, type PassageStore, type StoredChunk, StoreFailure, type StoreHit, type WordSearch } from '../../../lambda/ports/passage-store';
import { ScanDelay, type ScannedDocument, type ScanReader } from '../../../lambda/ports/scans';
import type { Indexes } from '../../../lib/contract/reindexing';

/** What a bucket holds, by key. */
export class MemoryOriginals implements Originals {
  readonly objects = new Map<string, string>();

  async find(_: string, key: string) {
    const content = this.objects.get(key);
    return content === undefined ? undefined : { tag: tagOf(content), bytes: content.length };
  }

  async read(_: string, key: string, tag: string) {
    const content = this.objects.get(key);
    return content === undefined || tagOf(content) !== tag ? undefined : new TextEncoder().encode(content);
  }

  async* list(_: string, prefix: string, after = '') {
    const keys = [...this.objects.keys()].filter((one) => one.startsWith(prefix) && isBefore(after, one));
    for (const key of keys.sort((one, other) => (isBefore(one, other) ? -1 : 1))) {
      const content = this.objects.get(key);
      if (content !== undefined) yield { key, tag: tagOf(content) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function tagOf(content: string): string {
  return createHash('md5').update(content).digest('hex');
}

export class MemoryDocumentStates implements DocumentStates {
  readonly items = new Map<string, { state: DocumentState; revision: number }>();

  async find(source: string, key: string) {
    return this.items.get(`${source} ${key}`);
  }

  async save(state: DocumentState, revision: number | undefined) {
    const name = `${state.source} ${state.key}`;
    if (this.items.get(name)?.revision !== revision) return undefined;
    const next = (revision ?? 0) + 1;
    this.items.set(name, { state: JSON.parse(JSON.stringify(state)) as DocumentState, revision: next });
    return next;
  }

  async remove(source: string, key: string) {
    this.items.delete(`${source} ${key}`);
  }

  async* all(source: string, after = '') {
    const states = [...this.items.values()].map(({ state }) => state).filter((one) => one.source === source && (after === '' || isBefore(after, one.key)));
    yield* states.sort((one, other) => (isBefore(one.key, other.key) ? -1 : 1));
  }
}

/** What is listed of documents, by the same rules as the table's index. */
export function listedIn(states: MemoryDocumentStates, indexes: Indexes = { known: {} }): ListedDocuments {
  const all = () => [...states.items.values()].map(({ state }) => state).sort((one, other) => (isBefore(one.key, other.key) ? -1 : 1));
  return {
    indexes: async () => indexes,
    async page({ state, tenant, after, most }) {
      const isListed = ({ tenants = [] }: DocumentState) => (tenant === undefined ? tenants.length !== 1 : tenants.length === 1 && tenants[0] === tenant);
      const found = all().filter((one) => one.state === state && isListed(one) && (!after || isBefore(after.key, one.key)));
      return { documents: found.slice(0, most), more: found.length > most };
    },
    find: async (source, key) => states.items.get(`${source} ${key}`)?.state,
  };
}

/** A store that breaks off in the middle where it is told to. */
export class MemoryStore implements PassageStore {
  readonly chunks = new Map<string, StoredChunk>();

  constructor(private readonly mishap: () => 'throttled' | 'unavailable' | undefined = () => undefined) {}

  async write(chunks: readonly StoredChunk[]) {
    const kind = this.mishap();
    for (const chunk of kind ? chunks.slice(0, chunks.length / 2) : chunks) this.chunks.set(chunk.id, chunk);
    if (kind) throw new StoreFailure(kind, 'the store is not at its best');
  }

  async remove(ids: readonly string[]) {
    const kind = this.mishap();
    for (const id of kind ? ids.slice(0, ids.length / 2) : ids) this.chunks.delete(id);
    if (kind) throw new StoreFailure(kind, 'the store is not at its best');
  }

  /** Those that have most words of the text in common: its vector is the text's. */
  async byMeaning({ vector, most }: MeaningSearch) {
    return this.best(String.fromCharCode(...vector), most);
  }

  async byWords({ words, most }: WordSearch) {
    return this.best(words, most);
  }

  private best(text: string, most: number): StoreHit[] {
    const asked = new Set(text.split(/\s+/));
    const scored = [...this.chunks.values()].map(({ vector: _, ...chunk }) => ({ chunk, score: chunk.text.split(/\s+/).filter((word) => asked.has(word)).length }));
    return scored.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score).slice(0, most);
  }
}

/** Which indexes there are, in memory. */
export class MemoryIndexRegistry implements IndexRegistry {
  kept?: { indexes: Indexes; revision: number };

  async read() {
    return this.kept && structuredClone(this.kept);
  }

  async save(indexes: Indexes, revision: number | undefined) {
    if (this.kept?.revision !== revision) return false;
    this.kept = { indexes: JSON.parse(JSON.stringify(indexes)) as Indexes, revision: (revision ?? 0) + 1 };
    return true;
  }
}

/** Jobs of a service that reads scans: each is done after a while, and begun once for a token. */
export class MemoryScans implements ScanReader {
  readonly jobs = new Map<string, { readonly key: string; readonly since: number }>();
  /** Every call that begins a job. */
  begun = 0;
  takes = 45_000;
  lost = new Set<string>();
  refuses: Error | undefined;

  constructor(private readonly clock: { now(): number }, private readonly originals: MemoryOriginals) {}

  async begin({ key }: { readonly key: string }, token: string) {
    this.begun++;
    if (this.refuses) throw this.refuses;
    if (!this.jobs.has(token)) this.jobs.set(token, { key, since: this.clock.now() });
    return token;
  }

  async read(job: string, _?: AbortSignal): Promise<ScannedDocument | undefined> {
    const known = this.jobs.get(job);
    if (!known || this.lost.has(job)) throw new ScanDelay('lost', 'no such job');
    if (this.clock.now() - known.since < this.takes) return undefined;
    const text = (this.originals.objects.get(known.key) ?? '').split('\n').slice(1).join('\n');
    if (text === '') throw new ParseFailure('broken', 'Textract could not read the document');
    return { document: { text, blocks: [{ kind: 'paragraph' as const, start: 0, end: text.length }], pages: [{ page: 1, start: 0 }], notes: [] }, pages: 3 };
  }
}

/** Lines are chunks; what begins with `broken` cannot be read, what begins with `scan` is a picture of as many pages as it says. */
export const LINE_PARSER: Parser = {
  async parse(bytes) {
    const text = new TextDecoder().decode(bytes);
    const [, pages] = /^scan (\d+)/.exec(text) ?? [];
    if (pages !== undefined) throw new ParseFailure('scanned', 'It is a scan', { pages: Number(pages) });
    if (text.startsWith('broken')) throw new ParseFailure('broken', 'It is broken.');
    return { text, blocks: [{ kind: 'paragraph', start: 0, end: text.length }], notes: [] };
  },
};

export const LINE_CHUNKER: Chunker = {
  async chunk({ text }) {
    return [...text.matchAll(/[^\n]+/g)].map(({ 0: line, index }) => ({ text: line, start: index, end: index + line.length, headings: [], tokens: line.length }));
  },
};

export function lengthEmbeddings(mishap: () => 'throttled' | 'unavailable' | undefined = () => undefined): Embeddings {
  return {
    async embed(texts) {
      const kind = mishap();
      if (kind) throw new EmbeddingFailure(kind, 'the model is busy');
      return texts.map((text) => [...text].map((letter) => letter.charCodeAt(0)));
    },
  };
}
