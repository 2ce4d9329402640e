import { PassagesFailure } from '../../../lambda/ports/passages';
import type { QuotasPolicy } from '../../../lib/contract/chat-quotas';
import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';
import { MemoryPassages, passage } from '../fakes/passages';
import { KNOWLEDGE } from '../fakes/rag-api';

const leave = passage('Everybody has thirty days of leave. It is taken by March.', { id: 'p1', score: 0.9, source: { uri: 's3://docs/hr/leave.pdf', title: 'leave.pdf', page: 3 } });
const sick = passage('Sick days are not leave.', { id: 'p2', score: 0.6, source: { uri: 'https://wiki.example/sick', title: 'Sick days' } });
const answer = says('Thirty days', ' [', '1]', '. Sick days do not count [2][9].');
const ANSWER = 'Thirty days [1]. Sick days do not count [2].';
const question = { messages: [{ role: 'user', content: 'How many days of leave?' }] };

function grounded(found: MemoryPassages['answers'], scripts = [answer], { knowledge = {}, ...changes }: { knowledge?: object; guardrail?: { id: string; version: string }; quotas?: QuotasPolicy } = {}) {
  const passages = new MemoryPassages(found);
  const documents = { passages, links: { sign: async (uri: string) => `https://signed.example/${uri.slice(5)}` } };
  return { passages, api: new ChatApi(scripts, { documents, knowledge: { ...KNOWLEDGE, linkSeconds: 60, ...knowledge }, ...changes }) };
}

test('answers from passages with citations in the shape of OpenAI', async () => {
  const { api, passages } = grounded([[leave, sick]]);
  const { message } = (await api.chat(question)).json().choices[0];
  expect(message.content).toBe(ANSWER);
  expect(message.annotations).toEqual([
    {
      type: 'url_citation',
      url_citation: { url: 'https://signed.example/docs/hr/leave.pdf#page=3', title: 'leave.pdf', start_index: 0, end_index: 11 },
      citation: { number: 1, passage_id: 'p1', uri: 's3://docs/hr/leave.pdf', page: 3, snippet: leave.text },
    },
    expect.objectContaining({ url_citation: { url: 'https://wiki.example/sick', title: 'Sick days', start_index: 17, end_index: 39 } }),
  ]);
  expect(passages.searches).toEqual([{ question: 'How many days of leave?', most: 5 }]);
});

test('tells citations while the answer streams, each after what is from it', async () => {
  const { api } = grounded([[leave, sick]]);
  const deltas = (await api.chat({ ...question, stream: true })).events().flatMap((event) => event === 'DONE' ? [] : event.choices.map(({ delta }: { delta: object }) => delta));
  expect(deltas.map(({ content }: { content?: string }) => content ?? '').join('')).toBe(ANSWER);
  const told = deltas.map((delta) => 'annotations' in delta ? delta.annotations[0].citation.number : delta.content);
  expect(told.indexOf(1)).toBe(told.indexOf(' [1]') + 1);
  expect(told.filter((each) => typeof each === 'number')).toEqual([1, 2]);
});

