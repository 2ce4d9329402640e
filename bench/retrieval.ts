import { join } from 'node:path';
import { Pool } from 'pg';
import { fused, METHODS } from './fusion';
import { jsonLines, ndcg, ranked, readJudgements, recall, type Run } from './relevance';
import type { Figure, Row } from './row';
import { postgres } from '../lambda/adapters/postgres-connection';
import { postgresIndexes } from '../lambda/adapters/postgres-indexes';
import { postgresPassages } from '../lambda/adapters/postgres-passages';
import { makeStore } from '../lambda/pgvector-schema/passages';
import type { PassageStore, StoreHit } from '../lambda/ports/passage-store';
import type { PassageIndex } from '../lib/contract/passage-stores';
import { embed } from '../local/knowledge/embedding';
import { startPostgres } from '../local/postgres/postgres';

const DIMENSION = 512;
const BATCH = 200;
const MOST = 100;
const SCHEMA = 'bench';
const INDEX: PassageIndex = { name: 'bench', dimension: DIMENSION, fields: [] };

interface Text {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

const retrieval: Row = {
  name: 'retrieval',
  title: 'nDCG@10 and recall@100 on PostgreSQL, by vectors, words and both: --dataset DIR with corpus.jsonl, queries.jsonl and qrels.tsv',
  needs: ['dataset'],
  run: async ({ dataset = '' }) => {
    const judgements = readJudgements(join(dataset, 'qrels.tsv'));
    const database = await startPostgres();
    const pool = new Pool({ ...database, max: 2 });
    const server = postgres(() => pool, SCHEMA, () => pool.end());
    try {
      for (const statement of makeStore(SCHEMA)) await pool.query(statement);
      await postgresIndexes(server, SCHEMA).make(INDEX);
      const store = postgresPassages(server, SCHEMA, INDEX);
      const began = performance.now();
      const documents = await write(store, join(dataset, 'corpus.jsonl'));
      const written = performance.now();
      const { meaning, words, milliseconds } = await search(store, join(dataset, 'queries.jsonl'), new Set(judgements.keys()));
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
          `${documents} documents, one chunk each, written in ${((written - began) / 1_000).toFixed(0)} s; ${judgements.size} queries`,
          `vectors are hashes of words (${DIMENSION} numbers), as the local cloud embeds: they know no synonyms, and say nothing of a model`,
        ],
      };
    } finally {
      await server.close();
      await database.stop();
    }
  },
};

async function write(store: PassageStore, corpus: string): Promise<number> {
  let [batch, count]: [Text[], number] = [[], 0];
  const flush = async () => {
    await store.write(batch.map(({ _id, title = '', text }) => ({
      id: _id, document: _id, number: 0, title, text, lead: '', start: 0, end: text.length, metadata: {}, vector: [...embed(`${title} ${text}`, DIMENSION)],
    })));
    count += batch.length;
    batch = [];
  };
  for await (const text of jsonLines<Text>(corpus)) if (batch.push(text) === BATCH) await flush();
  await flush();
  return count;
}

async function search(store: PassageStore, file: string, asked: ReadonlySet<string>) {
  const [meaning, words]: Record<string, Record<string, number>>[] = [{}, {}];
  const milliseconds = { meaning: 0, words: 0 };
  const { signal } = new AbortController();
  const scores = (hits: readonly StoreHit[]) => Object.fromEntries(hits.map(({ chunk: { id }, score }) => [id, score]));
  for await (const { _id, text } of jsonLines<Text>(file)) {
    if (!asked.has(_id)) continue;
    const began = performance.now();
    meaning[_id] = scores(await store.byMeaning({ vector: [...embed(text, DIMENSION)], most: MOST }, signal));
    const between = performance.now();
    words[_id] = scores(await store.byWords!({ words: text, most: MOST }, signal));
    milliseconds.meaning += between - began;
    milliseconds.words += performance.now() - between;
  }
  const queries = Object.keys(meaning).length || 1;
  return { meaning, words, milliseconds: { meaning: milliseconds.meaning / queries, words: milliseconds.words / queries } };
}

export default retrieval;
