import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build, type Metafile, type OutputFile, transform } from 'esbuild';
import { HANDLER_BUNDLE, SHARED_BUNDLE, SHARED_TRANSFORM } from './handler-bundle';

const root = resolve(__dirname, '..');
const outdir = join(root, 'lambda/dist');
const source = join(root, 'lambda');

/**
 * One file each, whole: what people wait for at a cold start loads an eighth faster from one file than from twenty; and the bootstrap is told in
 * the command of a container, and lies beside nothing.
 */
const WHOLE = ['chat', 'rag', 'chat-socket', 'oidc-authorizer', 'bootstrap'];
const MAPPED = /\n\/\/# sourceMappingURL=.*\s*$/;

/**
 * Makes the bundle of every folder of lambda/ that has an `index.ts` and of every part, the files that several of them share, a list of which bundle
 * needs which file (`bundles.json`), and the licences of all that went into them.
 */
async function bundle() {
  const handlers = readdirSync(source).filter((name) => name !== 'dist' && existsSync(join(source, name, 'index.ts')));
  const parts = readdirSync(join(source, 'parts')).map((file) => file.replace(/\.ts$/, ''));
  const twice = handlers.filter((name) => parts.includes(name));
  if (twice.length > 0) throw new Error(`a handler and a part lie beside each other and need names of their own, got ${twice.join(', ')} for both`);
  const entries = { ...entriesOf(handlers, (name) => `${name}/index.ts`), ...entriesOf(parts, (name) => `parts/${name}.ts`) };
  const [whole, together] = [true, false].map((wanted) => Object.fromEntries(Object.entries(entries).filter(([name]) => WHOLE.includes(name) === wanted)));

  const [shared, single] = await Promise.all([bundled(SHARED_BUNDLE, together), bundled(HANDLER_BUNDLE, whole)]);
  const files = new Map([...await Promise.all(shared.outputFiles.map(toCommonJs)), ...single.outputFiles.map(split)]);
  const needed = { ...neededBy(shared.metafile, Object.keys(together)), ...Object.fromEntries(WHOLE.map((name) => [name, [`${name}.js`]])) };
  const wanted = new Set(Object.values(needed).flat());
  // esbuild makes a file of what is asked for in code that it drops.
  for (const name of files.keys()) if (!wanted.has(name)) files.delete(name);
  // Entries come after what they need, and the list last: whoever synthesizes meanwhile finds the old bundle or the new one.
  const ordered = [...files].sort(([a], [b]) => Number(a in needed) - Number(b in needed));
  for (const [name, { code, map }] of ordered) {
    // The source map is for people who debug, and stays out of the Lambda asset.
    place(`maps/${name}.map`, map);
    place(name, code);
  }
  place('bundles.json', JSON.stringify(needed, undefined, 1));
  place('THIRD-PARTY-LICENSES.txt', licences([...new Set([shared, single].flatMap(({ metafile }) => packagesOf(metafile)))]));
  sweep(new Set([...files.keys(), 'bundles.json', 'THIRD-PARTY-LICENSES.txt', 'maps']), new Set([...files.keys()].map((name) => `${name}.map`)));
  report(needed, files);
}

function entriesOf(names: readonly string[], fileOf: (name: string) => string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, join(source, fileOf(name))]));
}

function bundled(options: typeof HANDLER_BUNDLE | typeof SHARED_BUNDLE, entryPoints: Record<string, string>) {
  return build({ ...options, entryPoints, outdir, write: false, sourcemap: 'inline', metafile: true, absWorkingDir: root });
}

interface Made {
  readonly code: string;
  readonly map: string;
}

async function toCommonJs({ path, text }: OutputFile): Promise<[string, Made]> {
  const { code, map } = await transform(text, { ...SHARED_TRANSFORM, sourcefile: basename(path), sourcemap: 'external' });
  return [basename(path), { code, map }];
}

function split({ path, text }: OutputFile): [string, Made] {
  const [, encoded = ''] = /sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(text) ?? [];
  return [basename(path), { code: text.replace(MAPPED, '\n'), map: Buffer.from(encoded, 'base64').toString() }];
}

/** Every file that a bundle may load, itself first; parts are bundles of their own. */
function neededBy({ outputs }: Metafile, names: readonly string[]): Record<string, string[]> {
  const imports = new Map(Object.entries(outputs).map(([path, output]) => {
    return [basename(path), output.imports.filter(({ external }) => !external).map((one) => basename(one.path))];
  }));
  const reach = (file: string, reached: Set<string>): Set<string> => {
    if (!reached.has(file)) {
      reached.add(file);
      imports.get(file)?.forEach((next) => reach(next, reached));
    }
    return reached;
  };
  return Object.fromEntries([...names].sort().map((name) => [name, [...reach(`${name}.js`, new Set())]]));
}

/** Puts a file where it belongs in one step. */
function place(name: string, contents: string) {
  const path = join(outdir, name);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** Takes away what is made no longer. */
function sweep(files: ReadonlySet<string>, maps: ReadonlySet<string>) {
  const gone = [
    ...readdirSync(outdir).filter((name) => !files.has(name)).map((name) => join(outdir, name)),
    ...readdirSync(join(outdir, 'maps')).filter((name) => !maps.has(name)).map((name) => join(outdir, 'maps', name)),
  ];
  gone.forEach((path) => rmSync(path, { recursive: true, force: true }));
}

function report(needed: Readonly<Record<string, readonly string[]>>, files: ReadonlyMap<string, Made>) {
  const weight = (names: Iterable<string>) => `${([...names].reduce((sum, name) => sum + Buffer.byteLength(files.get(name)!.code), 0) / 1024).toFixed(0)} KB`;
  for (const [name, list] of Object.entries(needed)) console.log(`${name}: ${weight(list)} in ${list.length} files`);
  console.log(`all: ${weight(files.keys())} in ${files.size} files`);
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
