import type { Line, Segment } from './lines';

/** Lines that are a table, and where in the page's lines they stand. */
export interface TableLines {
  readonly from: number;
  readonly until: number;
  readonly rows: readonly (readonly string[])[];
}

/** In heights of the text. */
const ALIGNED = 0.7;
const ROW_GAP = 3.2;
/** Of a row that is part of a table at all, and of a table. */
const FEWEST_ROWS = 3;
const MOST_WORDS = 12;

/**
 * Tables whose rows are drawn one after the other, cell by cell: lines of two segments or more whose cells stand below each other, by their left
 * sides, right sides or middles.
 */
export function tablesOf(lines: readonly Line[]): TableLines[] {
  const found: TableLines[] = [];
  for (let from = 0; from < lines.length;) {
    let until = from;
    while (until < lines.length && isRow(lines[until], lines[until - 1], until === from)) until++;
    // One line in between may be what a cell could not hold on its own.
    const table = until - from >= FEWEST_ROWS ? asTable(lines.slice(from, until), from) : undefined;
    if (table) found.push(table);
    from = Math.max(until, from + 1);
  }
  return found;
}

function isRow(line: Line, above: Line | undefined, first: boolean): boolean {
  if (line.segments.length < 2) return false;
  if (first || !above) return true;
  const step = line.y - above.y;
  return step > 0 && step < Math.max(line.size, above.size) * ROW_GAP;
}

function asTable(lines: readonly Line[], from: number): TableLines | undefined {
  const columns = columnsOf(lines);
  if (columns.length < 2) return undefined;
  const cells = lines.flatMap(({ segments }) => segments);
  const words = cells.reduce((sum, { text }) => sum + text.split(' ').length, 0) / cells.length;
  // Two columns of prose, drawn side by side.
  if (columns.length === 2 && words > MOST_WORDS / 2) return undefined;
  if (words > MOST_WORDS) return undefined;
  const rows = lines.map((line) => {
    const row = columns.map(() => '');
    for (const segment of line.segments) {
      const at = columnAt(columns, segment);
      row[at] = row[at] ? `${row[at]} ${segment.text}` : segment.text;
    }
    return row;
  });
  const filled = rows.filter((row) => row.filter(Boolean).length >= 2).length;
  return filled >= rows.length * 0.7 ? { from, until: from + lines.length, rows } : undefined;
}

interface Column {
  left: number;
  right: number;
}

/** Stretches across the page that cells of some rows cover and that no cell of a usual row bridges. */
function columnsOf(lines: readonly Line[]): Column[] {
  const width = Math.max(...lines.map(({ segments }) => segments.length));
  const usual = lines.filter(({ segments }) => segments.length >= Math.max(2, Math.ceil(width / 2)));
  const columns: Column[] = [];
  for (const { x, right, size } of usual.flatMap(({ segments }) => segments).sort((a, b) => a.x - b.x)) {
    const last = columns.at(-1);
    if (last && x < last.right - size * ALIGNED * 0.3) last.right = Math.max(last.right, right);
    else columns.push({ left: x, right });
  }
  return columns;
}

function columnAt(columns: readonly Column[], { x, right }: Segment): number {
  const overlaps = columns.map((column) => Math.min(column.right, right) - Math.max(column.left, x));
  return overlaps.indexOf(Math.max(...overlaps));
}
