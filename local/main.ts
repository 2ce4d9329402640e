import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser';
import { type LocalCloud, startCloud } from './cloud';
import { reportText } from './iam/report';
import { bundleHandlers, synthesize } from './prepare';
import { firstScreen } from './screen';

const STATE = join(process.cwd(), '.local');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'port': { type: 'string', default: '4100' },
      'no-open': { type: 'boolean', default: false },
      'assembly': { type: 'string' },
      'model-url': { type: 'string' },
      'bedrock': { type: 'boolean', default: false },
    },
  });
  const example = positionals[0] ?? 'chatbot-api';
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`'--port' must be a number from 0 to 65535, got ${values.port}`);

  let stopping: Promise<void> | undefined;
  const cloud: { running?: LocalCloud } = {};
  const stop = () => stopping ??= finish(cloud.running);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
  onOrphaned(() => void stop());

  mkdirSync(STATE, { recursive: true });
  const assembly = values.assembly ?? join(STATE, 'cdk.out');
  if (!values.assembly) {
    await bundleHandlers();
    await synthesize(example, assembly);
  }
  cloud.running = await startCloud({
    assembly, port, example: values.assembly ? undefined : example, modelUrl: values['model-url'], bedrock: values.bedrock, wordGapMs: 25, onNotice: (line) => console.error(line),
  });
  if (stopping) return void await cloud.running.stop();

  const { session, outputs, url } = cloud.running;
  writeFileSync(join(STATE, 'outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
  // Tokens: for this user's eyes only.
  writeFileSync(join(STATE, 'session.json'), `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  console.log(firstScreen(cloud.running));
  if (!values['no-open']) openBrowser(url);
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
