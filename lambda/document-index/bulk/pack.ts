import type { BulkPorts } from './ports';
import { placeOf } from './request';
import { BULK_FILES, type Packed, type PackRequest } from '../../../lib/contract/bulk-load';

/** Of one file that a job reads: what it writes of that has to be loaded by one call, some 25 KB a record. */
const RECORDS_A_FILE = 5_000;
const CHARACTERS_A_FILE = 50_000_000;
const READ_AT_ONCE = 16;

/** Writes the files that a job reads, each text once. Repeated, it writes the same. */
export async function pack({ run, job }: PackRequest, { files, log }: Pick<BulkPorts, 'files' | 'log'>): Promise<Packed> {
  const place = placeOf(run);
  const parts = JSON.parse((await allLines(`${place}${BULK_FILES.plans}${job}.json`, files)).join('\n')) as string[];
  const known = new Set<string>();
  const names: string[] = [];
  let [lines, characters] = [[] as string[], 0];
  const write = async () => {
    if (lines.length === 0) return;
    const name = `${String(names.length).padStart(4, '0')}.jsonl`;
    await files.put(`${place}${BULK_FILES.jobs}${job}/${name}`, `${lines.join('\n')}\n`);
    names.push(name);
    [lines, characters] = [[], 0];
  };
  for (let first = 0; first < parts.length; first += READ_AT_ONCE) {
    const read = await Promise.all(parts.slice(first, first + READ_AT_ONCE).map((key) => allLines(key, files)));
    for (const line of read.flat()) {
      const { recordId } = JSON.parse(line) as { recordId: string };
      if (known.has(recordId)) continue;
      known.add(recordId);
      lines.push(line);
      characters += line.length;
      if (lines.length >= RECORDS_A_FILE || characters >= CHARACTERS_A_FILE) await write();
    }
  }
  await write();
  log.info('bulk pack', { run, job, records: known.size, files: names.length });
  return { records: known.size, files: names };
}

async function allLines(key: string, files: BulkPorts['files']): Promise<string[]> {
  const found = await files.lines(key);
  if (!found) throw new Error(`the load has no file '${key}' any more: start another one`);
  const lines: string[] = [];
  for await (const line of found) if (line !== '') lines.push(line);
  return lines;
}
