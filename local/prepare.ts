import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

/** Bundles every handler, as the package's build does. */
export function bundleHandlers(): Promise<void> {
  return run('the handlers could not be bundled', join(ROOT, 'projenrc/bundle.ts'));
}

/** Synthesizes one example into a folder of its own. */
export function synthesize(example: string, assembly: string): Promise<void> {
  rmSync(assembly, { recursive: true, force: true });
  return run(`the example '${example}' could not be synthesized`, join(ROOT, 'examples/app.ts'), { EXAMPLE: example, CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' });
}

/** Runs a TypeScript program of this repository; what it prints matters only when it fails. */
function run(failure: string, script: string, env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [require.resolve('ts-node/dist/bin'), '-P', join(ROOT, 'tsconfig.dev.json'), script], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const abandon = () => child.kill();
    process.once('exit', abandon);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    child.on('error', reject);
    child.on('close', () => process.off('exit', abandon));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${failure}: ${whyOf(output)}`))));
  });
}

/** The message of the error that ended a program, without the engine's stack; all that it printed where there is none. */
function whyOf(output: string): string {
  const [, message] = /^(?:\w*Error: )([\s\S]*?)(?=\n {4}at |\n*$(?![\s\S]))/m.exec(output) ?? [];
  return message?.trim() ?? output.trim();
}
