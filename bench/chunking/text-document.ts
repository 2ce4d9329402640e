import type { ParsedDocument, TextBlock } from '../../lambda/ports/parsing';

/** What every line of a text may be besides a paragraph's. */
const HEADING = /^(#{1,6}) +\S/;
const FENCE = /^\s{0,3}(?:```|~~~)/;
const ROW = /^\s*\|.*\|\s*$/;
const ITEM = /^\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+\S/;

/** A text as it is, with the blocks that Markdown shows: nothing is changed, so offsets are those of the file. */
export function textDocument(text: string): ParsedDocument {
  const blocks: TextBlock[] = [];
  let open: { kind: TextBlock['kind']; start: number; end: number } | undefined;
  let fenced = false;
  const close = () => {
    if (open) blocks.push(open);
    open = undefined;
  };
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end);
    const kind = kindOf(line, fenced || FENCE.test(line));
    const heading = !fenced && HEADING.exec(line);
    if (FENCE.test(line)) fenced = !fenced;
    if (heading) {
      close();
      blocks.push({ kind: 'heading', start, end, level: heading[1].length });
    } else if (kind === undefined) {
      if (!fenced) close();
    } else if (open && (open.kind === kind || (open.kind === 'list' && kind === 'paragraph' && /^\s/.test(line)))) {
      open.end = end;
    } else {
      close();
      open = { kind, start, end };
    }
    start = end + 1;
  }
  close();
  return { text, blocks, notes: [] };
}

function kindOf(line: string, code: boolean): TextBlock['kind'] | undefined {
  if (code) return 'code';
  if (line.trim() === '') return undefined;
  if (ROW.test(line)) return 'table';
  return ITEM.test(line) ? 'list' : 'paragraph';
}