test('tells the AI SDK each source once, and every statement that is from it', async () => {
  const { api } = grounded([[leave, sick]], [says('One [1]. Two [1]. Three [2].')]);
  const told = (await api.call({ resource: '/v1/chat', body: { id: 'c1', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Leave?' }] }] } })).events();
  const parts = told.filter(({ type }) => /^source|^data/.test(type));
  expect(parts.map(({ type, sourceId, data }) => `${type} ${sourceId ?? data.sourceId}`)).toEqual([
    'source-url source-1', 'data-citation source-1', 'data-citation source-1', 'source-url source-2', 'data-citation source-2',
  ]);
});

test('keeps citations with the answer, without links, and tells them to whoever reads the conversation', async () => {
  const { api } = grounded([[leave, sick]]);
  await api.chat({ ...question, conversation_id: 'c1' });
  const kept = (await api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c1' })).json().messages.at(-1);
  expect(kept.annotations.map(({ url_citation: { url } }: { url_citation: { url: string } }) => url)).toEqual(['s3://docs/hr/leave.pdf', 'https://wiki.example/sick']);
  const page = (await api.call({ method: 'GET', resource: '/v1/chat/{id}', id: 'c1' })).json().messages.at(-1);
  expect(page.parts.map(({ type }: { type: string }) => type)).toEqual(['step-start', 'text', 'source-document', 'data-citation', 'source-url', 'data-citation']);
});

test('looks a follow-up up as the question that it is, and shows the model no marks of before', async () => {
  const { api, passages } = grounded([[leave, sick]], [answer, says('How many days of leave has a part-timer?'), says('Half [1].')]);
  await api.chat({ ...question, conversation_id: 'c1' });
  await api.chat({ messages: [{ role: 'user', content: 'And part-timers?' }], conversation_id: 'c1' });
  expect(passages.searches.map((search) => search.question)).toEqual(['How many days of leave?', 'How many days of leave has a part-timer?']);
  const [,, { messages }] = api.model.prompts;
  expect(JSON.stringify(messages.slice(0, -1))).toContain('Thirty days. Sick days do not count.');
  expect(messages.at(-1)!.content.map((block) => block.kind === 'text' ? block.text.slice(0, 20) : block.kind)).toEqual(['<passage number="1" ', '<passage number="2" ', 'And part-timers?']);
});

test('puts passages in the user\'s place and never in the system\'s', async () => {
  const { api } = grounded([[leave]]);
  await api.chat(question);
  const [{ system, messages }] = api.model.prompts;
  expect(JSON.stringify(system)).not.toContain('thirty days');
  expect(JSON.stringify(messages)).toContain('thirty days');
});

test('marks for a guardrail what is a source, and what was asked', async () => {
  const { api } = grounded([[leave]], [answer], { guardrail: { id: 'g', version: '1' } });
  await api.chat(question);
  const [{ messages }] = api.model.prompts;
  expect(messages.at(-1)!.content.map((block) => 'guarded' in block && block.guarded)).toEqual(['source', 'query']);
});

test('says that it does not know where nothing good enough is found, and asks no model', async () => {
  const { api } = grounded([[passage('x', { score: 0.1 })]], [answer], { knowledge: { leastScore: 0.4 } });
  const { choices } = (await api.chat({ ...question, conversation_id: 'c1' })).json();
  expect(choices[0]).toMatchObject({ message: { content: 'I do not know: nothing in the documents answers this.' }, finish_reason: 'stop' });
  expect(api.model.prompts).toEqual([]);
  expect(api.metrics[0]).toMatchObject({ Turns: 1, Retrievals: 1, EmptyRetrievals: 1 });
});

test('counts for a quota a question that nothing is found for, with what finding out took', async () => {
  const quotas = { user: [{ windowSeconds: 86_400, requests: 3 }], groups: [] };
  const { api } = grounded([[leave], []], [answer, says('How many days of leave has a part-timer?')], { quotas });
  await api.chat({ ...question, conversation_id: 'c1' });
  const [before] = Object.values(api.quotas.taken);
  const ask = () => api.chat({ messages: [{ role: 'user', content: 'And part-timers?' }], conversation_id: 'c1' });
  expect((await ask()).status).toBe(200);
  expect(Object.values(api.quotas.taken)).toEqual([{ requests: 2, tokens: 2 * before.tokens }]);
  expect((await ask()).status).toBe(200);
  expect((await ask()).status).toBe(429);
});

test('answers nothing from an image alone, for nothing can be looked up for it', async () => {
  const { api, passages } = grounded([[leave]]);
  const image = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const { choices } = (await api.chat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] }] })).json();
  expect(choices[0].message.content).toContain('I do not know');
  expect([passages.searches, api.model.prompts]).toEqual([[], []]);
});

test('answers 503 where documents cannot be looked up, and keeps nothing', async () => {
  const { api } = grounded([new PassagesFailure('unavailable', 'down')]);
  const { status, json } = await api.chat({ ...question, conversation_id: 'c1' });
  expect([status, json().error.code]).toEqual([503, 'retrieval_failed']);
  expect(api.model.prompts).toEqual([]);
  expect((await api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c1' })).status).toBe(404);
  expect(api.metrics[0]).toMatchObject({ Turns: 0, Retrievals: 1, RetrievalErrors: 1 });
});

test('refuses a caller whose tenant nothing verified says', async () => {
  const { api, passages } = grounded([[leave]], [answer], { knowledge: { tenant: { field: 'department', claim: 'custom:tenant' } } });
  expect((await api.chat(question)).status).toBe(403);
  expect(passages.searches).toEqual([]);
});

test('cites nothing in an answer that is a document by a schema', async () => {
  const { api } = grounded([[leave]], [says('{"days": [1]}')]);
  const { message } = (await api.chat({ ...question, response_format: { type: 'json_object' } })).json().choices[0];
  expect(message).toMatchObject({ content: '{"days": [1]}' });
  expect(message).not.toHaveProperty('annotations');
});

test('tells a turn again with its citations under the same key', async () => {
  const { api } = grounded([[leave, sick]]);
  const once = (await api.chat({ ...question, conversation_id: 'c1' }, { headers: { 'idempotency-key': 'k1' } })).json().choices[0].message;
  const again = (await api.chat({ ...question, conversation_id: 'c1' }, { headers: { 'idempotency-key': 'k1' } })).json().choices[0].message;
  expect(again.content).toBe(once.content);
  expect(again.annotations).toHaveLength(2);
  expect(api.model.prompts).toHaveLength(1);
});

test('names the query that rows are from, to every kind of client', async () => {
  const query = 'SELECT count(*) AS orders FROM sales.public.orders';
  const rows = passage('orders\n7', { id: 'q1', score: undefined, source: { uri: 'sql:q1', title: query, query }, table: { columns: ['orders'], rows: [[7]] } });
  const { api } = grounded([[rows]], [says('Seven [1].'), says('Seven [1].')], { knowledge: { kind: 'sql', linkSeconds: undefined } });
  const { message } = (await api.chat(question)).json().choices[0];
  expect(message.annotations).toEqual([{
    type: 'url_citation', url_citation: { url: 'sql:q1', title: query, start_index: 0, end_index: 5 }, citation: { number: 1, passage_id: 'q1', uri: 'sql:q1', query, snippet: 'orders 7' },
  }]);
  const told = (await api.call({ resource: '/v1/chat', body: { id: 'c1', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Orders?' }] }] } })).events();
  expect(told).toEqual(expect.arrayContaining([
    { type: 'source-document', sourceId: 'source-1', mediaType: 'application/sql', title: query, filename: 'sql:q1' },
    expect.objectContaining({ type: 'data-citation', data: expect.objectContaining({ query }) }),
  ]));
});
