import { isBefore } from '../../../lambda/document-index/compare';
import type { RunFiles } from '../../../lambda/ports/run-files';

/** Files of a load, in memory. */
export class MemoryRunFiles implements RunFiles {
  readonly files = new Map<string, string>();

  async* list(prefix: string) {
    const keys = [...this.files.keys()].filter((key) => key.startsWith(prefix));
    for (const key of keys.sort((one, other) => (isBefore(one, other) ? -1 : 1))) yield { key, bytes: Buffer.byteLength(this.files.get(key)!) };
  }

  async lines(key: string) {
    const text = this.files.get(key);
    return text === undefined ? undefined : each(text.split('\n'));
  }

  async put(key: string, text: string) {
    this.files.set(key, text);
  }
}

async function* each(lines: readonly string[]) {
  yield* lines;
}
