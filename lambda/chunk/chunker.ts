import { chunksOf, type Span } from './spans';
import { byStructure } from './structure';
import { byPages, bySentences, byTables, byTokens } from './ways';
import type { ChunkingPolicy } from '../../lib/contract/diy-rag';
import type { Chunk, Chunker } from '../ports/chunks';
import type { ParsedDocument } from '../ports/parsing';

/**
 * Cuts documents as a policy says.
 *
 * @param custom who cuts where the policy says `custom`
 */
export function chunker(policy: ChunkingPolicy, custom?: Chunker): Chunker {
  if (policy.by !== 'custom') return { chunk: (document) => Promise.resolve(cut(document, policy)) };
  if (!custom) throw new Error('a policy that says custom needs a chunker of the user\'s own');
  return custom;
}

/** Every character that is not blank is in a chunk, and in one alone but where an overlap is asked for. */
export function cut(document: ParsedDocument, policy: ChunkingPolicy): Chunk[] {
  return chunksOf(document, spansBy(document, policy));
}

function spansBy(document: ParsedDocument, { by, tokens, overlapTokens = 0, rows }: ChunkingPolicy): Span[] {
  switch (by) {
    case 'sentences': return bySentences(document, tokens);
    case 'tokens': return byTokens(document, tokens, overlapTokens);
    case 'pages': return byPages(document, tokens);
    case 'tables': return byTables(document, tokens, rows);
    default: return byStructure(document, tokens);
  }
}
