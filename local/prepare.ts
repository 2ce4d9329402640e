import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

/** Bundles every handler, as the package's build does. */
export function bundleHandlers(): Promise<void> {
  return run('the handlers could not be bundled', join(ROOT, 'projenrc/bundle.ts')).ended;
}

/** A synthesis whose program loads what it needs while something else is done. */
export interface Synthesis {
  /** Synthesizes, once handlers are bundled. */
  finish(): Promise<void>;
}

/** Begins to synthesize one example into a folder of its own. */
export function beginSynthesis(example: string, assembly: string): Synthesis {
  rmSync(assembly, { recursive: true, force: true });
  const { child, ended } = run(`the example '${example}' could not be synthesized`, join(ROOT, 'local/synthesis.ts'), { EXAMPLE: example, CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' });
  // Who waits for it is told; that it failed before somebody does, is no failure of this program.
  ended.catch(() => undefined);
  return {
    finish() {
      if (child.connected) child.send('bundled');
      return ended;
    },
  };
}

/** Synthesizes one example into a folder of its own. */
export function synthesize(example: string, assembly: string): Promise<void> {
  return beginSynthesis(example, assembly).finish();
}

/** Runs a TypeScript program of this repository; what it prints matters only when it fails. */
function run(failure: string, script: string, env: Record<string, string> = {}): { readonly child: ChildProcess; readonly ended: Promise<void> } {
  const child = spawn(process.execPath, [require.resolve('ts-node/dist/bin'), '-P', join(ROOT, 'tsconfig.dev.json'), script], {
    cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const abandon = () => child.kill();
  process.once('exit', abandon);
  const ended = new Promise<void>((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    child.on('error', reject);
    child.on('close', () => process.off('exit', abandon));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${failure}: ${whyOf(output)}`))));
  });
  return { child, ended };
}

/** The message of the error that ended a program, without the engine's stack; all that it printed where there is none. */
function whyOf(output: string): string {
  const [, message] = /^(?:\w*Error: )([\s\S]*?)(?=\n {4}at |\n*$(?![\s\S]))/m.exec(output) ?? [];
  return message?.trim() ?? output.trim();
}
