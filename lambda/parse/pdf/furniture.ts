import type { Line } from './lines';

export interface PageLines {
  readonly height: number;
  readonly lines: readonly Line[];
  /** What runs up or down beside them: it heads nothing and is in no table. */
  readonly aside: readonly Line[];
}

/** The parts of a page, at its top and its foot, where it repeats itself. */
const EDGE = 0.13;
/** On this share of pages at least, and on as many. */
const SHARE = 0.5;
const FEWEST = 3;
const LARGER = 1.12;
/** How far a line may stand from where it stood, in points. */
const DRIFT = 4;

/**
 * Pages without the lines that stand on most of them, numbers apart: headers, footers, numbers of pages. What is set larger than `size`, the titles
 * of slides for one, has to be the same to the letter.
 */
export function withoutFurniture(pages: readonly PageLines[], size: number): { readonly pages: PageLines[]; readonly left: number } {
  const seen = new Map<string, Set<number>>();
  pages.forEach((page, at) => {
    for (const key of page.lines.flatMap((line) => keysOf(line, page, size))) {
      seen.set(key, (seen.get(key) ?? new Set()).add(at));
    }
  });
  const least = Math.max(FEWEST, pages.length * SHARE);
  // A document may say something else on its left pages.
  const isRepeated = (key: string) => (seen.get(key)?.size ?? 0) >= (pages.length >= 8 ? Math.max(FEWEST, pages.length * SHARE * 0.7) : least);
  let left = 0;
  return {
    pages: pages.map((page, at) => ({
      ...page,
      lines: page.lines.filter((line) => {
        const repeated = isOwnNumber(line, page, at + 1, pages.length) || keysOf(line, page, size).some(isRepeated);
        if (repeated) left++;
        return !repeated;
      }),
    })),
    left,
  };
}

/** Of a document with fewer pages than tell what repeats. */
function isOwnNumber({ y, text }: Line, { height }: PageLines, number: number, pages: number): boolean {
  return pages > 1 && text === String(number) && y > height * (1 - EDGE);
}

/** What a line at the edge is known by on other pages; two, for a place at the border between two steps. */
function keysOf({ y, text, size: own }: Line, { height }: PageLines, size: number): string[] {
  if (y > height * EDGE && y < height * (1 - EDGE)) return [];
  const said = own > size * LARGER ? text : text.replace(/\d+/g, '#').replace(/\b[ivxlc]+\b/g, '#').toLowerCase();
  const step = y / DRIFT;
  return [Math.floor(step), Math.round(step) === Math.floor(step) ? Math.floor(step) - 1 : Math.floor(step) + 1].map((place) => `${place} ${said}`);
}
