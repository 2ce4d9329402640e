import { oneModel } from '../../lambda/generation/routing/models';
import { systemClock } from '../../lambda/kit/clock';
import { answerQuery, type QueryPorts } from '../../lambda/knowledge/query';
import type { QueryPolicy } from '../../lambda/knowledge/query-terms';
import type { Model, ModelEvent } from '../../lambda/ports/model';
import type { StoreHit } from '../../lambda/ports/passage-store';
import { parseQuery } from '../../lambda/rag/request';
import { storePassages } from '../../lambda/search/store-passages';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { PassageSearch } from '../../lib/contract/passage-search';

const QUERIES = 500;
const WARMING = 50;
/** As many as each search looks up by default, and as many as it may. */
const CANDIDATES = [25, 100];
const DIMENSION = 1_024;
/** Of an answer, each an event of its own. */
const TOKENS = 200;

const facts = { id: 'm', name: 'm', contextTokens: 200_000, outputTokens: 4_096, tools: 'streaming', sampling: 'both', inputs: ['text'] } as const;
const knowledge: KnowledgePolicy = {
  knowledgeBaseId: 'bench', kind: 'own', passages: 5, candidates: 25, fields: [{ name: 'owner', type: 'string' }, { name: 'year', type: 'number' }], tenant: { field: 'owner', claim: 'tenant' },
};
const policy: QueryPolicy = { knowledge, models: oneModel(facts), generation: { maxTokens: 2_048 }, systemPrompt: 'You help.' };
const body = JSON.stringify({ query: 'How many days of leave does somebody have who joined in the middle of the year?', filter: { year: { gte: 2020 } }, explain: true });

/** What each query took, in milliseconds. */
export interface Took {
  /** Until its last word. */
  readonly whole: number[];
  /** Until its first word: what is looked up, and told to the model. */
  readonly first: number[];
  /** Of the processor, by all threads: what compiles and what collects garbage among them. */
  readonly processor: number[];
}

async function measured(ports: QueryPorts): Promise<Took> {
  const took: Took = { whole: [], first: [], processor: [] };
  for (let at = -WARMING; at < QUERIES; at++) {
    const context = { caller: 'bench', claims: { tenant: 'acme' }, groups: [], headers: {}, signal: new AbortController().signal };
    let first: number | undefined;
    const processor = process.cpuUsage();
    const began = performance.now();
    for await (const event of answerQuery(parseQuery(body, policy, facts), policy, context, ports)) {
      JSON.stringify(event);
      if (event.type === 'text') first ??= performance.now();
    }
    const ended = performance.now();
    const { user, system } = process.cpuUsage(processor);
    if (at < 0) continue;
    took.whole.push(ended - began);
    took.first.push(first! - began);
    took.processor.push((user + system) / 1_000);
  }
  return took;
}

function portsOf(candidates: number): QueryPorts {
  const search: PassageSearch = { by: 'both', candidates, fusion: { method: 'zScore' }, weights: { meaning: 1, words: 1 }, relevance: 0.8, rerank: { modelArn: 'm', milliseconds: 3_000 } };
  // Half of what one search finds the other finds too.
  const [byMeaning, byWords] = [hits(0, candidates), hits(candidates / 2, candidates)];
  const passages = storePassages({
    store: { byMeaning: async () => byMeaning, byWords: async () => byWords },
    embeddings: { embed: async () => [Array.from({ length: DIMENSION }, () => 0.1)] },
    reranker: { rerank: async (_, texts) => texts.map((_text, index) => ({ index, score: 1 / (1 + (index * 7) % texts.length) })) },
    clock: systemClock,
  }, search);
  return { passages, clock: systemClock, model: answering(), links: { sign: async (uri) => uri } };
}

/** Chunks of some 300 tokens, without their vectors, as stores give them. */
function hits(first: number, most: number): StoreHit[] {
  return Array.from({ length: most }, (_, place) => {
    const at = Math.floor(first) + place;
    const text = Array.from({ length: 24 }, (__, line) => `Line ${line} of ${at} says that everybody has thirty days of leave, and how it is taken.`).join('\n');
    const chunk = {
      id: `chunk-${at}`,
      document: `s3://docs/${at % 9}.md`,
      number: at,
      title: `Handbook ${at % 9}`,
      text,
      lead: `Leave › Part ${at}`,
      start: at * 5_000,
      end: at * 5_000 + text.length,
      metadata: { owner: 'acme', year: 2024 },
    };
    return { chunk, score: 1 / (1 + place) };
  });
}

function answering(): Model {
  const events: ModelEvent[] = [
    ...Array.from({ length: TOKENS }, (_, at): ModelEvent => ({ type: 'text', text: at % 20 === 19 ? ` [${1 + at % 5}].` : ' leave' })),
    { type: 'stop', reason: 'end_turn' },
    { type: 'usage', usage: { input: 2_000, output: TOKENS, cacheRead: 0, cacheWrite: 0 } },
  ];
  return { answer: async function* () { yield* events; } };
}

void (async () => {
  const taken: [candidates: number, took: Took][] = [];
  for (const candidates of CANDIDATES) taken.push([candidates, await measured(portsOf(candidates))]);
  process.stdout.write(JSON.stringify(taken));
})();
