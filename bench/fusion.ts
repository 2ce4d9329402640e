import { type Judgements, ndcg, ranked, readJudgements, readRun, type Run } from './relevance';
import type { Figure, Row } from './row';
import { type Fusion, fuse } from '../lambda/search/fusion';

export const METHODS: readonly (readonly [name: string, fusion: Fusion])[] = [
  ['reciprocal rank, k 60', { method: 'reciprocalRank', k: 60 }],
  ['reciprocal rank, k 20', { method: 'reciprocalRank', k: 20 }],
  ['min-max', { method: 'minMax' }],
  ['z-score', { method: 'zScore' }],
];

/** Two searches by different means, so that each counts as much. */
export function fused(runs: readonly Run[], fusion: Fusion): (query: string) => string[] {
  return (query) => fuse(runs.map((run, at) => ({
    by: at === 0 ? 'meaning' : 'words', weight: 1, hits: ranked(run[query]).map((id) => ({ id, score: run[query][id] })),
  })), fusion).map(({ id }) => id);
}

const fusion: Row = {
  name: 'fusion',
  title: 'nDCG@10 of searches alone and of their fusions: --runs A.json B.json --qrels FILE.tsv, the first run by meaning',
  needs: ['runFiles', 'qrels'],
  run: async ({ runFiles = [], qrels = '' }) => {
    const judgements: Judgements = readJudgements(qrels);
    const runs = runFiles.map(readRun);
    const figure = (name: string, found: (query: string) => string[]): Figure => ({ name, value: ndcg(found, judgements), unit: 'nDCG@10', kind: 'check' });
    return {
      figures: [
        ...runs.map((run, at) => figure(`run ${at + 1} alone${at === 0 ? ', as meaning alone gives it' : ''}`, (query) => ranked(run[query]))),
        ...METHODS.map(([name, method]) => figure(name, fused(runs, method))),
      ],
      notes: [`${judgements.size} queries; runs: ${runFiles.join(', ')}`],
    };
  },
};

export default fusion;
