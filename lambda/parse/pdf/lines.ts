/** A piece of text as a page draws it: `x` from the left, `y` of its baseline from the top, in points. */
export interface Glyphs {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly size: number;
  readonly font: string;
}

/** A stretch of text on a line. */
export interface Piece {
  readonly text: string;
  readonly x: number;
  readonly right: number;
}

/** Text that stands together on a line. */
export interface Segment extends Piece {
  /** What gaps wider than between words part: cells, where it is a row of a table. */
  readonly pieces: readonly Piece[];
  readonly y: number;
  readonly size: number;
  readonly font: string;
}

/** Segments of one height that were drawn one after the other, from left to right. */
export interface Line {
  readonly segments: readonly Segment[];
  readonly text: string;
  readonly x: number;
  readonly right: number;
  readonly y: number;
  readonly size: number;
  readonly font: string;
}

/** Distances in heights of the text. */
const SAME_LINE = 0.45;
const RAISED = 0.75;
const BLANK = 0.16;
const CELL_GAP = 0.7;
const GAP = 1.6;
const BACK = 0.6;

interface Open {
  text: string;
  x: number;
  right: number;
  y: number;
  size: number;
  /** Characters by font. */
  readonly fonts: Map<string, number>;
  readonly pieces: { text: string; x: number; right: number }[];
  widest: number;
}

/** Lines in the order in which the page draws them, which is that of reading but for few pages. */
export function linesOf(glyphs: readonly Glyphs[]): Line[] {
  const segments: Segment[] = [];
  let open: Open | undefined;
  const close = () => {
    const text = open?.text.replace(/\s+/g, ' ').trim();
    if (open && text) segments.push({ text, x: open.x, right: open.right, y: open.y, size: open.size, font: mostOf(open.fonts), pieces: open.pieces });
    open = undefined;
  };
  for (const glyph of glyphs) {
    if (!glyph.text.trim()) {
      // Blanks that are drawn; one that is wide is a gap.
      if (open && glyph.text && glyph.width <= open.size * GAP && isBeside(open, glyph)) {
        open.text += ' ';
        open.right = Math.max(open.right, glyph.x + glyph.width);
      }
      continue;
    }
    if (!open || !isBeside(open, glyph)) {
      close();
      open = { text: glyph.text, x: glyph.x, right: glyph.x + glyph.width, y: glyph.y, size: glyph.size, fonts: new Map(), pieces: [], widest: 0 };
      startPiece(open, glyph);
    } else {
      // Bold is drawn twice by some programs, a hair apart.
      if (isAgain(open, glyph)) continue;
      const piece = open.pieces[open.pieces.length - 1];
      if (glyph.x - piece.right > CELL_GAP * Math.max(open.size, glyph.size)) {startPiece(open, glyph);} else {
        if (glyph.x - open.right > BLANK * Math.min(open.size, glyph.size) || (open.text.endsWith(' ') && !piece.text.endsWith(' '))) piece.text += ' ';
        piece.text += glyph.text;
        piece.right = Math.max(piece.right, glyph.x + glyph.width);
      }
      if (glyph.x - open.right > BLANK * Math.min(open.size, glyph.size) && !open.text.endsWith(' ')) open.text += ' ';
      open.text += glyph.text;
      open.right = Math.max(open.right, glyph.x + glyph.width);
    }
    open.fonts.set(glyph.font, (open.fonts.get(glyph.font) ?? 0) + glyph.text.length);
    // The line is as large as most of it: a mark of a note does not make it smaller, an initial not larger.
    if (glyph.text.length > open.widest) {
      open.widest = glyph.text.length;
      open.size = glyph.size;
      open.y = glyph.y;
    }
  }
  close();
  return joined(segments);
}

function startPiece({ pieces }: Open, { text, x, width }: Glyphs): void {
  pieces.push({ text, x, right: x + width });
}

function isBeside(open: Open, { x, y, size }: Glyphs): boolean {
  const larger = Math.max(open.size, size);
  const raised = Math.min(open.size, size) < larger * 0.85;
  return Math.abs(y - open.y) <= larger * (raised ? RAISED : SAME_LINE) && x - open.right <= larger * GAP && x - open.right >= -larger * BACK;
}

function isAgain(open: Open, { text, x, width, size }: Glyphs): boolean {
  return text.length > 1 && open.text.endsWith(text) && Math.abs(x + width - open.right) < size * 0.12;
}

function joined(segments: readonly Segment[]): Line[] {
  const lines: Line[] = [];
  let row: Segment[] = [];
  const close = () => {
    if (row.length > 0) lines.push(lineOf(row));
    row = [];
  };
  for (const segment of segments) {
    const last = row.at(-1);
    if (last && (Math.abs(segment.y - last.y) > Math.max(segment.size, last.size) * SAME_LINE || segment.x < last.right - last.size * BACK)) close();
    row.push(segment);
  }
  close();
  return lines;
}

export function lineOf(segments: readonly Segment[]): Line {
  const main = segments.reduce((best, other) => other.text.length > best.text.length ? other : best);
  return {
    segments, text: segments.map(({ text }) => text).join(' '), x: segments[0].x, right: Math.max(...segments.map(({ right }) => right)), y: main.y, size: main.size, font: main.font,
  };
}

export function mostOf<K>(counts: ReadonlyMap<K, number>): K {
  return [...counts].reduce((best, other) => other[1] > best[1] ? other : best)[0];
}
