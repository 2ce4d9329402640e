import type { Atom } from './atoms';
import { estimateTokens } from './tokens';
import type { Chunk } from '../ports/chunks';
import type { ParsedDocument } from '../ports/parsing';

/** Where a chunk lies. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly tableHead?: string;
}

/** Chunks of atoms, of which the first of each is given. */
export function spansOf(atoms: readonly Atom[], firsts: readonly number[]): Span[] {
  return firsts.map((first, at) => {
    const { start, tableHead } = atoms[first];
    return { start, end: atoms[(firsts[at + 1] ?? atoms.length) - 1].end, ...(tableHead !== undefined && { tableHead }) };
  });
}

/** Chunks with all that is known of where they stand. Spans come in the order of the text. */
export function chunksOf({ text, blocks, pages = [] }: ParsedDocument, spans: readonly Span[]): Chunk[] {
  const headings = blocks.filter(({ kind }) => kind === 'heading');
  const path: { readonly level: number; readonly text: string }[] = [];
  let next = 0;
  let page = 0;
  return spans.map(({ start, end, tableHead }) => {
    for (; next < headings.length && headings[next].end <= start; next++) {
      const { level = 1, start: from, end: to } = headings[next];
      while (path.length > 0 && path[path.length - 1].level >= level) path.pop();
      path.push({ level, text: text.slice(from, to).replace(/^\s*#{0,6}\s*|[\s#]*$/g, '').replace(/\s+/g, ' ') });
    }
    const own = headings[next]?.start === start ? headings[next].level ?? 1 : Infinity;
    while (page < pages.length && pages[page].start <= start) page++;
    return {
      text: text.slice(start, end),
      start,
      end,
      headings: path.filter((heading) => heading.level < own && heading.text !== '').map((heading) => heading.text),
      ...(page > 0 && { page: pages[page - 1].page }),
      ...(tableHead !== undefined && { tableHead }),
      // Of what it says by itself: what stands around it would change what is charged for its ends.
      tokens: estimateTokens(text.slice(start, end)),
    };
  });
}
