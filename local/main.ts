import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openBrowser } from './browser';
import type { LocalCloud } from './cloud';
import { readCommandLine, USAGE } from './command-line';
import { reportText } from './iam/report';
import { evaluationIn, noticeOf } from './logs';
import { beginSynthesis, bundleHandlers } from './prepare';
import { firstScreen } from './screen';
import { requireFreePort } from './server';
import { State } from './state';
import { Steps } from './steps';

async function main(): Promise<void> {
  const given = readCommandLine(process.argv.slice(2));
  if (given.help) return console.log(USAGE);

  let stopping: Promise<void> | undefined;
  const cloud: { running?: LocalCloud } = {};
  const stop = () => stopping ??= finish(cloud.running);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
  onOrphaned(() => void stop());

  const state = new State(join(process.cwd(), '.local'));
  const other = await state.running();
  // The functions of one that runs lie in its assembly: the next is written elsewhere.
  const assembly = given.assembly ?? (other === undefined ? state.assembly : undefined);
  await requireFreePort(given.port);
  const steps = new Steps((line) => console.error(line));
  const prepared = given.assembly === undefined ? prepare(given.example, assembly, steps) : undefined;
  // It takes seconds to load, in which what is prepared is prepared by others.
  const { startCloud } = createRequire(__filename)('./cloud') as typeof import('./cloud');
  await prepared;
  cloud.running = await startCloud({
    assembly,
    port: given.port,
    example: given.assembly === undefined ? given.example : undefined,
    modelUrl: given.modelUrl,
    bedrock: given.bedrock,
    wordGapMs: 25,
    onNotice: (line) => console.error(line),
    onStep: (what) => steps.begin(what),
  });
  steps.begin('Ready');
  cloud.running.followLogs((line) => {
    const notice = noticeOf(line);
    if (notice !== undefined) console.error(notice);
    const ended = evaluationIn(line);
    const report = ended && cloud.running?.desk.read(ended.bucket, ended.key);
    if (report) console.error(`An evaluation ${ended.passed ? 'passed' : 'FAILED'}: ${state.keepReport(ended.key, report)}`);
  });
  if (stopping) return void await cloud.running.stop();

  state.write(cloud.running);
  if (other !== undefined) console.error(`Another local cloud runs at ${other}: .local/outputs.json and .local/session.json spoke of it, and speak of this one now.`);
  console.log(firstScreen(cloud.running, given));
  if (given.open) openBrowser(cloud.running.url);
}

/** Bundles the handlers, and synthesizes an example where its assembly is to be written. */
async function prepare(example: string, assembly: string | undefined, steps: Steps): Promise<void> {
  steps.begin('Bundling the handlers');
  const synthesis = assembly === undefined ? undefined : beginSynthesis(example, assembly);
  await bundleHandlers();
  if (!synthesis) return;
  steps.begin(`Synthesizing the example ${example}`);
  await synthesis.finish();
}

/** npm that is told to end takes its shell along and leaves this process to itself. */
function onOrphaned(stop: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}

async function finish(cloud: LocalCloud | undefined): Promise<void> {
  const report = await cloud?.report();
  await cloud?.stop();
  if (report) console.log(`\n${reportText(report)}`);
  process.exit(0);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
