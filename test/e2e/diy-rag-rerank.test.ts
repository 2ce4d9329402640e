import { Duration } from 'aws-cdk-lib';
import { emittedMetrics } from './emitted-metrics';
import { runRags } from './run-rags';
import { ChatbotApi, RerankModel, Reranking } from '../../lib';

const QUESTION = 'How many days of parental leave has everybody?';
const ANSWER = 'Everybody has ninety days of parental leave.';
/** Says all that is asked, among much else: words and vectors of whole documents have it below those that speak of leave alone. */
const BURIED = [
  'The harbour office keeps the calendar of the ferries, the lighthouse and the customs house, and the porter has the keys of all of them.',
  ANSWER,
  'Rope, paint, lanterns and oil are ordered from the chandler before the end of each quarter, by letter, and signed by the head of the yard.',
].join(' ');
const DOCUMENTS: Readonly<Record<string, string>> = {
  'buried.txt': BURIED,
  'leave.txt': 'Parental leave.',
  'days.txt': 'Days of leave, leave of days: days.',
  'again.txt': 'Days of leave, leave of days: days, days.',
  'soup.txt': 'The canteen serves soup.',
};

const FUSED = ['buried.txt', 'leave.txt', 'days.txt', 'again.txt', 'soup.txt'];
const RERANKED = ['buried.txt', 'days.txt', 'again.txt', 'leave.txt', 'soup.txt'];

type Stage = 'vector' | 'keyword' | 'fused' | 'reranked';
interface Placed {
  readonly score: number;
  readonly scores: { readonly [Each in Stage]?: { readonly rank: number; readonly score: number } };
  readonly source: { readonly uri: string };
}

