import { Changed, OutOfTime, Scanning, Taken } from './attempt';
import type { Outcome } from './document';
import { describeError, type LogFields } from '../kit/log';
import { isChunkFailure } from '../ports/chunks';
import { isServiceDelay } from '../ports/delays';
import { isEmbeddingFailure } from '../ports/embeddings';
import type { ModelFailure } from '../ports/model';
import { isOriginalAway } from '../ports/originals';
import { isParseFailure } from '../ports/parsing';
import { isStoreFailure } from '../ports/passage-store';
import { isScanDelay } from '../ports/scans';

const LONGEST_REASON = 1_000;

export interface Fault {
  readonly reason: string;
  /** That it is somebody else's, who may mend it: the next look through the source tries the document again. */
  readonly passes?: boolean;
}

/** What fails again however often it is tried. */
export function faultOf(error: unknown): Fault | undefined {
  const fault = (reason: string, passes = false): Fault => ({ reason: reason.slice(0, LONGEST_REASON), passes });
  if (isParseFailure(error)) return fault(error.message);
  if (isOriginalAway(error)) return fault(error.message, true);
  if (isChunkFailure(error) && error.kind === 'refused') return fault(error.message, true);
  if (isEmbeddingFailure(error) && !isPassing(error)) return fault(`The embedding model refuses a chunk of it: ${error.message}`);
  if (isStoreFailure(error) && error.kind === 'refused') return fault(`The store refuses a chunk of it: ${error.message}`);
  return undefined;
}

/** What fails by somebody's limits or breakdown, and not by itself. */
function isPassing(error: unknown): error is Error & { readonly kind: 'throttled' | 'unavailable' } {
  if (isServiceDelay(error)) return true;
  return (isEmbeddingFailure(error) || isStoreFailure(error) || isChunkFailure(error) || isModelFailure(error)) && (error.kind === 'throttled' || error.kind === 'unavailable');
}

/** Told by its name: what writes lines of context is a part of its own. */
function isModelFailure(error: unknown): error is ModelFailure {
  return error instanceof Error && error.name === 'ModelFailure';
}

/** What broke a document off, as the log may show it: what a function of the user's own said of it, too. */
export function describeBreak(error: unknown): LogFields {
  return { ...describeError(error), ...(isChunkFailure(error) && { reason: error.message }) };
}

/** What became of a document that was given back. */
export function heldBack(error: unknown): Outcome {
  if (error instanceof Taken) return { kind: 'hold', why: 'taken' };
  if (error instanceof Changed) return { kind: 'hold', why: 'changed' };
  if (error instanceof OutOfTime) return { kind: 'hold', why: 'time' };
  if (error instanceof Scanning) return { kind: 'hold', why: 'scanning' };
  if (isScanDelay(error)) return { kind: 'hold', why: 'throttled', cause: error };
  if (isPassing(error)) return { kind: 'hold', why: error.kind, cause: error };
  return { kind: 'broken', cause: error };
}
