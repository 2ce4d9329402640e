import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';

const root = resolve(__dirname, '..');
const outdir = join(root, 'lambda/dist');

/**
 * One CommonJS file a handler, everything inside, the AWS SDK too (the copy in the runtime lags behind).
 * CommonJS with `module` first loads in two thirds of the time that plain ESM takes; see docs/decisions/0001-prebuilt-bundles.md.
 */
async function bundle() {
  const handlers = readdirSync(join(root, 'lambda')).filter((name) => name !== 'dist' && existsSync(join(root, 'lambda', name, 'index.ts')));
  rmSync(outdir, { recursive: true, force: true });
  const packages = new Set<string>();

  for (const handler of handlers) {
    const outfile = join(outdir, handler, 'index.js');
    const { metafile } = await build({
      entryPoints: [join(root, 'lambda', handler, 'index.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none',
      sourcemap: 'external',
      metafile: true,
      absWorkingDir: root,
      logLevel: 'warning',
    });
    // The source map is for people who debug, and stays out of the Lambda asset.
    mkdirSync(join(outdir, 'maps'), { recursive: true });
    writeFileSync(join(outdir, 'maps', `${handler}.js.map`), readFileSync(`${outfile}.map`));
    rmSync(`${outfile}.map`);
    packagesOf(metafile).forEach((name) => packages.add(name));
    console.log(`${handler}: ${(readFileSync(outfile).length / 1024).toFixed(0)} KB`);
  }
  writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), [...packages].sort().map(notice).join('\n\n'));
}

/** The folders of the packages whose code went into a bundle. */
function packagesOf(metafile: Metafile): string[] {
  return Object.keys(metafile.inputs).flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
}

function notice(folder: string): string {
  const directory = join(root, folder);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name: string; version: string; license: string };
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(directory, file), 'utf8').trim() : `Licensed under ${manifest.license}.`;
  return `=== ${manifest.name} ${manifest.version} (${manifest.license}) ===\n${text}`;
}

if (dirname(outdir) !== join(root, 'lambda')) throw new Error(`refusing to clear ${outdir}`);
void bundle().catch((error) => {
  console.error(error);
  process.exit(1);
});
