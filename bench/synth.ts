import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { chatBundle } from './handler';
import { interleave } from './measure';
import type { Row } from './row';
import { withInstalled } from './tarball';

const synth: Row = {
  name: 'synth',
  title: 'a whole process that synthesizes the chat example, against one with the same resources written by hand',
  run: ({ runs = 11 }) => withInstalled(async (app, { name }) => {
    const apps = { hand: 'hand-written', ours: 'example' };
    for (const file of Object.values(apps)) await compile(file, app, name);
    const outdir = (side: keyof typeof apps) => join(app, `cdk.out.${side}`);
    const synthesize = (side: keyof typeof apps) => () => {
      const start = performance.now();
      execFileSync(process.execPath, [`${apps[side]}.js`], {
        cwd: app,
        stdio: 'ignore',
        env: { ...process.env, CDK_OUTDIR: outdir(side), CDK_VALIDATION: 'false', HANDLER_FOLDER: resolve(chatBundle, '..') },
      });
      return performance.now() - start;
    };
    const times = await interleave(runs, { hand: synthesize('hand'), ours: synthesize('ours') });
    const [hand, ours] = [outdir('hand'), outdir('ours')].map(countTypes);
    return {
      figures: [
        { name: `by hand, ${total(hand)} resources`, value: times.hand, unit: 'ms', kind: 'time' },
        { name: `with ChatbotApi, ${total(ours)} resources`, value: times.ours, unit: 'ms', kind: 'time' },
        { name: 'ratio', value: times.ours / times.hand, unit: '×', goal: 1.25, kind: 'time' },
      ],
      notes: [`Node ${process.version}, validation off, medians of ${runs} processes each, interleaved`, ...differences(hand, ours)],
    };
  }),
};

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

function countTypes(outdir: string): Counts {
  const { Resources } = JSON.parse(readFileSync(join(outdir, 'ChatbotApi.template.json'), 'utf8')) as { Resources: Record<string, { Type: string }> };
  const counts: Counts = new Map();
  for (const { Type } of Object.values(Resources)) counts.set(Type, (counts.get(Type) ?? 0) + 1);
  return counts;
}

const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** The comparison is fair as long as this finds nothing. */
function differences(hand: Counts, ours: Counts): string[] {
  return [...new Set([...hand.keys(), ...ours.keys()])].filter((type) => hand.get(type) !== ours.get(type))
    .map((type) => `not the same: ${hand.get(type) ?? 0} ${type} by hand, ${ours.get(type) ?? 0} with ChatbotApi`);
}

export default synth;
