import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { readFolder, Refusal } from './data';
import { weightOf } from './handler';
import { handlerRuntime, median, root } from './measure';
import type { ReadFile } from './parsing/reader';
import type { Figure, Row } from './row';
import { HANDLER_FLAGS } from '../projenrc/handler-bundle';

const MB = 1024 * 1024;
const PARTS = ['parse-thread', 'parse-pdf', 'parse-office', 'parse-html', 'parse-mail', 'parse-charset'];

/** Names of files that are not meant to be read. */
const UNCLEAN = /password|encrypt|empty|malformed|corrupt|broken|truncated|protected_|invalid|bomb/i;

const parsing: Row = {
  name: 'parsing',
  title: 'documents of a folder, read as DiyRag reads them',
  needs: ['files'],
  async run({ files: folder = '', json }) {
    readFolder('\'--files\'', folder);
    if (!readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => !entry.isDirectory())) throw new Refusal(`'--files' must be a folder with documents, got ${folder}, which holds none`);
    const { node, notes } = handlerRuntime();
    const bundles = mkdtempSync(join(tmpdir(), 'parsing-'));
    try {
      const reader = join(bundles, 'reader.js');
      await build({ ...HANDLER_FLAGS, entryPoints: [join(__dirname, 'parsing/reader.ts')], outfile: reader, absWorkingDir: root });
      const { rows, megabytes } = await read(node, [reader, join(root, 'lambda/dist/parse-thread.js'), resolve(folder)], (row) => { if (!json) print(row); });
      return { figures: figuresOf(rows, megabytes), files: rows, notes: [...notes, 'a scan has no text of its own, and is neither read nor counted among the clean files'] };
    } finally {
      rmSync(bundles, { recursive: true });
    }
  },
};

interface ReadAll {
  readonly rows: ReadFile[];
  readonly megabytes: number;
}

async function read(node: string, program: readonly string[], each: (row: ReadFile) => void): Promise<ReadAll> {
  const child = spawn(node, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const rows: ReadFile[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as ReadFile | { readonly megabytes: number };
    if ('megabytes' in said) return { rows, megabytes: said.megabytes };
    rows.push(said);
    each(said);
  }
  throw new Error(`the reader ended after ${rows.length} files, with ${child.exitCode}`);
}

function print({ status, ms, characters, file, reason }: ReadFile): void {
  console.log(`  ${status.padEnd(11)} ${ms.toFixed(1).padStart(8)} ms ${String(characters).padStart(8)}  ${file}${reason ? `: ${reason}` : ''}`);
}

function figuresOf(rows: readonly ReadFile[], megabytes: number): Figure[] {
  const clean = rows.filter(({ file, status }) => status !== 'scanned' && !UNCLEAN.test(file));
  const statuses = [...new Set(rows.map(({ status }) => status))].sort();
  const formats = [...new Set(rows.map(formatOf))].sort();
  return [
    { name: 'files', value: rows.length, unit: '', kind: 'check' },
    ...statuses.map((status): Figure => ({ name: status, value: rows.filter((row) => row.status === status).length, unit: '', kind: 'check' })),
    { name: 'clean files', value: clean.length, unit: '', kind: 'check' },
    { name: 'clean files that are not read', value: share(clean.filter(({ status }) => status !== 'parsed'), clean), unit: '%', goal: clean.length > 0 ? 5 : undefined, kind: 'check' },
    ...formats.flatMap((format): Figure[] => {
      const own = rows.filter((row) => formatOf(row) === format);
      const times = own.map(({ ms }) => ms);
      return [
        { name: `${format}, of ${own.length} read`, value: share(own.filter(({ status }) => status === 'parsed'), own), unit: '%', kind: 'check' },
        { name: `${format}, median`, value: median(times), unit: 'ms', kind: 'time' },
        { name: `${format}, slowest`, value: Math.max(...times), unit: 'ms', kind: 'time' },
      ];
    }),
    { name: 'errors that are no failure of a document', value: rows.filter(({ status }) => status === 'error').length, unit: '', goal: 0, kind: 'check' },
    { name: 'memory of the process at most', value: megabytes, unit: 'MB', goal: 200, kind: 'time' },
    { name: 'bundle', value: weightOf(...PARTS) / MB, unit: 'MB', goal: 2.3, kind: 'size' },
  ];
}

function formatOf({ file }: ReadFile): string {
  return /\.([^./]+)$/.exec(file)?.[1].toLowerCase() ?? 'other';
}

function share(part: readonly unknown[], of: readonly unknown[]): number {
  return of.length === 0 ? 0 : part.length / of.length * 100;
}

export default parsing;
