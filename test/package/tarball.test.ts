import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { manifest, pack, type Tarball } from '../../bench/tarball';
import { assembly } from '../assembly';

const root = resolve(__dirname, '../..');
const handlers = readdirSync(join(root, 'lambda')).filter((name) => name !== 'dist' && existsSync(join(root, 'lambda', name, 'index.ts')));
const needed = JSON.parse(readFileSync(join(root, 'lambda/dist/bundles.json'), 'utf8')) as Record<string, string[]>;

describe('the packed library', () => {
  let tarball: Tarball;
  beforeAll(() => { tarball = pack(); });
  const matching = (pattern: RegExp) => tarball.files.filter((path) => pattern.test(path));

  test('has handlers to hold', () => {
    expect(handlers).toContain('chat');
  });

  test('holds the bundle of every handler and part with all that it needs, and nothing else', () => {
    const parts = readdirSync(join(root, 'lambda/parts')).map((file) => file.replace(/\.ts$/, ''));
    expect(Object.keys(needed).sort()).toEqual([...handlers, ...parts].sort());
    const files = [...new Set(Object.values(needed).flat()), 'THIRD-PARTY-LICENSES.txt', 'bundles.json'];
    expect(matching(/^lambda\//)).toEqual(files.map((file) => `lambda/dist/${file}`).sort());
  });

  test.each(Object.entries(needed))('holds %s with every file that it asks for', (_name, files) => {
    const asked = files.flatMap((file) => [...readFileSync(join(root, 'lambda/dist', file), 'utf8').matchAll(/require\("\.\/(shared-[^"]+)"\)/g)].map(([, name]) => name));
    expect(asked.filter((file) => !files.includes(file))).toEqual([]);
  });

  test('says whose code is in the bundles, and under which licence', () => {
    const licences = readFileSync(join(root, 'lambda/dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(licences).toMatch(/^=== @aws-sdk\/client-bedrock-runtime [\d.]+ \(Apache-2\.0\) ===$/m);
    expect(licences).not.toMatch(/^=== .*\b(GPL|LGPL|AGPL|undefined)\b.* ===$/m);
  });

  test('holds what jsii and npm need', () => {
    expect(tarball.files).toEqual(expect.arrayContaining(['.jsii', '.jsii.gz', 'package.json', 'lib/index.js', 'lib/index.d.ts', 'LICENSE', 'README.md', 'API.md', 'CHANGELOG.md']));
  });

  test('holds each compiled file with its declarations', () => {
    const compiled = matching(/^lib\/.*\.js$/);
    expect(compiled.map((path) => path.replace(/\.js$/, '.d.ts'))).toEqual(matching(/^lib\/.*\.d\.ts$/));
  });

  test('holds nothing compiled from a source that is gone', () => {
    const orphans = matching(/^lib\/.*\.js$/).filter((path) => !existsSync(join(root, path.replace(/\.js$/, '.ts'))));
    expect(orphans).toEqual([]);
  });

  test('holds no TypeScript source', () => {
    expect(matching(/(?<!\.d)\.tsx?$/)).toEqual([]);
  });

  test('holds no test, example, benchmark, local cloud or source map', () => {
    expect(matching(/^(?!lib\/|lambda\/dist\/)[^/]+\//)).toEqual([]);
    expect(matching(/\.test\.|\.spec\.|__tests__|\.map$|\.snap$/)).toEqual([]);
  });

  test('holds no source inside a compiled file', () => {
    const mapped = matching(/\.js$/).filter((path) => readFileSync(join(root, path), 'utf8').includes('sourceMappingURL=data:'));
    expect(mapped).toEqual([]);
  });

  test('is at most 8 MB', () => {
    expect(tarball.unpackedSize).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  test('brings no package with it', () => {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies } = manifest(root);
    expect({ ...dependencies, ...optionalDependencies }).toEqual({});
    expect(Object.keys(peerDependencies ?? {}).sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });
});

describe('the package index', () => {
  const inNode = (code: string) => JSON.parse(execFileSync(process.execPath, ['-e', code, join(root, 'lib/index.js')], { encoding: 'utf8' })) as string[];

  test('loads no construct until one is asked for', () => {
    const loaded = inNode('require(process.argv[1]); console.log(JSON.stringify(Object.keys(require.cache)))');
    expect(loaded).toEqual([join(root, 'lib/index.js')]);
  });

  test('gives every name that its rooms export', () => {
    const names = inNode('const lib = require(process.argv[1]); console.log(JSON.stringify(Object.keys(lib).filter((name) => lib[name] !== undefined)))');
    const concrete = Object.values(assembly<{ kind: string; name: string }>()?.types ?? {}).filter(({ kind }) => kind !== 'interface').map(({ name }) => name);
    expect(names.sort()).toEqual(expect.arrayContaining(concrete));
    expect(names).toContain('ChatbotApi');
  });
});
