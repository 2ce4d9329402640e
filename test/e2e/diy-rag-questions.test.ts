import { emittedMetrics } from './emitted-metrics';
import { runRags, until } from './run-rags';
import type { User } from './run-stacks';
import { MetadataField, Model } from '../../lib';
import { AnswerCache, QueryExpansion, QueryRewriting } from '../../lib/diy-rag';

const MICRO = Model.foundation('amazon.nova-micro-v1:0');

describe('questions to a pipeline of one\'s own', () => {
  const fields = [MetadataField.text('owner'), MetadataField.number('year')];
  const rags = runRags(() => ({
    Cached: { retrieval: { fields, tenant: { field: 'owner', claim: 'email' } }, answering: { cache: AnswerCache.semantic() } },
    History: { retrieval: { rewriting: QueryRewriting.fromHistory(), expansion: QueryExpansion.multiQuery({ model: MICRO }) } },
    Imagined: { retrieval: { rewriting: QueryRewriting.byModel({ model: MICRO }), expansion: QueryExpansion.hyde() } },
  }));
  const { put, putDescribed } = rags;

  async function ask(name: string, body: object, user?: User) {
    const response = await rags.send(name, 'v1/query', { body, user });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return { status: response.headers.get('cache-status'), text, json: () => JSON.parse(text) };
  }

  /** Asks until it is answered by what was answered: a question that finds the machine busy is answered anew, and so is one within a second of a change. */
  const hit = (name: string, body: object, user?: User) => until(() => ask(name, body, user), ({ status }) => status === 'answers; hit');

  async function write(name: string, key: string, body: string, metadata: object = {}, user?: User) {
    await putDescribed(name, key, body, metadata);
    await rags.inState(name, key, 'indexed', user);
  }

  describe('that were answered before', () => {
    const leave = (days: string) => `Everybody has ${days} days of leave a year.`;
    const QUESTION = { query: 'How many days of leave a year?' };

    test('are answered by what was answered, said otherwise and streamed too', async () => {
      await write('Cached', 'a.txt', leave('thirty'), { owner: 'user-a@example.com', year: 2026 });
      const first = await ask('Cached', QUESTION);
      expect([first.status, first.json().answer]).toEqual(['answers; fwd=miss', expect.stringContaining('thirty')]);
      await hit('Cached', QUESTION);
      // Each is asked once: what answers it was asked in other words.
      const otherwise = ['in', 'for', 'of', 'over'].map((word) => ({ query: `How many days of leave ${word} a year?` }));
      const second = await until(() => ask('Cached', otherwise.shift()!), ({ status }) => status === 'answers; hit');
      expect([second.status, second.json()]).toEqual(['answers; hit', expect.objectContaining({ answer: first.json().answer, cached: true, citations: first.json().citations })]);
      expect(second.json().usage.total_tokens).toBe(0);
      const streamed = await hit('Cached', { ...QUESTION, stream: true });
      expect([streamed.status, streamed.text]).toEqual(['answers; hit', expect.stringMatching(/event: passages[^]*event: text[^]*event: citation[^]*event: done\ndata: .*"cached":true/)]);
    }, 120_000);

    test('are answered anew for another filter, and where that is asked for', async () => {
      expect((await ask('Cached', { ...QUESTION, filter: { year: 2026 } })).status).toBe('answers; fwd=miss');
      expect((await hit('Cached', { ...QUESTION, filter: { year: 2026 } })).json().answer).toContain('thirty');
      expect((await ask('Cached', { ...QUESTION, cache: false })).status).toBe('answers; fwd=miss');
    }, 120_000);

    test('are answered for each tenant from their own documents, which void what was answered them, and them alone', async () => {
      const b = await ask('Cached', QUESTION, 'user-b');
      expect([b.status, b.text]).toEqual(['answers; fwd=miss', expect.not.stringContaining('thirty')]);
      await write('Cached', 'b.txt', leave('forty'), { owner: 'user-b@example.com', year: 2026 }, 'user-b');
      expect((await ask('Cached', QUESTION, 'user-b')).json().answer).toContain('forty');
      expect((await hit('Cached', QUESTION, 'user-b')).json()).toMatchObject({ answer: expect.stringContaining('forty'), cached: true });
      expect((await hit('Cached', QUESTION)).json()).toMatchObject({ answer: expect.stringContaining('thirty'), cached: true });
    }, 120_000);

    test('are answered anew when a document has changed, or is gone', async () => {
      await put('Cached', 'a.txt', leave('thirty-one'));
      const changed = await until(() => ask('Cached', QUESTION), ({ text }) => text.includes('thirty-one'));
      expect(changed.status).toBe('answers; fwd=miss');
      expect((await hit('Cached', QUESTION)).json().answer).toContain('thirty-one');
      await rags.remove('Cached', 'b.txt');
      const gone = await until(() => ask('Cached', QUESTION, 'user-b'), ({ text }) => !text.includes('forty'));
      expect(gone.json()).toMatchObject({ finish_reason: 'unanswered' });
      expect((await hit('Cached', QUESTION)).json().answer).toContain('thirty-one');
    }, 120_000);
  });

  test('that follow others are looked up behind them, and in other words', async () => {
    await write('History', 'ulm.txt', 'Leave in Ulm is taken by the end of March.');
    const conversation = { messages: [{ role: 'user', content: 'When is leave taken?' }, { role: 'assistant', content: 'By March.' }, { role: 'user', content: 'And in Ulm?' }] };
    const followed = (await ask('History', { ...conversation, explain: true })).json();
    expect(followed.explain).toMatchObject({
      rewrite: 'done', searches: [{ query: 'When is leave taken?\nAnd in Ulm?' }, { query: 'And in Ulm?', weight: 0.5 }, { query: 'When is leave taken? And in Ulm?', weight: 0.5 }],
    });
    expect(followed.answer).toContain('March');
    const { passages, explain } = (await ask('History', { query: 'When is my vacation?', explain: true })).json();
    expect([passages.length, explain.searches]).toEqual([1, [{ query: 'When is my vacation?' }, { query: 'When is my leave?', weight: 0.5 }]]);
  }, 120_000);

  test('are looked up by what might answer them', async () => {
    await write('Imagined', 'ulm.txt', 'Leave in Ulm is taken by the end of March.');
    const { explain, answer } = (await ask('Imagined', { query: 'When is vacation in Ulm?', explain: true })).json();
    expect(explain).toMatchObject({ rewrite: 'done', searches: [{ query: 'When is vacation in Ulm?', imagined: 'It is written: When is leave in Ulm.' }] });
    expect(answer).toContain('March');
    const conversation = { messages: [{ role: 'user', content: 'When is leave taken?' }, { role: 'assistant', content: 'By March.' }, { role: 'user', content: 'And in Ulm?' }] };
    expect((await ask('Imagined', { ...conversation, explain: true })).json().explain.searches[0].query).toBe('When is leave taken? And in Ulm?');
  }, 120_000);

  test('are counted by what became of them', () => {
    const values = (name: string) => emittedMetrics(rags.cloud).filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0);
    expect(values('AnswerCacheHits')).toBeGreaterThan(4);
    expect(values('AnswerCacheMisses')).toBeGreaterThan(4);
    expect(values('QuestionRewrites')).toBeGreaterThan(3);
    expect(values('QuestionRewritesFailed')).toBe(0);
  });

  test('every grant is used, and none is missing', async () => {
    for (const { role, denied, unknown, unused } of await rags.grants()) {
      const answers = unused.filter((grant) => JSON.stringify(grant).includes('Answers'));
      const models = unused.filter(({ action }) => action.startsWith('bedrock:'));
      expect({ role, denied, unknown, answers, models }).toEqual({ role, denied: [], unknown: [], answers: [], models: [] });
    }
  });
});
