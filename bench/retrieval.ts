import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedder, hashes, served } from './embedder';
import { fused, METHODS } from './fusion';
import { jsonLines, ndcg, ranked, readJudgements, recall, type Run } from './relevance';
import { STORES } from './retrieval/stores';
import type { Figure, Row } from './row';
import type { PassageStore, StoreHit } from '../lambda/ports/passage-store';
import type { PassageIndex } from '../lib/contract/passage-stores';

/** As many as a server takes at once. */
const BATCH = 64;
const MOST = 100;

interface Text {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

const retrieval: Row = {
  name: 'retrieval',
  title: 'nDCG@10 and recall@100 by vectors, words and both, in a store behind its own adapter (--store aurora or s3-vectors): --dataset DIR with corpus.jsonl, queries.jsonl and qrels.tsv; --embeddings URL asks a model',
  needs: ['dataset'],
  run: async ({ dataset = '', embeddings, embeddingModel = 'default', save, store: kind = 'aurora' }) => {
    const judgements = readJudgements(join(dataset, 'qrels.tsv'));
    const embedder = embeddings === undefined ? hashes : await served(embeddings, embeddingModel);
    const index: PassageIndex = { name: 'bench', dimension: embedder.dimension, fields: [] };
    if (!(kind in STORES)) throw new Error(`'--store' must be one of ${Object.keys(STORES).join(', ')}, got ${kind}`);
    const { store, note, close } = await STORES[kind](index);
    try {
      const began = performance.now();
      const documents = await write(store, embedder, join(dataset, 'corpus.jsonl'));
      const written = performance.now();
      const { meaning, words, milliseconds } = await search(store, embedder, join(dataset, 'queries.jsonl'), new Set(judgements.keys()));
      if (save !== undefined) saveRuns(save, { vector: meaning, keyword: words });
      const alone = (run: Run) => (query: string) => ranked(run[query]);
      const both = (name: string, found: (query: string) => string[]): Figure[] => [
        { name: `${name}`, value: ndcg(found, judgements), unit: 'nDCG@10', kind: 'check' },
        { name: `${name}`, value: recall(found, judgements), unit: 'recall@100', kind: 'check' },
      ];
      return {
        figures: [
          ...both('vector', alone(meaning)), ...both('keyword', alone(words)), ...METHODS.flatMap(([name, method]) => both(`hybrid, ${name}`, fused([meaning, words], method))),
          { name: 'a query by vector, on average', value: milliseconds.meaning, unit: 'ms', kind: 'time' },
          { name: 'a query by words, on average', value: milliseconds.words, unit: 'ms', kind: 'time' },
        ],
        notes: [
          note,
          `${documents} documents, one chunk each, written in ${((written - began) / 1_000).toFixed(0)} s; ${judgements.size} queries`,
          embedder.note,
          ...save === undefined ? [] : [`runs for 'fusion': ${join(save, 'vector.json')} ${join(save, 'keyword.json')}`],
        ],
      };
    } finally {
      await close();
    }
  },
};

async function write(store: PassageStore, embedder: Embedder, corpus: string): Promise<number> {
  let [batch, count]: [Text[], number] = [[], 0];
  const flush = async () => {
    const vectors = await embedder.embed(batch.map(({ title = '', text }) => `${title} ${text}`));
    await store.write(batch.map(({ _id, title = '', text }, at) => ({
      id: _id, document: _id, number: 0, title, text, lead: '', start: 0, end: text.length, metadata: {}, vector: vectors[at],
    })));
    count += batch.length;
    batch = [];
  };
  for await (const text of jsonLines<Text>(corpus)) if (batch.push(text) === BATCH) await flush();
  if (batch.length > 0) await flush();
  return count;
}

async function search(store: PassageStore, embedder: Embedder, file: string, asked: ReadonlySet<string>) {
  const [meaning, words]: Record<string, Record<string, number>>[] = [{}, {}];
  const milliseconds = { meaning: 0, words: 0 };
  const { signal } = new AbortController();
  const scores = (hits: readonly StoreHit[]) => Object.fromEntries(hits.map(({ chunk: { id }, score }) => [id, score]));
  for await (const { _id, text } of jsonLines<Text>(file)) {
    if (!asked.has(_id)) continue;
    const [vector] = await embedder.embed([text]);
    const began = performance.now();
    meaning[_id] = scores(await store.byMeaning({ vector, most: MOST }, signal));
    const between = performance.now();
    words[_id] = scores(await store.byWords!({ words: text, most: MOST }, signal));
    milliseconds.meaning += between - began;
    milliseconds.words += performance.now() - between;
  }
  const queries = Object.keys(meaning).length || 1;
  return { meaning, words, milliseconds: { meaning: milliseconds.meaning / queries, words: milliseconds.words / queries } };
}

function saveRuns(folder: string, runs: Readonly<Record<string, Run>>) {
  mkdirSync(folder, { recursive: true });
  for (const [name, run] of Object.entries(runs)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(run));
}

export default retrieval;
