import { trimmed } from './atoms';
import type { Span } from './spans';
import { estimateTokens } from './tokens';
import { type ChunkRequest, MOST_CHUNKS } from '../../lib/contract/diy-rag';
import { ChunkFailure } from '../ports/chunks';
import type { ParsedDocument } from '../ports/parsing';

/** What a function that cuts documents is asked. */
export function chunkRequest({ text, title, blocks, pages }: ParsedDocument): ChunkRequest {
  return { version: 1, document: { text, ...(title !== undefined && { title }), blocks, ...(pages && { pages }) } };
}

/** Reads what a function answered, in the order of the text and without the blanks around chunks; throws `ChunkFailure` where it makes no sense. */
export function chunkResponse(answer: unknown, { text }: ParsedDocument, most: number): Span[] {
  const chunks = (answer as { chunks?: unknown } | null)?.chunks;
  if (!Array.isArray(chunks)) refuse('must answer with a list \'chunks\'');
  if (chunks.length > MOST_CHUNKS) refuse(`must answer with ${MOST_CHUNKS} chunks at most, got ${chunks.length}`);
  const spans = chunks.flatMap((chunk, at) => spanOf(chunk, at, text, most) ?? []).sort((one, other) => one.start - other.start || one.end - other.end);
  if (spans.length === 0 && text.trim() !== '') refuse('must answer with at least one chunk that is not blank, for the document has text, got none');
  return spans;
}

function spanOf(chunk: unknown, at: number, text: string, most: number): Span | undefined {
  const { start, end } = (chunk ?? {}) as { start?: unknown; end?: unknown };
  if (!isPlace(start, text) || !isPlace(end, text) || start >= end) {
    return refuse(`must give 'start' and 'end' of chunk ${at} as whole numbers from 0 to ${text.length}, the end behind the start, got ${JSON.stringify({ start, end })}`);
  }
  const span = trimmed(text, start, end);
  const tokens = span ? estimateTokens(text, span.start, span.end) : 0;
  if (tokens > most) refuse(`must keep chunks within ${most} tokens, but chunk ${at} has about ${tokens}: cut it, or raise 'splitter.tokens'`);
  return span;
}

function isPlace(value: unknown, text: string): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= text.length;
}

function refuse(reason: string): never {
  throw new ChunkFailure('refused', `the function that cuts documents ${reason}`);
}
