import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { layHandlersOut } from './handler';
import { interleave } from './measure';
import type { Row } from './row';
import { withInstalled } from './tarball';

interface Pair {
  readonly name: string;
  /** The example whose synthesis is timed. */
  readonly example: string;
  readonly construct: string;
  readonly stack: string;
  /** Files in this folder, without their ending. */
  readonly hand: string;
  readonly ours: string;
}

const synthRow = ({ name: row, example, construct, stack, ...apps }: Pair): Row => ({
  name: row,
  title: `a whole process that synthesizes ${example}, against one with the same resources written by hand`,
  run: ({ runs = 11 }) => withInstalled(async (app, { name }) => {
    const { hand: byHand, ours: byUs } = apps;
    const handlersFolder = join(app, 'handlers');
    layHandlersOut(handlersFolder);
    for (const file of [byHand, byUs]) await compile(file, app, name);
    const outdir = (file: string) => join(app, `cdk.out.${file}`);
    const synthesize = (file: string) => () => {
      const start = performance.now();
      execFileSync(process.execPath, [`${file}.js`], {
        cwd: app,
        stdio: 'ignore',
        env: { ...process.env, CDK_OUTDIR: outdir(file), CDK_VALIDATION: 'false', HANDLERS: handlersFolder },
      });
      return performance.now() - start;
    };
    const times = await interleave(runs, { hand: synthesize(byHand), ours: synthesize(byUs) });
    const [hand, ours] = [outdir(byHand), outdir(byUs)].map((folder) => countTypes(join(folder, `${stack}.template.json`)));
    return {
      figures: [
        { name: `by hand, ${total(hand)} resources`, value: times.hand, unit: 'ms', kind: 'time' },
        { name: `with ${construct}, ${total(ours)} resources`, value: times.ours, unit: 'ms', kind: 'time' },
        { name: 'ratio', value: times.ours / times.hand, unit: '×', goal: 1.25, kind: 'time' },
      ],
      notes: [`Node ${process.version}, validation off, medians of ${runs} processes each, interleaved`, ...differences(hand, ours, construct)],
    };
  }),
});

/** One plain JavaScript file, as users have it. */
async function compile(file: string, app: string, library: string) {
  await build({
    entryPoints: [join(__dirname, 'synth', `${file}.ts`)],
    outfile: join(app, `${file}.js`),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [installed(library)],
    logLevel: 'warning',
  });
}

/** The example takes the library from its sources; here it comes from the installed package. */
const installed = (library: string): Plugin => ({
  name: 'installed',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/lib$/ }, () => ({ path: library, external: true })),
});

type Counts = Map<string, number>;

function countTypes(template: string): Counts {
  const { Resources } = JSON.parse(readFileSync(template, 'utf8')) as { Resources: Record<string, { Type: string }> };
  const counts: Counts = new Map();
  for (const { Type } of Object.values(Resources)) counts.set(Type, (counts.get(Type) ?? 0) + 1);
  return counts;
}

const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** The comparison is fair as long as this finds nothing. */
function differences(hand: Counts, ours: Counts, construct: string): string[] {
  return [...new Set([...hand.keys(), ...ours.keys()])].filter((type) => hand.get(type) !== ours.get(type))
    .map((type) => `not the same: ${hand.get(type) ?? 0} ${type} by hand, ${ours.get(type) ?? 0} with ${construct}`);
}

export default synthRow({ name: 'synth', example: 'the chat example', construct: 'ChatbotApi', stack: 'ChatbotApi', hand: 'hand-written', ours: 'example' });

export const synthRag = synthRow({
  name: 'synth-rag', example: 'the example of answers from documents', construct: 'ManagedRag', stack: 'ManagedRag', hand: 'rag-hand-written', ours: 'rag-example',
});
