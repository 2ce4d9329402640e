import type { OpenSearchReference, PassageIndex } from '../../lib/contract/passage-stores';
import { openSearchPassages, type Places } from '../adapters/open-search-passages';
import { signedJson } from '../adapters/signed-json';
import { deferred, once } from '../kit/deferred';
import type { PassageIndexes, PassageStore } from '../ports/passage-store';

/** Chunks in a collection of OpenSearch Serverless. */
export function openStore({ endpoint, table }: OpenSearchReference, index: PassageIndex): PassageStore {
  const places = deferred<Places>(once(async () => (await import('../parts/open-search-upkeep.js')).openPlaces(table, index.name)));
  return openSearchPassages(signedJson('aoss', endpoint), index, { places, now: Date.now });
}

/** Makes and drops the indexes of a collection. */
export function openIndexes(reference: OpenSearchReference): PassageIndexes {
  return deferred<PassageIndexes>(once(async () => (await import('../parts/open-search-upkeep.js')).openIndexes(reference)));
}
