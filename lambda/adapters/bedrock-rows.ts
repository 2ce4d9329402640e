import { createHash } from 'node:crypto';
import {
  type BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalResult, type RetrievalResultContentColumn, RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import type { Cell, Passage, Search, Table } from '../ports/passages';

/** More of a table no model reads with profit. */
const MOST_CHARACTERS = 40_000;
const TITLE_CHARACTERS = 200;

/** The rows of each query that the service wrote and ran for a question: one passage a query, for a row says little without those beside it. */
export async function findRows(
  client: BedrockAgentRuntimeClient, knowledgeBaseId: string, { question, most }: Search, abortSignal: AbortSignal,
): Promise<readonly Passage[]> {
  const found = new Map<string, KnowledgeBaseRetrievalResult[]>();
  let nextToken: string | undefined;
  let rows = 0;
  do {
    const page = await client.send(new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: question }, nextToken }), { abortSignal });
    for (const result of page.retrievalResults ?? []) {
      if (!result.content?.row) continue;
      const query = result.location?.sqlLocation?.query ?? '';
      found.set(query, [...found.get(query) ?? [], result]);
      rows++;
    }
    ({ nextToken } = page);
  } while (nextToken && rows <= most);
  return [...found].map(([query, results]) => passageOf(query, results.map(({ content }) => content!.row!), most, nextToken !== undefined));
}

function passageOf(query: string, found: readonly RetrievalResultContentColumn[][], most: number, unread: boolean): Passage {
  const columns = (found[0] ?? []).map(({ columnName = '' }) => columnName);
  const rows: Cell[][] = [];
  let text = lineOf(columns);
  for (const row of found.slice(0, most)) {
    const cells = row.map(cellOf);
    const line = `\n${lineOf(cells)}`;
    if (rows.length > 0 && text.length + line.length > MOST_CHARACTERS) break;
    rows.push(cells);
    text += line;
  }
  const more = unread || rows.length < found.length;
  // One row alone may be longer.
  if (text.length > MOST_CHARACTERS) text = `${text.slice(0, MOST_CHARACTERS)}…\n(The row goes on, which is left out.)`;
  if (more) text += '\n(The query found more rows, which are left out.)';
  const table: Table = { columns, rows, ...(more && { more }) };
  const id = createHash('sha256').update(`${query}\n${text}`).digest('base64url').slice(0, 22);
  return { id, text, source: { uri: `sql:${id}`, title: titleOf(query), query }, table, metadata: {} };
}

/** As numbers and flags where that loses nothing. */
function cellOf({ type, columnValue }: RetrievalResultContentColumn): Cell {
  if (type === 'NULL' || columnValue === undefined) return null;
  if (type === 'BOOLEAN') return columnValue.toLowerCase() === 'true';
  if (type !== 'LONG' && type !== 'DOUBLE') return columnValue;
  const number = Number(columnValue);
  const exact = type === 'LONG' ? Number.isSafeInteger(number) : Number.isFinite(number);
  return exact && columnValue.trim() !== '' ? number : columnValue;
}

function lineOf(cells: readonly Cell[]): string {
  return cells.map((cell) => cell === null ? 'NULL' : String(cell).replace(/\s+/g, ' ').replaceAll('|', '¦')).join(' | ');
}

function titleOf(query: string): string {
  const line = query.replace(/\s+/g, ' ').trim();
  return line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS - 1)}…` : line;
}
