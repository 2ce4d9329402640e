import type { OpenSearchReference, PassageIndex } from '../../lib/contract/passage-stores';
import { openSearchPassages } from '../adapters/open-search-passages';
import { signedJson } from '../adapters/signed-json';
import type { PassageStore } from '../ports/passage-store';

/** Chunks in a collection of OpenSearch Serverless. */
export function openStore({ endpoint }: OpenSearchReference, index: PassageIndex): PassageStore {
  return openSearchPassages(signedJson('aoss', endpoint), index, Date.now);
}
