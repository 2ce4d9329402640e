import { Span } from './client';

/** A piece of shown text, and where each of its characters stands in what was said. */
export interface ShownPiece {
  readonly node: Text;
  /** As many as the node has code units. */
  readonly places: readonly number[];
  /** Whether it is code, whose marks are none. */
  readonly code: boolean;
}

/**
 * Finds what was said in what is shown of it. Markdown is shown by leaving characters out, so each one that is shown is the next of its kind in what
 * was said. What cannot be found so, and all behind it, has no place.
 */
export function shownPieces(shown: HTMLElement, said: string): ShownPiece[] {
  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  const pieces: ShownPiece[] = [];
  let place = -1;
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    const places = [...node.data].flatMap((character) => {
      const found = said.indexOf(character, place + 1);
      place = found < 0 ? Infinity : found;
      return Array.from({ length: character.length }, () => place);
    });
    pieces.push({ node, places, code: node.parentElement?.closest('code, pre') !== null });
  }
  return pieces;
}

/** Something that takes the place of a part of a text. */
export interface Cut extends Span {
  readonly make: () => Node | string;
}

/** Puts other nodes in the place of parts of a text. Of two that reach into each other the first is put. */
export function replaceParts(node: Text, cuts: readonly Cut[]): void {
  if (cuts.length === 0) {
    return;
  }
  let from = 0;
  const parts = [...cuts].sort((one, other) => one.start - other.start).flatMap(({ start, end, make }) => {
    if (start < from) {
      return [];
    }
    const before = node.data.slice(from, start);
    from = end;
    return [before, make()];
  });
  node.replaceWith(...[...parts, node.data.slice(from)].filter((part) => part !== ''));
}
