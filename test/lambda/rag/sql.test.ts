import { says } from '../fakes/model';
import { passage } from '../fakes/passages';
import { RagApi } from '../fakes/rag-api';

const SQL = 'SELECT region, total FROM totals';
const rows = passage('region | total\nnorth | 1200', {
  score: undefined,
  source: { uri: 'sql:1', title: SQL, query: SQL },
  table: { columns: ['region', 'total'], rows: [['north', 1200]] },
});
const knowledge = { kind: 'sql', sql: { seconds: 60, knowledgeBaseArn: 'arn:kb' }, fields: [], passages: 25, candidates: 25 } as const;

test('an answer from rows cites the query that found them', async () => {
  const api = new RagApi({ knowledge, found: [[rows]], scripts: [says('North sold 1200 [1].')] });
  const body = (await api.query({ query: 'What did north sell?', include_passages: true })).json();
  expect(body).toMatchObject({ answer: 'North sold 1200 [1].', grounded: true, citations: [{ number: 1, source: { title: SQL, query: SQL } }] });
  expect(body.passages).toEqual([expect.objectContaining({ number: 1, table: { columns: ['region', 'total'], rows: [['north', 1200]] } })]);
  expect(JSON.stringify(api.model.prompts[0])).toContain(`source=\\"${SQL}\\"`);
});

test('rows are shown with their query, and without a score', async () => {
  const api = new RagApi({ knowledge, found: [[rows]] });
  const { passages: [shown] } = (await api.retrieve({ query: 'What did north sell?' })).json();
  expect(shown).toMatchObject({ text: rows.text, source: { query: SQL }, table: rows.table });
  expect(shown).not.toHaveProperty('score');
  expect(api.retrievals[0].TopScore).toBeUndefined();
});

test('the query for a question is written, and nothing is looked up', async () => {
  const api = new RagApi({ knowledge });
  const { status, json } = await api.sql({ query: 'all?' });
  expect([status, json()]).toEqual([200, { id: 'sql-r1', object: 'sql', created: expect.any(Number), queries: [{ sql: "SELECT 'all?'" }] }]);
  expect(api.passages.searches).toEqual([]);
});

test('refuses a filter, for nothing holds a query to it', async () => {
  const { status, json } = await new RagApi({ knowledge, found: [[rows]] }).query({ query: 'What?', filter: { region: 'north' } });
  expect([status, json().error.param]).toEqual([400, 'filter.region']);
});

test.each<[object, string]>([[{}, 'query'], [{ query: ' ' }, 'query'], [{ query: 'a', run: true }, 'run']])('refuses to write a query for %j', async (body, param) => {
  const { status, json } = await new RagApi({ knowledge }).sql(body);
  expect([status, json().error.param]).toEqual([400, param]);
});

test('refuses to write queries over documents', async () => {
  expect((await new RagApi().sql({ query: 'all?' })).status).toBe(404);
});
