import type { ReadText } from './reading';
import { MarkdownWriter } from './writer';
import { ParseFailure } from '../ports/parsing';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Record = { [key: string]: Json };

/** A list of records is a table where it is that plain; everything else is lines of `path: value`, under headings of the outer keys. */
export const readJson: ReadText = (text, { policy }) => {
  const writer = new MarkdownWriter(policy.characters);
  write(writer, parsed(text, 'the document'), 1, '', policy.depth);
  return writer.end('the document holds no value');
};

/** A record a line. */
export const readJsonLines: ReadText = (text, { policy }) => {
  const writer = new MarkdownWriter(policy.characters);
  const records = text.split('\n').flatMap((line, at) => line.trim() ? [parsed(line, `line ${at + 1}`)] : []);
  write(writer, records, 1, '', policy.depth);
  return writer.end('no line holds a value');
};

function parsed(text: string, what: string): Json {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as Json;
  } catch (error) {
    throw new ParseFailure('broken', `${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function write(writer: MarkdownWriter, value: Json, level: number, path: string, depth: number): void {
  if (depth === 0) throw new ParseFailure('tooLarge', 'values stand within each other too deep');
  if (Array.isArray(value)) {
    const head = tableHead(value);
    if (head) return writer.table([head, ...(value as Record[]).map((row) => head.map((key) => scalar(row[key] ?? null)))]);
    for (const item of value) {
      if (isScalar(item)) writer.item(0, '-', scalar(item));
      else writer.paragraph(lines(item, path, depth).join('\n'));
    }
    return;
  }
  if (isScalar(value)) return writer.paragraph(scalar(value));
  const inner = Object.entries(value).filter(([, item]) => !isScalar(item));
  writer.paragraph(Object.entries(value).filter(([, item]) => isScalar(item)).map(([key, item]) => `${key}: ${scalar(item)}`).join('\n'));
  for (const [key, item] of inner) {
    if (Object.keys(item as Record).length === 0) continue;
    writer.heading(level, key);
    write(writer, item, level + 1, '', depth - 1);
  }
}

/** The columns of a list whose items are flat records, much alike. */
function tableHead(items: readonly Json[]): string[] | undefined {
  const flat = (item: Json): item is Record => !isScalar(item) && !Array.isArray(item) && Object.values(item).every(isScalar);
  if (items.length < 2 || !items.every(flat)) return undefined;
  const keys = new Set<string>();
  let filled = 0;
  for (const item of items) {
    for (const key of Object.keys(item)) keys.add(key);
    filled += Object.keys(item).length;
    if (keys.size > 20) return undefined;
  }
  const short = items.slice(0, 100).every((item) => Object.values(item).every((value) => String(value).length <= 200));
  return short && keys.size > 0 && filled >= items.length * keys.size / 2 ? [...keys] : undefined;
}

function lines(value: Json, path: string, depth: number): string[] {
  if (depth === 0) throw new ParseFailure('tooLarge', 'values stand within each other too deep');
  if (isScalar(value)) return [path ? `${path}: ${scalar(value)}` : scalar(value)];
  if (Array.isArray(value) && value.every(isScalar)) return value.length > 0 ? [`${path}: ${value.map(scalar).join(', ')}`] : [];
  return Object.entries(value).flatMap(([key, item]) => lines(item, path ? `${path}.${key}` : key, depth - 1));
}

function isScalar(value: Json): value is null | boolean | number | string {
  return value === null || typeof value !== 'object';
}

function scalar(value: null | boolean | number | string | Json): string {
  return value === null ? '' : String(value);
}
