import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { threadParser } from '../../lambda/adapters/parse-thread';
import { isParseFailure } from '../../lambda/ports/parsing';
import { PARSE_DEFAULTS } from '../../lib/contract/parsing';

/** What became of a file: `parsed`, or the kind of its failure; `error` for what is no failure of a document. */
export interface ReadFile {
  readonly file: string;
  readonly status: string;
  readonly ms: number;
  readonly characters: number;
  readonly blocks: number;
  readonly reason?: string;
}

/** A process that does nothing but read, as a function does: `node reader.js SCRIPT FOLDER` prints a line of JSON a file, and its memory at the end. */
async function main([script, folder]: readonly string[]): Promise<void> {
  const parser = threadParser(script, PARSE_DEFAULTS);
  for (const path of filesIn(folder)) {
    const file = relative(folder, path);
    const began = performance.now();
    const outcome = await parser.parse(readFileSync(path), { name: file }, new AbortController().signal).then(
      ({ text, blocks }) => ({ status: 'parsed', characters: text.length, blocks: blocks.length }),
      (error: Error) => ({ status: isParseFailure(error) ? error.kind : 'error', characters: 0, blocks: 0, reason: error.message }),
    );
    const row: ReadFile = { file, ms: Math.round((performance.now() - began) * 10) / 10, ...outcome };
    console.log(JSON.stringify(row));
  }
  await parser.close();
  console.log(JSON.stringify({ megabytes: process.resourceUsage().maxRSS / 1024 }));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]);
}

void main(process.argv.slice(2));
