import { PassagesFailure, type SearchNote } from '../../../lambda/ports/passages';
import { passage } from '../fakes/passages';
import { RagApi } from '../fakes/rag-api';

const one = passage('Thirty days.', { id: 'p1', score: 0.87, source: { uri: 's3://docs/hr/leave.pdf', title: 'leave.pdf', page: 3 }, metadata: { department: 'hr', other: 1 } });

test('gives passages with their sources, and asks no model', async () => {
  const api = new RagApi({ found: [[one]], knowledge: { linkSeconds: 60, questions: 3 } });
  const { json } = await api.retrieve({ query: 'How many days?', filter: { department: 'hr', year: { gte: 2024 } }, passages: 8 });
  expect(json()).toEqual({
    id: 'ret-r1',
    object: 'retrieval',
    created: expect.any(Number),
    passages: [{
      id: 'p1',
      text: 'Thirty days.',
      score: 0.87,
      metadata: { department: 'hr' },
      source: { uri: 's3://docs/hr/leave.pdf', title: 'leave.pdf', page: 3, link: 'https://signed.example/docs/hr/leave.pdf?for=60#page=3' },
    }],
  });
  expect(api.passages.searches).toEqual([{
    question: 'How many days?',
    most: 8,
    filter: { all: [{ field: 'department', is: 'equals', value: 'hr' }, { field: 'year', is: 'greaterThanOrEquals', value: 2024 }] },
  }]);
  expect(api.model.prompts).toEqual([]);
  const counted = { Retrievals: 1, EmptyRetrievals: 0, RetrievalErrors: 0, RetrievalDuration: expect.any(Number), TopScore: 87, ForeignPassages: 0 };
  expect(api.retrievals).toEqual([counted]);
  expect(api.logged).toMatchObject([{ message: 'request', fields: { route: 'POST /v1/retrieve', status: 200, passages: 1, topScore: 0.87, filtered: true } }]);
});

test('shows apart what a passage is read behind', async () => {
  const api = new RagApi({ found: [[passage('| tent | 90 |', { lead: 'Prices\n| item | price |' }), passage('| tent | 90 |', { lead: '' }), passage('| tent | 90 |')]] });
  const { passages } = (await api.retrieve({ query: 'tent' })).json();
  expect(passages.map(({ text, context }: { text: string; context?: string }) => [text, context])).toEqual([['| tent | 90 |', 'Prices\n| item | price |'], ['| tent | 90 |', undefined]]);
});

test('explains how passages were found where it is asked to', async () => {
  const placements = { vector: { rank: 1, score: 0.8 }, keyword: { rank: 3, score: 11.2 }, fused: { rank: 1, score: 0.99 } };
  const api = new RagApi({ found: [[passage('a', { placements })]], notes: [{ stage: 'embed', milliseconds: 12 }, { stage: 'vector', milliseconds: 9 }] });
  const plain = (await api.retrieve({ query: 'tent' })).json();
  expect([plain.explain, plain.passages[0].scores]).toEqual([undefined, undefined]);
  const { explain, passages: [{ scores }] } = (await api.retrieve({ query: 'tent', explain: true })).json();
  expect([explain, scores]).toEqual([{ timings_ms: { embed: 12, vector: 9, total: expect.any(Number) } }, placements]);
  expect(api.retrievals[0]).not.toHaveProperty('RerankFallbacks');
});

test.each<['late' | 'failed' | undefined, string, number]>([[undefined, 'done', 0], ['late', 'late', 1], ['failed', 'failed', 1]])(
  'says of a reranker that is %s as much as callers may know, and counts it', async (unranked, rerank, fallbacks) => {
    const notes: SearchNote[] = [{ stage: 'rerank', milliseconds: 7 }, ...unranked ? [{ unranked, why: 'arn:secret' }] : []];
    const api = new RagApi({ found: [[passage('a')]], notes });
    const { json, text } = await api.retrieve({ query: 'tent', explain: true });
    expect(json().explain).toEqual({ timings_ms: { rerank: 7, total: expect.any(Number) }, rerank });
    expect(text).not.toContain('secret');
    expect(api.retrievals).toMatchObject([{ RerankFallbacks: fallbacks }]);
    expect(api.logged[0].fields.notReranked).toBe(unranked && 'arn:secret');
  });

test('looks up what is said, however much white space stands before it', async () => {
  const api = new RagApi({ found: [[one]] });
  await api.retrieve({ query: `${' '.repeat(2_000)}How many days?` });
  expect(api.passages.searches).toMatchObject([{ question: 'How many days?' }]);
});

test('finding nothing is no failure', async () => {
  const api = new RagApi();
  const { status, json } = await api.retrieve({ query: 'Why?' });
  expect([status, json().passages]).toEqual([200, []]);
  expect(api.retrievals[0]).toMatchObject({ EmptyRetrievals: 1 });
});

test('gives a passage without a link where none can be made', async () => {
  const api = new RagApi({ found: [[passage('a', { source: { uri: 's3://broken/x', title: 'x' } }), passage('b', { source: { uri: 'javascript:alert(1)', title: 'y' } })]], knowledge: { linkSeconds: 60 } });
  expect((await api.retrieve({ query: 'Why?' })).json().passages.map(({ source }: { source: object }) => source)).toEqual([{ uri: 's3://broken/x', title: 'x' }, { uri: 'javascript:alert(1)', title: 'y' }]);
});

test('refuses a filter that the store does not take, and does not count it as a failure', async () => {
  const api = new RagApi({ found: [new PassagesFailure('refused', 'secret words')] });
  const { status, json, text } = await api.retrieve({ query: 'Why?', filter: { year: 1 } });
  expect([status, json().error]).toMatchObject([400, { param: 'filter', code: 'filter_refused' }]);
  expect(text).not.toContain('secret');
  expect(api.retrievals).toEqual([{ Retrievals: 1, RetrievalErrors: 0 }]);
});

test('refuses what it does not know', async () => {
  const { json } = await new RagApi().retrieve({ query: 'a', stream: true });
  expect(json().error).toMatchObject({ param: 'stream', code: 'unknown_parameter', message: 'The body must have no other fields than \'query\', \'filter\', \'passages\', \'explain\', got \'stream\': leave it out, or mend its name.' });
});
