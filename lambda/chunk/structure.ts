import { type Atom, Break } from './atoms';
import { blockAtoms } from './blocks';
import { likeness } from './likeness';
import { NO_BREAK, pack } from './packing';
import { type Span, spansOf } from './spans';
import type { ParsedDocument } from '../ports/parsing';

/** Chunks are best about as long as this part of the longest: room is left for paragraphs that are best kept whole. */
const IDEAL = 0.6;
/** A section that is shorter than this part of the ideal may be part of a chunk with its neighbour. */
const TINY = 0.35;
/** What it costs to break where both sides are about the same, word by word. */
const LIKE = 1;

/** A break between paragraphs is worth more than even lengths, one between sentences less. */
const PRICE = { [Break.NEVER]: NO_BREAK, [Break.WORD]: 0.8, [Break.SENTENCE]: 0.6, [Break.LINE]: 0, [Break.PARAGRAPH]: -0.6, [Break.HEADING]: -0.8 };

/** Cuts by what a document shows of its structure: sections first, then paragraphs, items and rows, then sentences, where the subject changes. */
export function byStructure({ text, blocks }: Pick<ParsedDocument, 'text' | 'blocks'>, most: number): Span[] {
  const atoms = underHeadings(blocks.flatMap((block) => blockAtoms(text, block, most)));
  const ideal = most * IDEAL;
  const closed = topSections(atoms, ideal * TINY);
  const like = likeness(text, atoms, ideal);
  return spansOf(atoms, pack(text, atoms, { most, ideal, price: PRICE, extra: (at) => LIKE * like[at], closes: (at) => closed.has(at) }));
}

/** A heading is not parted from what it stands above. */
function underHeadings(atoms: readonly Atom[]): Atom[] {
  return atoms.map((atom, at) => (at > 0 && atoms[at - 1].heading !== undefined ? { ...atom, before: Break.NEVER } : atom));
}

/** The atoms at which top sections begin that are long enough, as those before them are, to stand alone. */
function topSections(atoms: readonly Atom[], tiny: number): Set<number> {
  const top = topLevel(atoms);
  const begins = atoms.flatMap(({ heading = Infinity }, at) => (heading <= top && atoms[at - 1]?.heading === undefined ? [at] : []));
  const length = (from: number, to = atoms.length) => atoms.slice(from, to).reduce((sum, { tokens }) => sum + tokens, 0);
  return new Set(begins.filter((at, place) => length(at, begins[place + 1]) >= tiny && length(begins[place - 1] ?? 0, at) >= tiny));
}

/** Of the headings that there are more than one of: the only one of its level is the document's title. */
function topLevel(atoms: readonly Atom[]): number {
  const counts = new Map<number, number>();
  for (const { heading } of atoms) if (heading !== undefined) counts.set(heading, (counts.get(heading) ?? 0) + 1);
  const levels = [...counts.keys()].sort((one, other) => one - other);
  return levels.find((level) => (counts.get(level) ?? 0) > 1) ?? levels.at(-1) ?? 0;
}
