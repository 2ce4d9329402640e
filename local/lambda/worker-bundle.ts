import { join } from 'node:path';
import { build } from 'esbuild';

/** The worker's program for any Node.js, without a loader for TypeScript. */
export async function bundleWorker(directory: string): Promise<string> {
  const outfile = join(directory, 'worker.js');
  await build({ entryPoints: [join(__dirname, 'worker.ts')], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'silent' });
  return outfile;
}
