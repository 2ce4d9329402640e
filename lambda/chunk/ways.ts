import { type Atom, Break, trimmed } from './atoms';
import { blockAtoms, tableAtoms } from './blocks';
import { pack } from './packing';
import { type Span, spansOf } from './spans';
import { byStructure } from './structure';
import { measureTokens, tokensEnd } from './tokens';
import type { ParsedDocument, TextBlock } from '../ports/parsing';

/** Any place is as good as another, but within a sentence. */
const ANYWHERE = { [Break.NEVER]: 0, [Break.WORD]: 0.6, [Break.SENTENCE]: 0, [Break.LINE]: 0, [Break.PARAGRAPH]: 0, [Break.HEADING]: 0 };
/** What evenly packed chunks are like, in parts of the longest. */
const EVEN = 0.85;

/** Sentences one after another, whatever they stand under. */
export function bySentences({ text, blocks }: ParsedDocument, most: number): Span[] {
  const atoms = blocks.flatMap((block) => blockAtoms(text, block, most));
  return spansOf(atoms, pack(text, atoms, { most, ideal: most * EVEN, price: ANYWHERE }));
}

/** As many tokens each, and some of them again in the next. */
export function byTokens({ text, blocks }: ParsedDocument, most: number, overlap: number): Span[] {
  const spans: Span[] = [];
  let rest = trimmed(text, blocks[0]?.start ?? 0, blocks.at(-1)?.end ?? 0);
  while (rest) {
    // From the first word on: counted from blanks before it, the next chunk might begin there once more.
    const { start, end: last } = rest;
    const end = tokensEnd(text, start, last, most);
    spans.push({ start, end: trimmed(text, start, end)?.end ?? end });
    if (end >= last) break;
    rest = trimmed(text, overlap === 0 ? end : tokensEnd(text, start, last, most - overlap), last);
  }
  return spans;
}

/** A chunk a page; a page that is too long is cut by its structure. Where there are no pages, the document is. */
export function byPages({ text, blocks, pages = [] }: ParsedDocument, most: number): Span[] {
  const starts = [...new Set([0, ...pages.map(({ start }) => start)])];
  return starts.flatMap((start, at) => {
    const end = starts[at + 1] ?? text.length;
    const page = pages.length > 0 ? trimmed(text, start, end) : undefined;
    if (page && measureTokens(text, page.start, page.end) <= most) return [page];
    return byStructure({ text, blocks: blocks.flatMap((block) => within(block, start, end)) }, most);
  });
}

function within(block: TextBlock, start: number, end: number): TextBlock[] {
  const part = { ...block, start: Math.max(block.start, start), end: Math.min(block.end, end) };
  return part.start < part.end ? [part] : [];
}

/** Rows of tables, each chunk with the table's head; what is around them by its structure. */
export function byTables({ text, blocks }: ParsedDocument, most: number, rows?: number): Span[] {
  const spans: Span[] = [];
  let others: TextBlock[] = [];
  const flush = () => {
    if (others.length > 0) for (const span of byStructure({ text, blocks: others }, most)) spans.push(span);
    others = [];
  };
  for (const block of blocks) {
    if (block.kind !== 'table') {
      others.push(block);
      continue;
    }
    flush();
    const atoms = tableAtoms(text, block, most, true);
    const firsts = pack(text, atoms, { most, ideal: most, price: { ...ANYWHERE, [Break.NEVER]: 1 } });
    for (const span of spansOf(atoms, rows === undefined ? firsts : groups(atoms, rows, firsts))) spans.push(span);
  }
  flush();
  return spans;
}

/** So many rows each, beginning anew where no more would fit; the head goes with the first. */
function groups(atoms: readonly Atom[], rows: number, fits: readonly number[]): number[] {
  const firsts = [0];
  let begun = 0;
  const anew = new Set(fits);
  const head = atoms[0]?.before === Break.PARAGRAPH && atoms[1]?.before === Break.NEVER ? 1 : 0;
  for (let at = 1; at < atoms.length; at++) {
    const full = at - begun - (begun === 0 ? head : 0) >= rows;
    if (!full && !anew.has(at)) continue;
    firsts.push(at);
    begun = at;
  }
  return firsts;
}
