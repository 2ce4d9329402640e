import { ModelFailure, type ModelEvent } from '../../../lambda/ports/model';
import { MemoryAnswers } from '../fakes/answers';
import { says, stop, text, usage } from '../fakes/model';
import { passage } from '../fakes/passages';
import { RagApi, type RagOptions } from '../fakes/rag-api';

const CACHE = { table: 't', similarity: 0.95, seconds: 3_600, lagSeconds: 1 };
const QUESTION = 'How many days of leave are there?';
const leave = passage('Everybody has thirty days of leave.', { id: 'p1', score: 0.9, source: { uri: 's3://docs/leave.pdf', title: 'leave.pdf', start: 10, end: 45 } });
const answer = says('Thirty days', ' [1].');

function open(options: RagOptions = {}) {
  const kept = new MemoryAnswers();
  return { kept, api: new RagApi({ scripts: [answer], found: [[leave]], cache: CACHE, kept, ...options }) };
}

test('an answer is told again as it was, with its citations, and says so', async () => {
  const { api } = open({ knowledge: { linkSeconds: 300 } });
  const first = await api.query({ query: QUESTION, include_passages: true });
  expect(first.headers['cache-status']).toBe('answers; fwd=miss');
  expect(first.json()).not.toHaveProperty('cached');
  api.later = 60_000;
  const second = await api.query({ query: 'Days of leave: how many are there', include_passages: true });
  expect(second.headers['cache-status']).toBe('answers; hit');
  const { created, usage: taken, ...told } = first.json();
  const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, prompt_tokens_details: { cached_tokens: 0 }, cost: 0 };
  expect(second.json()).toEqual({ ...told, created: expect.any(Number), cached: true, age: 60, usage: nothing });
  expect([api.model.prompts.length, api.passages.searches.length]).toEqual([1, 1]);
  expect(taken.total_tokens).toBeGreaterThan(0);
});

test('streams it with the same events', async () => {
  const { api } = open();
  const first = await api.query({ query: QUESTION, stream: true });
  const second = await api.query({ query: QUESTION, stream: true });
  expect([first.headers['cache-status'], second.headers['cache-status']]).toEqual(['answers; fwd=miss', 'answers; hit']);
  const spoken = (events: [string, any][]) => events.flatMap(([name, data]) => (name === 'text' ? [data.text] : [])).join('');
  expect(spoken(second.events())).toBe(spoken(first.events()));
  const of = (events: [string, any][], name: string) => events.find((event) => event[0] === name)![1];
  for (const name of ['passages', 'citation']) expect(of(second.events(), name)).toEqual(of(first.events(), name));
  expect(of(second.events(), 'done')).toMatchObject({ finish_reason: 'stop', grounded: true, cached: true, age: 0, usage: { total_tokens: 0 } });
  expect(of(first.events(), 'done')).not.toHaveProperty('cached');
});

test('is counted, and costs nothing', async () => {
  const { api } = open();
  await api.query({ query: QUESTION });
  await api.query({ query: QUESTION });
  const missed = expect.objectContaining({ AnswerCacheHits: 0, AnswerCacheMisses: 1, Retrievals: 1 });
  expect(api.retrievals).toEqual([missed, { AnswerCacheHits: 1, AnswerCacheMisses: 0 }]);
  expect(api.answers[1]).toMatchObject({ Turns: 1, TimeToFirstToken: expect.any(Number) });
  expect([api.answers[1].InputTokens, api.answers[1].Cost]).toEqual([undefined, undefined]);
  expect(api.logged.map(({ fields }) => fields.answerCache)).toEqual(['miss', 'hit']);
});

test('answers anew where that is asked for, and tells that from then on', async () => {
  const { api } = open({ scripts: [answer, says('Thirty-one days [1].')] });
  await api.query({ query: QUESTION });
  expect((await api.query({ query: QUESTION, cache: false })).json().answer).toBe('Thirty-one days [1].');
  expect((await api.query({ query: QUESTION })).json()).toMatchObject({ answer: 'Thirty-one days [1].', cached: true });
});

test('refuses to be told how, where no answers are kept', async () => {
  expect((await new RagApi().query({ query: QUESTION, cache: false })).json().error).toMatchObject({ param: 'cache', code: 'unsupported_parameter' });
});

const masked: ModelEvent = { type: 'assessed', findings: [{ on: 'output', policy: 'pii', kind: 'NAME', action: 'ANONYMIZED' }] };
const guardrail = { id: 'g', version: '1' };
test.each<[string, RagOptions, object?]>([
  ['nothing was found for', { found: [[]] }],
  ['cites nothing', { scripts: [says('The passages do not say.')] }],
  ['was cut off', { scripts: [[text('Thirty [1]'), stop('max_tokens'), usage]] }],
  ['a guardrail blocked', { guardrail, scripts: [[text('Sorry [1].'), stop('guardrail_intervened'), usage]] }],
  ['a guardrail masked', { guardrail, scripts: [[text('{NAME} has [1].'), stop('guardrail_intervened'), masked, usage]] }],
  ['broke off', { scripts: [[text('Thirty [1]'), new ModelFailure('unavailable', 'broke')]] }],
  ['is from passages some of which were another tenant\'s', { found: [[leave, passage('Theirs.', { metadata: { owner: 'globex' } })]], knowledge: { tenant: { field: 'owner', claim: 'custom:tenant' } } }],
  ['was looked up without the model that was to help', { scripts: [[new Error('down')], answer], knowledge: { expansion: { by: 'passage', milliseconds: 1_000 } } }],
])('an answer that %s is kept for nobody', async (_, options) => {
  const { api, kept } = open(options);
  await api.query({ query: QUESTION, stream: true }, { 'custom:tenant': 'acme' });
  expect(kept.kept).toEqual([]);
});

const FOLLOW_UP = [{ role: 'user', content: 'What is leave?' }, { role: 'assistant', content: 'Free time.' }, { role: 'user', content: 'And how much?' }];

test('a follow-up is told what was answered to the question that it means, and what answers it is kept for nobody', async () => {
  const { api, kept } = open({ scripts: [says(QUESTION), answer, answer, says(QUESTION)] });
  await api.query({ messages: FOLLOW_UP });
  expect(kept.kept).toEqual([]);
  await api.query({ query: QUESTION });
  const { answer: told, cached, usage: taken } = (await api.query({ messages: FOLLOW_UP })).json();
  expect([told, cached, taken.total_tokens]).toEqual(['Thirty days [1].', true, 0]);
  // The model that said what it means was asked, and is paid.
  expect(taken.cost).toBeGreaterThan(0);
});

test('a follow-up that nobody could say the meaning of is looked for nowhere', async () => {
  const { api } = open({ scripts: [[new Error('down')], answer] });
  const { headers } = await api.query({ messages: FOLLOW_UP });
  expect(headers).not.toHaveProperty('cache-status');
  expect(api.retrievals[0]).not.toHaveProperty('AnswerCacheMisses');
});

test('a cache that fails changes nothing but the log', async () => {
  const { api, kept } = open();
  kept.failure = new Error('throttled');
  expect((await api.query({ query: QUESTION })).json()).toMatchObject({ answer: 'Thirty days [1].', finish_reason: 'stop' });
  expect(api.logged.at(-1)!.fields).toMatchObject({ answerCache: 'failed' });
});