describe('passages that a model puts into order', () => {
  const rags = runRags(() => ({
    Amazon: { retrieval: { rerank: Reranking.model(RerankModel.standard()), ranking: { rerankTimeout: Duration.seconds(4) } } },
    Cohere: { retrieval: { rerank: Reranking.model(RerankModel.foundation('cohere.rerank-v3-5:0')), ranking: { diversity: 0.6 }, passages: 2, links: Duration.minutes(5) } },
  }), {
    beside: ({ Cohere }, { auth, stackOf, tell }) => tell('Cohere', { Chat: new ChatbotApi(stackOf('Cohere'), 'Chat', { auth, knowledge: Cohere }).url }),
  });
  const retrieve = (name: string): Promise<{ passages: Placed[]; explain: any }> => rags.call(name, 'v1/retrieve', { body: { query: QUESTION, explain: true } });
  const keys = (passages: readonly Placed[]) => passages.map(({ source: { uri } }) => uri.split('/').at(-1));
  const fallbacks = () => emittedMetrics(rags.cloud).filter(({ name }) => name === 'RerankFallbacks').reduce((sum, { value }) => sum + value, 0);

  beforeAll(async () => {
    for (const name of ['Amazon', 'Cohere']) for (const [key, text] of Object.entries(DOCUMENTS)) await rags.put(name, key, text);
    for (const name of ['Amazon', 'Cohere']) for (const key of Object.keys(DOCUMENTS)) await rags.inState(name, key, 'indexed');
  }, 240_000);
  afterEach(() => rags.cloud.knowledge.faults.set());

  test('carry their place and score of each stage, and stand as the last has them', async () => {
    const { passages, explain } = await retrieve('Amazon');
    expect(Object.keys(explain.timings_ms as object).sort()).toEqual(['embed', 'fuse', 'keyword', 'rerank', 'total', 'vector']);
    expect(explain.rerank).toBe('done');
    expect(keys(passages)).toEqual(RERANKED);
    const placesIn = (stage: Stage) => passages.map(({ scores }) => scores[stage]?.rank);
    expect([placesIn('fused'), placesIn('reranked')]).toEqual([RERANKED.map((key) => FUSED.indexOf(key) + 1), [1, 2, 3, 4, 5]]);
    expect([...placesIn('vector')].sort()).toEqual([1, 2, 3, 4, 5]);
    // Soup has no word of the question.
    expect(placesIn('keyword').filter(Boolean).sort()).toEqual([1, 2, 3, 4]);
    for (const stage of ['vector', 'keyword', 'fused', 'reranked'] as const) {
      const placed = passages.flatMap(({ scores: { [stage]: place } }) => place ?? []).sort((one, other) => one.rank - other.rank).map(({ score }) => score);
      expect({ stage, placed }).toEqual({ stage, placed: [...placed].sort((one, other) => other - one) });
    }
    expect(passages.map(({ score }) => score)).toEqual(passages.map(({ scores }) => scores.reranked!.score));
    expect(fallbacks()).toBe(0);
  }, 120_000);

  test('make room for what says something else, in what the reranker thinks of them', async () => {
    const { passages } = await retrieve('Cohere');
    // The second and third say the same: behind the best there is place for one, and that goes to another.
    expect(keys(passages)).toEqual(['buried.txt', 'leave.txt']);
    expect(passages.map(({ scores }) => scores.reranked!.rank)).toEqual([1, 4]);
  }, 120_000);

  test.each([
    ['failed', 'is at its limit', { kind: 'throttle' }],
    ['failed', 'is down', { kind: 'unavailable' }],
    ['late', 'does not answer in time', { kind: 'slow', milliseconds: 20_000 }],
  ] as const)('stand in the fused order, and say %s, where the reranker %s', async (came, _, fault) => {
    const before = fallbacks();
    rags.cloud.knowledge.faults.set({ ...fault, operation: 'Rerank', times: 1 });
    const { passages, explain } = await retrieve('Amazon');
    expect(explain.rerank).toBe(came);
    expect(keys(passages)).toEqual(FUSED);
    expect(passages.map(({ scores }) => scores.fused!.rank)).toEqual([1, 2, 3, 4, 5]);
    expect(passages.filter(({ scores }) => scores.reranked)).toEqual([]);
    expect(fallbacks() - before).toBe(1);
    // And the next is reranked again.
    expect((await retrieve('Amazon')).explain.rerank).toBe('done');
  }, 120_000);

  test('are what an answer is given from, with the reranker and without it', async () => {
    const ask = (name: string) => rags.call(name, 'v1/query', { body: { query: QUESTION, explain: true } });
    const { answer, citations, passages, explain } = await ask('Cohere');
    expect([answer, explain.rerank, keys(passages as Placed[])]).toEqual([expect.stringContaining('ninety days'), 'done', ['buried.txt', 'leave.txt']]);
    const [{ quote, source }] = citations;
    expect(BURIED.slice(quote.source_start as number, quote.source_end as number)).toBe(ANSWER);
    expect(source.uri).toMatch(/buried\.txt$/);
    expect(await (await fetch(source.link as string)).text()).toBe(BURIED);
    rags.cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'Rerank' });
    expect(await ask('Amazon')).toMatchObject({ answer: expect.stringContaining('ninety days'), explain: { rerank: 'failed' } });
  }, 120_000);

  test('are what a chat answers from too, with the reranker and without it', async () => {
    const ask = async () => (await rags.call('Cohere', 'v1/chat/completions', { body: { messages: [{ role: 'user', content: QUESTION }] }, door: 'Chat' })).choices[0].message;
    const before = fallbacks();
    const { content, annotations } = await ask();
    expect(content).toContain('ninety days');
    const [{ url_citation: { url }, citation }] = annotations;
    expect(citation).toMatchObject({ uri: expect.stringMatching(/buried\.txt$/), snippet: expect.stringContaining(ANSWER) });
    expect(await (await fetch(url as string)).text()).toBe(BURIED);
    expect(fallbacks()).toBe(before);
    rags.cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'Rerank' });
    expect((await ask()).content).toContain('ninety days');
    expect(fallbacks()).toBe(before + 1);
  }, 120_000);

  test('take no grant that is not used, and miss none', async () => {
    const asking = await rags.grants((role) => !role.includes('IndexSync') && /Rag.*Handler|ChatHandler/.test(role));
    expect(asking).toHaveLength(3);
    for (const { role, denied, unknown, used, unused } of asking) {
      const reranker = role.includes('role/Amazon') ? 'amazon.rerank-v1:0' : 'cohere.rerank-v3-5:0';
      const rerank = used.flatMap(({ action, resources }) => (action === 'bedrock:Rerank' || resources.some((resource) => resource.endsWith(`/${reranker}`)) ? action : [])).sort();
      expect({ role, denied, unknown, rerank }).toEqual({ role, denied: [], unknown: [], rerank: ['bedrock:InvokeModel', 'bedrock:Rerank'] });
      // The chat has files of its own, which nobody puts up here.
      expect(unused.filter(({ action, resources }) => /^(bedrock|s3vectors):/.test(action) || resources.join().includes('ragdocuments'))).toEqual([]);
    }
  });
});
