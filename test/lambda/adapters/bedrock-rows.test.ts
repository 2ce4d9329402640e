import { BedrockAgentRuntimeClient, GenerateQueryCommand, type KnowledgeBaseRetrievalResult, RetrieveCommand, type RetrievalResultContentColumn } from '@aws-sdk/client-bedrock-agent-runtime';
import { mockClient } from 'aws-sdk-client-mock';
import { bedrockPassages, searchPatience } from '../../../lambda/adapters/bedrock-passages';
import { bedrockSql } from '../../../lambda/adapters/bedrock-sql';
import type { KnowledgePolicy } from '../../../lib/contract/knowledge';

const ARN = 'arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB1';
const policy: KnowledgePolicy = { knowledgeBaseId: 'KB1', kind: 'sql', passages: 25, candidates: 25, fields: [], sql: { seconds: 60, knowledgeBaseArn: ARN } };
const SQL = 'SELECT region,\n       sum(amount) AS total FROM sales.public.orders GROUP BY region';
const bedrock = mockClient(BedrockAgentRuntimeClient);

beforeEach(() => bedrock.reset());

test('tells the rows of a query as one passage, with the query that found them', async () => {
  bedrock.on(RetrieveCommand).resolves({
    retrievalResults: [
      row(SQL, column('region', 'north | east'), column('total', '1200.50', 'DOUBLE')),
      row(SQL, column('region', undefined, 'NULL'), column('total', '7', 'DOUBLE')),
    ],
  });
  const [passage, ...others] = await search(25);
  expect(others).toEqual([]);
  expect(passage).toEqual({
    id: expect.stringMatching(/^[\w-]{22}$/),
    text: 'region | total\nnorth ¦ east | 1200.5\nNULL | 7',
    source: { uri: `sql:${passage.id}`, title: 'SELECT region, sum(amount) AS total FROM sales.public.orders GROUP BY region', query: SQL },
    table: { columns: ['region', 'total'], rows: [['north | east', 1200.5], [null, 7]] },
    metadata: {},
  });
  expect(bedrock.commandCalls(RetrieveCommand)[0].args[0].input).toEqual({ knowledgeBaseId: 'KB1', retrievalQuery: { text: 'How much?' }, nextToken: undefined });
});

test('keeps the rows of several queries apart, and rows that are the same', async () => {
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: [row('SELECT 1', column('a', '1', 'LONG')), row('SELECT 2', column('b', '2', 'LONG')), row('SELECT 1', column('a', '1', 'LONG'))] });
  expect((await search(25)).map(({ source, table }) => [source.query, table!.rows])).toEqual([['SELECT 1', [[1], [1]]], ['SELECT 2', [[2]]]]);
});

test('reads on until there are enough rows, and says that there are more', async () => {
  const rows = (...values: number[]) => values.map((value) => row('SELECT n', column('n', String(value), 'LONG')));
  bedrock.on(RetrieveCommand).resolvesOnce({ retrievalResults: rows(1, 2), nextToken: 'two' }).resolvesOnce({ retrievalResults: rows(3, 4), nextToken: 'three' });
  const [{ text, table }] = await search(3);
  expect(table).toEqual({ columns: ['n'], rows: [[1], [2], [3]], more: true });
  expect(text).toMatch(/\n3\n\(The query found more rows, which are left out\.\)$/);
  expect(bedrock.commandCalls(RetrieveCommand).map(({ args }) => args[0].input.nextToken)).toEqual([undefined, 'two']);
});

test('leaves out rows that no model would read through', async () => {
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: Array.from({ length: 9 }, () => row('SELECT text', column('text', 'x'.repeat(10_000)))) });
  const [{ text, table }] = await search(25);
  expect([table!.rows.length, table!.more, text.length < 41_000]).toEqual([3, true, true]);
});

test('tells the beginning of a row that alone is longer than a model reads with profit, and leaves the table whole', async () => {
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: [row('SELECT text', column('text', 'x'.repeat(60_000))), row('SELECT text', column('text', 'y'))] });
  const [{ text, table }] = await search(25);
  expect([text.length < 41_000, table!.rows.length, String(table!.rows[0][0]).length, table!.more]).toEqual([true, 1, 60_000, true]);
  expect(text).toMatch(/x…\n\(The row goes on, which is left out\.\)\n\(The query found more rows, which are left out\.\)$/);
});

test.each<[RetrievalResultContentColumn, unknown]>([
  [column('a', 'true', 'BOOLEAN'), true],
  [column('a', '9007199254740993', 'LONG'), '9007199254740993'],
  [column('a', 'NaN', 'DOUBLE'), 'NaN'],
  [column('a', '2024-01-31'), '2024-01-31'],
])('reads the cell %j', async (cell, value) => {
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: [row('SELECT a', cell)] });
  expect((await search(25))[0].table!.rows).toEqual([[value]]);
});

test('gives nothing where a query finds nothing', async () => {
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: [] });
  expect(await search(25)).toEqual([]);
});

test('waits for a query as long as it may run, and half a minute for its writing', () => {
  expect([searchPatience(policy), searchPatience({})]).toEqual([90_000, 45_000]);
});

test('has a query written that nobody runs', async () => {
  bedrock.on(GenerateQueryCommand).resolves({ queries: [{ type: 'REDSHIFT_SQL', sql: SQL }] });
  expect(await bedrockSql(new BedrockAgentRuntimeClient({}), policy).write('How much?', new AbortController().signal)).toEqual([SQL]);
  expect(bedrock.commandCalls(GenerateQueryCommand)[0].args[0].input).toEqual({
    queryGenerationInput: { type: 'TEXT', text: 'How much?' },
    transformationConfiguration: { mode: 'TEXT_TO_SQL', textToSqlConfiguration: { type: 'KNOWLEDGE_BASE', knowledgeBaseConfiguration: { knowledgeBaseArn: ARN } } },
  });
});

test('tells a service at its limit from one that refuses', async () => {
  bedrock.on(GenerateQueryCommand).rejects(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: {} }));
  await expect(bedrockSql(new BedrockAgentRuntimeClient({}), policy).write('How much?', new AbortController().signal)).rejects.toMatchObject({ name: 'PassagesFailure', kind: 'throttled' });
});

function search(most: number) {
  return bedrockPassages(new BedrockAgentRuntimeClient({}), policy).search({ question: 'How much?', most }, new AbortController().signal);
}

function row(query: string, ...columns: RetrievalResultContentColumn[]): KnowledgeBaseRetrievalResult {
  return { content: { type: 'ROW', row: columns }, location: { type: 'SQL', sqlLocation: { query } } };
}

function column(columnName: string, columnValue: string | undefined, type: RetrievalResultContentColumn['type'] = 'STRING'): RetrievalResultContentColumn {
  return { columnName, columnValue, type };
}
