import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that lies beside the bundle; empty when there is none. */
export function readBeside(name: string, folder = __dirname): string {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
