import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './measure';

export interface Tarball {
  readonly path: string;
  readonly name: string;
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: string[];
}

interface PackOutput {
  readonly filename: string;
  readonly name: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: { readonly path: string }[];
}

/** Packs what `npm publish` would send. Without a folder nothing is written: only the list is wanted. */
export function pack(folder?: string): Tarball {
  for (const made of ['lib/index.js', '.jsii', 'lambda/dist']) {
    if (!existsSync(join(root, made))) throw new Error(`${made} is missing: run 'npm run compile' first`);
  }
  const target = folder ? ['--pack-destination', folder] : ['--dry-run'];
  // npm prints an array up to version 11 and an object by name from 12 on.
  const printed = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...target], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as
    PackOutput[] | Record<string, PackOutput>;
  const [output] = Object.values(printed);
  return { ...output, path: join(folder ?? '', output.filename), files: output.files.map(({ path }) => path).sort() };
}

/**
 * The packed library in a folder of its own, as users have it; aws-cdk-lib and constructs are the repository's.
 * Gives `use` the folder to require from.
 */
export async function withInstalled<T>(use: (app: string, tarball: Tarball) => Promise<T>): Promise<T> {
  const app = mkdtempSync(join(tmpdir(), 'installed-'));
  try {
    const tarball = pack(app);
    const modules = join(app, 'node_modules');
    const home = join(modules, tarball.name);
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['-xzf', tarball.path, '-C', home, '--strip-components=1']);
    for (const peer of Object.keys(manifest(home).peerDependencies ?? {})) symlinkSync(join(root, 'node_modules', peer), join(modules, peer));
    return await use(app, tarball);
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}

export interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

export const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
