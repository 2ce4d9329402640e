import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { HANDLER_BUNDLE } from './handler-bundle';

const root = resolve(__dirname, '..');
const outdir = join(root, 'lambda/dist');

const source = join(root, 'lambda');

interface Target {
  readonly name: string;
  readonly entry: string;
  readonly outfile: string;
}

/** Makes the bundle of every folder of lambda/ that has an `index.ts`, those of all parts, and the licences of what went into them. */
async function bundle() {
  const handlers = readdirSync(source).filter((name) => name !== 'dist' && existsSync(join(source, name, 'index.ts')))
    .map((name): Target => ({ name, entry: join(source, name, 'index.ts'), outfile: join(outdir, name, 'index.js') }));
  const parts = filesOf(join(source, 'parts')).map((file) => file.replace(/\.ts$/, ''))
    .map((name): Target => ({ name: `parts/${name}`, entry: join(source, 'parts', `${name}.ts`), outfile: join(outdir, 'parts', `${name}.js`) }));
  const packages = new Set<string>();

  for (const { name, entry, outfile } of [...handlers, ...parts]) {
    const { metafile, outputFiles } = await build({
      ...HANDLER_BUNDLE,
      entryPoints: [entry],
      outfile,
      write: false,
      sourcemap: 'external',
      metafile: true,
      absWorkingDir: root,
    });
    for (const { path, contents } of outputFiles) {
      // The source map is for people who debug, and stays out of the Lambda asset.
      place(path.endsWith('.map') ? join(outdir, 'maps', `${name}.js.map`) : outfile, contents);
    }
    packagesOf(metafile).forEach((found) => packages.add(found));
    console.log(`${name}: ${(readFileSync(outfile).length / 1024).toFixed(0)} KB`);
  }
  place(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licences([...packages]));
  const gone = readdirSync(outdir, { withFileTypes: true }).filter(({ name }) => !name.includes('.') && ![...handlers.map((handler) => handler.name), 'parts', 'maps'].includes(name));
  gone.forEach(({ name }) => rmSync(join(outdir, name), { recursive: true }));
  filesOf(join(outdir, 'parts')).filter((file) => !parts.some(({ outfile }) => outfile.endsWith(`/${file}`))).forEach((file) => rmSync(join(outdir, 'parts', file)));
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
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

/** Each text once, under the names of all the packages that come with it: most of them share a few. */
function licences(folders: readonly string[]): string {
  const notices = new Map<string, Set<string>>();
  for (const { title, text } of folders.map(notice)) notices.set(text, (notices.get(text) ?? new Set()).add(title));
  const sections = [...notices].map(([text, titles]) => `${[...titles].sort().join('\n')}\n\n${text}`);
  return sections.sort().join('\n\n');
}

function notice(folder: string): { readonly title: string; readonly text: string } {
  const directory = join(root, folder);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name: string; version: string; license: string };
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(directory, file), 'utf8').replace(/\r\n/g, '\n').trim() : `Licensed under ${manifest.license}.`;
  return { title: `=== ${manifest.name} ${manifest.version} (${manifest.license}) ===`, text };
}

void bundle().catch((error) => {
  console.error(error);
  process.exit(1);
});
