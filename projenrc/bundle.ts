import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { HANDLER_BUNDLE } from './handler-bundle';

const root = resolve(__dirname, '..');
const outdir = join(root, 'lambda/dist');

/** Makes the bundle of every folder of lambda/ that has an `index.ts`, and the licences of what went into them. */
async function bundle() {
  const handlers = readdirSync(join(root, 'lambda')).filter((name) => name !== 'dist' && existsSync(join(root, 'lambda', name, 'index.ts')));
  const packages = new Set<string>();

  for (const handler of handlers) {
    const outfile = join(outdir, handler, 'index.js');
    const { metafile, outputFiles } = await build({
      ...HANDLER_BUNDLE,
      entryPoints: [join(root, 'lambda', handler, 'index.ts')],
      outfile,
      write: false,
      sourcemap: 'external',
      metafile: true,
      absWorkingDir: root,
    });
    for (const { path, contents } of outputFiles) {
      // The source map is for people who debug, and stays out of the Lambda asset.
      place(path.endsWith('.map') ? join(outdir, 'maps', `${handler}.js.map`) : outfile, contents);
    }
    packagesOf(metafile).forEach((name) => packages.add(name));
    console.log(`${handler}: ${(readFileSync(outfile).length / 1024).toFixed(0)} KB`);
  }
  place(join(outdir, 'THIRD-PARTY-LICENSES.txt'), [...packages].sort().map(notice).join('\n\n'));
  const gone = readdirSync(outdir, { withFileTypes: true }).filter((entry) => entry.isDirectory() && ![...handlers, 'maps'].includes(entry.name));
  gone.forEach(({ name }) => rmSync(join(outdir, name), { recursive: true }));
}

/** Puts a file where it belongs in one step: whoever synthesizes meanwhile finds the old bundle or the new one, never none. */
function place(path: string, contents: string | Uint8Array) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
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

void bundle().catch((error) => {
  console.error(error);
  process.exit(1);
});
