import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { handlerRuntime, root } from './measure';
import type { Took } from './query/program';
import type { Figure, Row } from './row';
import { HANDLER_FLAGS } from '../projenrc/handler-bundle';

const GOAL_MS = 10;

const query: Row = {
  name: 'query',
  title: 'what our own code adds to a query: store, embedding, reranker and model answer at once, so that all that is left is ours',
  run: async () => {
    const { node, notes } = handlerRuntime();
    const folder = mkdtempSync(join(tmpdir(), 'bench-query-'));
    try {
      const program = join(folder, 'program.js');
      await build({ ...HANDLER_FLAGS, entryPoints: [join(__dirname, 'query/program.ts')], outfile: program, absWorkingDir: root });
      const taken = JSON.parse(execFileSync(node, [program], { encoding: 'utf8' })) as [candidates: number, took: Took][];
      const [[, { whole: { length } }]] = taken;
      return {
        figures: taken.flatMap(([candidates, took]) => figuresOf(`${candidates} candidates`, took)),
        notes: [
          ...notes,
          `${length} queries, one after another: read, embedded, searched by both, fused, reranked, made different, told to a model, 200 words of answer with their citations`,
          'the whole time is what somebody waits longer; processor time counts what other threads do meanwhile, such as compiling and collecting garbage',
        ],
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function figuresOf(name: string, { whole, first, processor }: Took): Figure[] {
  return [
    ...shares(`${name}: whole time`, whole),
    { name: `${name}: until the first word, 95 of 100 are faster`, value: share(first, 0.95), unit: 'ms', kind: 'time' },
    ...shares(`${name}: processor time`, processor),
  ];
}

function shares(name: string, times: readonly number[]): Figure[] {
  const figure = (percent: number): Figure => ({ name: `${name}, ${percent} of 100 are faster`, value: share(times, percent / 100), unit: 'ms', kind: 'time' });
  return [figure(50), { ...figure(95), goal: GOAL_MS }, figure(99)];
}

function share(times: readonly number[], part: number): number {
  return [...times].sort((one, other) => one - other)[Math.floor(part * times.length)];
}

export default query;
