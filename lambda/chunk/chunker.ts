import { chunkRequest, chunkResponse } from './custom';
import { chunksOf, type Span } from './spans';
import { byStructure } from './structure';
import { byPages, bySentences, byTables, byTokens } from './ways';
import type { ChunkingPolicy } from '../../lib/contract/diy-rag';
import type { Chunk, Chunker, ChunkFunction } from '../ports/chunks';
import type { ParsedDocument } from '../ports/parsing';

/**
 * Cuts documents as a policy says.
 *
 * @param ask the function that cuts where the policy says `custom`
 */
export function chunker(policy: ChunkingPolicy, ask?: ChunkFunction): Chunker {
  if (policy.by !== 'custom') return { chunk: (document) => Promise.resolve(cut(document, policy)) };
  if (!ask) throw new Error('a policy that says custom needs a function to ask');
  return {
    async chunk(document, signal) {
      return chunksOf(document, chunkResponse(await ask(chunkRequest(document), signal), document, policy.tokens));
    },
  };
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
