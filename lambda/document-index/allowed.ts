import type { IndexRecipe } from '../../lib/contract/reindexing';
import { ChunkFailure, type ChunkFunction } from '../ports/chunks';
import { ScanDelay, type ScanReader } from '../ports/scans';

/** What a deployment may call to read documents, besides an embedding model. */
type Called = Pick<IndexRecipe, 'chunking' | 'context' | 'scans'>;

/** Whether a deployment that calls what `wanted` says may cut by the function of another recipe. */
export function mayCut({ chunking: { functionArn } }: Called, wanted: Called): boolean {
  return functionArn === undefined || functionArn === wanted.chunking.functionArn;
}

export function mayWriteLines({ context }: Called, wanted: Called): boolean {
  return context === undefined || context.modelId === wanted.context?.modelId;
}

export function mayScan({ scans }: Called, wanted: Called): boolean {
  return scans === undefined || scans.detail === wanted.scans?.detail;
}

/** Whether documents can be read by a recipe as they were. */
export function mayRead(recipe: Called, wanted: Called): boolean {
  return mayCut(recipe, wanted) && mayWriteLines(recipe, wanted) && mayScan(recipe, wanted);
}

/** Documents wait that it would cut, and what is found of them stays. */
export const NO_CUTTER: ChunkFunction = async () => {
  throw new ChunkFailure('unavailable', 'the index is cut by a function that this deployment may not call: its documents change once the new index answers');
};

/** Documents wait that it would read, and what is found of them stays. */
export const NO_SCANS: ScanReader = {
  begin: async () => { throw notRead(); },
  read: async () => { throw notRead(); },
};

function notRead(): ScanDelay {
  return new ScanDelay('busy', 'the index has scans that this deployment may not read in their way: they change once the new index answers');
}
