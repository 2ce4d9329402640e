import type { RunningBase } from './bases';
import { fields, type Fields } from './fields';
import { mayUseStore } from './indexing';
import { terms } from './words';
import { refuse } from '../bedrock/refusal';

/** What a query finds, as the local Redshift is told: it runs no SQL. */
export interface SeededQuery {
  readonly sql: string;
  readonly rows: readonly Readonly<Record<string, string | number | boolean | null>>[];
}

/** As many rows a page of Retrieve has here. */
const PAGE = 25;

/** The local Redshift: what each query finds, as somebody said before. */
export class SeededQueries {
  private queries = new Map<string, SeededQuery['rows']>();

  get current(): readonly SeededQuery[] {
    return [...this.queries].map(([sql, rows]) => ({ sql, rows }));
  }

  /** In the place of all that was said before. */
  set(...queries: readonly SeededQuery[]): void {
    for (const query of queries) {
      const { sql, rows } = (query ?? {}) as Partial<SeededQuery>;
      if (typeof sql !== 'string' || !Array.isArray(rows)) throw new Error(`each must be { "sql": "SELECT …", "rows": [{ "column": value }] }, got ${JSON.stringify({ sql, rows })}`);
    }
    this.queries = new Map(queries.map(({ sql, rows }) => [plain(sql), rows]));
  }

  /** What a query finds; one that nobody spoke of fails. */
  run(sql: string): SeededQuery['rows'] {
    return this.queries.get(plain(sql)) ?? refuse(`The local Redshift runs no SQL, and nobody said what this query finds (PUT /local/knowledge/rows): ${sql}`);
  }
}

/** The query for a question: that of the curated question which is nearest to it. */
export function writeQuery(running: RunningBase, question: string): string {
  const { base, jobs } = running;
  mayUseStore(running, 'read');
  if (!jobs.some(({ status }) => status === 'COMPLETE')) refuse('The knowledge base does not know which tables there are: no ingestion job of it has completed.');
  const asked = new Set(terms(question));
  const shared = ({ NaturalLanguage }: Fields) => [...new Set(terms(String(NaturalLanguage)))].reduce((sum, term) => sum + (asked.has(term) ? 1 : -0.01), 0);
  const { QueryGenerationConfiguration } = fields(fields(base.configuration.SqlKnowledgeBaseConfiguration).RedshiftConfiguration);
  const curated = (fields(fields(QueryGenerationConfiguration).GenerationContext).CuratedQueries ?? []) as Fields[];
  const [best] = [...curated].sort((one, other) => shared(other) - shared(one));
  if (!best || shared(best) <= 0) refuse('The local knowledge base writes no SQL: it takes that of the curated question nearest to what is asked, and none shares a word with it.');
  return String(best.Sql);
}

/** The rows that answer a question, a page of them. */
export function retrieveRows(running: RunningBase, queries: SeededQueries, question: string, nextToken: unknown): object {
  const sql = writeQuery(running, question);
  const rows = queries.run(sql);
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!(Number.isInteger(from) && from >= 0)) refuse(`'nextToken' must be one that Retrieve gave, got ${String(nextToken)}`);
  const location = { type: 'SQL', sqlLocation: { query: sql } };
  return {
    retrievalResults: rows.slice(from, from + PAGE).map((row) => ({ content: { type: 'ROW', row: Object.entries(row).map(columnOf) }, location })),
    ...from + PAGE < rows.length && { nextToken: String(from + PAGE) },
  };
}

function columnOf([columnName, value]: [string, SeededQuery['rows'][number][string]]): object {
  if (value === null) return { columnName, type: 'NULL' };
  const type = typeof value === 'boolean' ? 'BOOLEAN' : typeof value === 'string' ? 'STRING' : Number.isInteger(value) ? 'LONG' : 'DOUBLE';
  return { columnName, columnValue: String(value), type };
}

function plain(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/[ ;]+$/, '').trim();
}
