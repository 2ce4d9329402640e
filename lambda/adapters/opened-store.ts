import type { StoreReference } from '../../lib/contract/own-knowledge';
import type { PassageIndex, SharedStore } from '../../lib/contract/passage-stores';
import { deferred, once } from '../kit/deferred';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

type Kind = StoreReference['kind'];
type Reference<K extends Kind> = Extract<StoreReference, { readonly kind: K }>;

/** What the part of a store gives. */
interface StorePart<K extends Kind> {
  openStore(reference: Reference<K>, index: PassageIndex): PassageStore;
  openIndexes?(reference: Reference<K>): PassageIndexes;
}

/** The part of each store, a file of its own beside the handler: only the one that is needed is there. */
const PARTS: { readonly [K in Kind]: () => Promise<StorePart<K>> } = {
  s3Vectors: () => import('../parts/store-s3-vectors.js'),
  pgvector: () => import('../parts/store-pgvector.js'),
  openSearch: () => import('../parts/store-open-search.js'),
  pinecone: () => import('../parts/store-pinecone.js'),
  redis: () => import('../parts/store-redis.js'),
  memoryDb: () => import('../parts/store-memory-db.js'),
};

/** Chunks in whatever store a reference names, whose part is loaded when it is first needed. */
export function openedStore<K extends Kind>(reference: Reference<K>, index: PassageIndex): PassageStore {
  const load: () => Promise<StorePart<K>> = PARTS[reference.kind as K];
  return deferred<PassageStore>(once(async () => (await load()).openStore(reference, { ...index, name: nameIn(reference, index.name) })));
}

/** The indexes that such a store keeps beside each other. */
export function openedIndexes<K extends Kind>(reference: Reference<K>): PassageIndexes {
  const load: () => Promise<StorePart<K>> = PARTS[reference.kind as K];
  return deferred<PassageIndexes>(once(async () => {
    const { openIndexes } = await load();
    if (!openIndexes) throw new Error(`the store '${reference.kind}' makes no indexes`);
    const indexes = openIndexes(reference);
    return {
      make: (index) => indexes.make({ ...index, name: nameIn(reference, index.name) }),
      drop: (name, signal, from) => indexes.drop(nameIn(reference, name), signal, from),
    };
  }));
}

/** What an index is called in its store, which may hold those of others too. */
function nameIn(reference: StoreReference & SharedStore, name: string): string {
  return `${reference.prefix ?? ''}${name}`;
}
