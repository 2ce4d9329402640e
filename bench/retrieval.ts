import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLines, makeFolder, nameField, readFolder, Refusal, textField } from './data';
import { type Embedder, hashes, served } from './embedder';
import { fused, METHODS } from './fusion';
import { type Judgements, ndcg, ranked, readJudgements, recall, type Run } from './relevance';
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

const FIELDS = [nameField('_id'), textField('text')];

const retrieval: Row = {
  name: 'retrieval',
  title: 'nDCG@10 and recall@100 by vectors, words and both, in a store behind its own adapter (--store aurora or s3-vectors): --dataset DIR with corpus.jsonl, queries.jsonl, and qrels.tsv or qrels/test.tsv; --embeddings URL asks a model',
  needs: ['dataset'],
  run: async ({ dataset = '', embeddings, embeddingModel = 'default', save, store: kind = 'aurora' }) => {
    if (!(kind in STORES)) throw new Refusal(`'--store' must be one of ${Object.keys(STORES).join(', ')}, got ${kind}`);
    const files = filesOf(dataset);
    const judgements = readJudgements(files.qrels);
    const queries = await readQueries(files.queries, judgements);
    if (save !== undefined) makeFolder("'--save'", save);
    const embedder = embeddings === undefined ? hashes : await served(embeddings, embeddingModel);
    const index: PassageIndex = { name: 'bench', dimension: embedder.dimension, fields: [] };
    const { store, note, close } = await STORES[kind](index);
    try {
      const began = performance.now();
      const documents = await write(store, embedder, files.corpus);
      const written = performance.now();
      const { meaning, words, milliseconds } = await search(store, embedder, queries);
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

/** Judgements lie beside the texts, or where BEIR's own archives have them. */
function filesOf(dataset: string) {
  readFolder("'--dataset'", dataset);
  const held = (...names: string[]) => names.map((name) => join(dataset, name)).find((path) => existsSync(path));
  const files = { 'corpus.jsonl': held('corpus.jsonl'), 'queries.jsonl': held('queries.jsonl'), 'qrels.tsv or qrels/test.tsv': held('qrels.tsv', 'qrels/test.tsv') };
  const lacking = Object.entries(files).flatMap(([name, path]) => path ? [] : [name]);
  if (lacking.length > 0) throw new Refusal(`'--dataset' must be a folder that holds ${Object.keys(files).join(', ')}; ${dataset} lacks ${lacking.join(', ')}`);
  const [corpus, queries, qrels] = Object.values(files) as string[];
  return { corpus, queries, qrels };
}

/** Those that there are judgements for. */
async function readQueries(file: string, judgements: Judgements): Promise<Text[]> {
  const queries: Text[] = [];
  for await (const query of jsonLines<Text>("queries.jsonl of '--dataset'", file, FIELDS)) if (judgements.has(query._id)) queries.push(query);
  if (queries.length > 0) return queries;
  throw new Refusal(`${file} must hold queries that are judged: none has an '_id' of those judged, such as ${[...judgements.keys()].slice(0, 3).join(', ')}`);
}

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
  for await (const text of jsonLines<Text>("corpus.jsonl of '--dataset'", corpus, FIELDS)) if (batch.push(text) === BATCH) await flush();
  if (batch.length > 0) await flush();
  return count;
}

async function search(store: PassageStore, embedder: Embedder, queries: readonly Text[]) {
  const [meaning, words]: Record<string, Record<string, number>>[] = [{}, {}];
  const milliseconds = { meaning: 0, words: 0 };
  const { signal } = new AbortController();
  const scores = (hits: readonly StoreHit[]) => Object.fromEntries(hits.map(({ chunk: { id }, score }) => [id, score]));
  for (const { _id, text } of queries) {
    const [vector] = await embedder.embed([text]);
    const began = performance.now();
    meaning[_id] = scores(await store.byMeaning({ vector, most: MOST }, signal));
    const between = performance.now();
    words[_id] = scores(await store.byWords!({ words: text, most: MOST }, signal));
    milliseconds.meaning += between - began;
    milliseconds.words += performance.now() - between;
  }
  return { meaning, words, milliseconds: { meaning: milliseconds.meaning / queries.length, words: milliseconds.words / queries.length } };
}

function saveRuns(folder: string, runs: Readonly<Record<string, Run>>) {
  for (const [name, run] of Object.entries(runs)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(run));
}

export default retrieval;
