/** A cell's text, and how many columns and rows it goes over. */
export type Cell = string | SpanningCell;

export interface SpanningCell {
  readonly text: string;
  readonly columns?: number;
  readonly rows?: number;
}

/** As far as a cell goes over others: more is a mistake of whoever wrote the document. */
const WIDEST = 1_000;

/**
 * A Markdown table, its first row the head; '' where no cell says anything. A cell that goes over several is said in each, so that every row
 * can be read alone. Rows and columns that are blank are left out.
 */
export function markdownTable(rows: readonly (readonly Cell[])[]): string {
  const grid = trimmed(spread(rows));
  if (grid.length === 0) return '';
  const width = widest(grid);
  const line = (row: readonly string[]) => `| ${Array.from({ length: width }, (_, column) => row[column] ?? '').join(' | ')} |`;
  return [line(grid[0]), `|${' --- |'.repeat(width)}`, ...grid.slice(1).map(line)].join('\n');
}

/** The cells' places, those of rows above that reach down taken into account. */
function spread(rows: readonly (readonly Cell[])[]): string[][] {
  const grid: string[][] = [];
  /** By column: what reaches down into the rows to come, and how far. */
  const reaching = new Map<number, { readonly text: string; left: number }>();
  for (const row of rows) {
    const line: string[] = [];
    let column = 0;
    const takeReaching = () => {
      for (let above = reaching.get(column); above; above = reaching.get(column)) {
        line[column] = above.text;
        if (--above.left === 0) reaching.delete(column);
        column++;
      }
    };
    for (const cell of row) {
      takeReaching();
      const { text, columns = 1, rows: down = 1 } = typeof cell === 'string' ? { text: cell } : cell;
      const shown = inCell(text);
      for (let over = Math.min(Math.max(columns, 1), WIDEST); over > 0; over--, column++) {
        line[column] = shown;
        if (down > 1) reaching.set(column, { text: shown, left: Math.min(down, rows.length) - 1 });
        else reaching.delete(column);
      }
    }
    takeReaching();
    grid.push(Array.from(line, (text) => text ?? ''));
  }
  return grid;
}

function trimmed(grid: string[][]): string[][] {
  const rows = grid.filter((row) => row.some(Boolean));
  const width = widest(rows);
  const used = Array.from({ length: width }, (_, column) => rows.some((row) => row[column]));
  return rows.map((row) => used.flatMap((keep, column) => keep ? [row[column] ?? ''] : []));
}

/** There are more rows than a call takes arguments. */
function widest(rows: readonly (readonly string[])[]): number {
  return rows.reduce((width, row) => Math.max(width, row.length), 0);
}

/** A pipe would end the cell, a line break the table. */
function inCell(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\\(?=\||$)/g, '\\\\').replace(/\|/g, '\\|');
}
