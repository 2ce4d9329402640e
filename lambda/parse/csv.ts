import type { ReadText } from './reading';
import { clean, MarkdownWriter } from './writer';
import { ParseFailure } from '../ports/parsing';

const DELIMITERS = [',', ';', '\t', '|'];

/** One table; the first row is its head. */
export const readCsv: ReadText = (text, { policy }) => {
  const writer = new MarkdownWriter(policy.characters);
  if (text.length > policy.characters) {
    throw new ParseFailure('tooLarge', `the document has ${text.length} characters; at most ${policy.characters} are read`);
  }
  const { delimiter, body } = delimited(clean(text));
  writer.table(records(body, delimiter));
  return writer.end('no cell of the table holds anything');
};

/** What parts the cells: said by a first line `sep=;`, or what occurs equally often in the first lines. */
function delimited(text: string): { readonly delimiter: string; readonly body: string } {
  const said = /^sep=(.)\n/.exec(text);
  if (said) return { delimiter: said[1], body: text.slice(said[0].length) };
  const sample = text.slice(0, 20_000);
  const scores = DELIMITERS.map((delimiter) => {
    const widths = records(sample, delimiter).slice(0, 50).map((row) => row.length);
    const [common] = [...new Set(widths)].sort((a, b) => widths.filter((width) => width === b).length - widths.filter((width) => width === a).length);
    return { delimiter, score: common > 1 ? widths.filter((width) => width === common).length / widths.length * Math.log2(common + 1) : 0 };
  });
  return { delimiter: scores.reduce((best, other) => other.score > best.score ? other : best).delimiter, body: text };
}

/** By RFC 4180; a quote within a bare cell is a character like any other. */
function records(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell: string;
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) end = text.length;
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      // What follows a closing quote belongs to the cell, wrong as it is.
      const rest = endOfCell(text, at, delimiter);
      cell += text.slice(at, rest);
      at = rest;
    } else {
      const end = endOfCell(text, at, delimiter);
      cell = text.slice(at, end);
      at = end;
    }
    row.push(cell);
    if (text[at] === delimiter) {
      at++;
      if (at < text.length && text[at] !== '\n') continue;
      row.push('');
    }
    at++;
    rows.push(row);
    row = [];
  }
  return rows;
}

function endOfCell(text: string, from: number, delimiter: string): number {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
  return end;
}
