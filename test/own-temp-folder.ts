import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder for all that a run of the tests lays into the system's temporary one (assemblies, staged code, deployed stacks), removed when it is over.
 * Set before workers begin, which inherit it: what a test sets in its own environment the system's functions do not see.
 */
export default function ownTempFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 't-'));
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
