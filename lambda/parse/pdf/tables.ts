import type { Line, Piece } from './lines';

/** Lines that are a table, and where in the page's lines they stand. */
export interface TableLines {
  readonly from: number;
  readonly until: number;
  readonly rows: readonly (readonly string[])[];
}

/** In heights of the text. */
const TOUCHING = 0.2;
const ROW_GAP = 4.5;
/** Of a row that is part of a table at all, and of a table. */
const FEWEST_ROWS = 3;
const MOST_WORDS = 12;
/** Whole rows tell where columns are, where they are this share; otherwise those with most of the cells. */
const WHOLE = 0.3;
const USUAL = 0.75;
/** A mark before an item of a list. */
const MARK = /^(?:[^\p{L}\p{N}]|o|\(?[\da-z]{1,3}[.)])$/u;

/**
 * Tables whose rows are drawn one after the other, cell by cell: lines of two segments or more whose cells stand below each other, by their left
 * sides, right sides or middles.
 */
export function tablesOf(lines: readonly Line[]): TableLines[] {
  const found: TableLines[] = [];
  for (let from = 0; from < lines.length;) {
    let until = from;
    while (until < lines.length && isRow(lines[until], lines[until - 1], until === from)) until++;
    const table = until - from >= FEWEST_ROWS ? asTable(lines, from, until, found.at(-1)?.until ?? 0) : undefined;
    if (table) found.push(table);
    from = Math.max(table?.until ?? until, from + 1);
  }
  return found;
}

function isRow(line: Line, above: Line | undefined, first: boolean): boolean {
  if (line.segments.length < 2 || (line.segments.length === 2 && MARK.test(line.segments[0].text))) return false;
  if (first || !above) return true;
  const step = line.y - above.y;
  return step > 0 && step < Math.max(line.size, above.size) * ROW_GAP;
}

/** Lines before and behind that fill two columns or more belong to the table too: a head, a row whose cells stand close. */
function asTable(lines: readonly Line[], from: number, until: number, after: number): TableLines | undefined {
  const sure = lines.slice(from, until);
  const columns = columnsOf(sure);
  if (columns.length < 2) return undefined;
  const cells = sure.flatMap(({ segments }) => segments);
  const words = cells.reduce((sum, { text }) => sum + text.split(' ').length, 0) / cells.length;
  // Two columns of prose, drawn side by side.
  if (words > (columns.length === 2 ? MOST_WORDS / 2 : MOST_WORDS)) return undefined;
  const sureRows = sure.map((line) => rowOf(line, columns));
  if (sureRows.filter((row) => row.filter(Boolean).length >= 2).length < sureRows.length * 0.7) return undefined;
  const belongs = (line: Line, beside: Line) => Math.abs(line.y - beside.y) < Math.max(line.size, beside.size) * ROW_GAP / 2 && fits(line, columns);
  let start = from;
  while (start > after && lines[start - 1].y < lines[start].y && belongs(lines[start - 1], lines[start])) start--;
  let end = until;
  while (end < lines.length && lines[end].y > lines[end - 1].y && belongs(lines[end], lines[end - 1])) end++;
  return { from: start, until: end, rows: lines.slice(start, end).map((line) => rowOf(line, columns)) };
}

function rowOf({ segments }: Line, columns: readonly Column[]): string[] {
  const row = columns.map(() => '');
  for (const segment of segments) {
    // A segment over several columns is cut where its words stand apart.
    const over = columns.filter(({ left, right }) => Math.min(right, segment.right) - Math.max(left, segment.x) > 0).length;
    for (const piece of over > 1 ? segment.pieces : [segment]) {
      const at = columnAt(columns, piece);
      row[at] = row[at] ? `${row[at]} ${piece.text}` : piece.text;
    }
  }
  return row;
}

/** Whether no piece of a line goes over two columns, and more than one column has a piece. */
function fits({ segments }: Line, columns: readonly Column[]): boolean {
  const pieces = segments.flatMap((segment) => segment.pieces);
  const over = pieces.map(({ x, right }) => columns.flatMap((column, at) => Math.min(column.right, right) - Math.max(column.left, x) > 0 ? [at] : []));
  return over.every((columnsOver) => columnsOver.length === 1) && new Set(over.flat()).size >= Math.max(2, columns.length / 2);
}

interface Column {
  left: number;
  right: number;
}

/** Stretches across the page that cells of some rows cover and that no cell of a usual row bridges. */
function columnsOf(lines: readonly Line[]): Column[] {
  const rows = lines.map(({ segments, size }) => ({ pieces: segments.flatMap(({ pieces }) => pieces), size }));
  const counts = rows.map(({ pieces }) => pieces.length).sort((a, b) => b - a);
  // As wide as a third of the rows are: one that is wider has gaps within a cell.
  const width = counts[Math.floor(counts.length / 3)];
  const whole = rows.filter(({ pieces }) => pieces.length === width);
  const most = rows.filter(({ pieces }) => pieces.length >= Math.max(2, width * USUAL) && pieces.length <= width);
  const usual = whole.length >= Math.max(2, rows.length * WHOLE) ? whole : most;
  const cells = usual.flatMap(({ pieces, size }) => pieces.map(({ x, right }) => ({ x, right, slack: size * TOUCHING })));
  const columns: Column[] = [];
  for (const { x, right, slack } of cells.sort((one, other) => one.x - other.x)) {
    const last = columns.at(-1);
    if (last && x < last.right - slack) last.right = Math.max(last.right, right);
    else columns.push({ left: x, right });
  }
  return columns;
}

function columnAt(columns: readonly Column[], { x, right }: Piece): number {
  const overlaps = columns.map((column) => Math.min(column.right, right) - Math.max(column.left, x));
  return overlaps.indexOf(Math.max(...overlaps));
}
