import { createHash } from 'node:crypto';
import { StepFailure } from './failure';
import type { BulkPorts, BulkTerms, Due } from './ports';
import { changedDocument, keysOf, placeOf } from './request';
import { BULK_FILES, type Prepared, type PrepareRequest } from '../../../lib/contract/bulk-load';
import { fittedText } from '../../embed/embeddings';
import { vectorKey } from '../../embed/remembered';
import { findUnread } from '../attempt';
import { describeBreak, heldBack } from '../fault';
import { textsToEmbed } from '../passages';

const LEAST_MS = 20_000;
/** So much is in memory before it is written. */
const RECORDS_A_FILE = 5_000;
const CHARACTERS_A_FILE = 8_000_000;

/**
 * Reads and cuts documents that are not in the index as they lie in the bucket, and writes down the texts whose vectors are not remembered, as records of a batch job. A record
 * is named by what its vector is remembered by. What cannot be read, or not within one call, is left to the index step, which says so.
 */
export async function prepare(request: PrepareRequest, due: Due, terms: BulkTerms, ports: BulkPorts): Promise<Prepared> {
  const { run, source, from } = request;
  const keys = await keysOf(request, terms, ports.originals);
  const records = new Records(`${placeOf(run)}${BULK_FILES.records}${nameOf([keys[0], keys.length, from])}`, terms, ports);
  let next = from;
  for (; next < keys.length; next++) {
    if (next > from && ports.clock.now() > due.until - LEAST_MS) break;
    const document = changedDocument(keys[next], source, terms, ports.clock.now());
    try {
      const found = await findUnread(document, terms, ports);
      if (found) await records.add(await textsToEmbed(found, document, terms, due, ports));
    } catch (error) {
      const outcome = heldBack(error);
      if (outcome.kind !== 'hold') {
        ports.log.error('document', { run, source, key: keys[next], what: 'not prepared', ...describeBreak(error) });
        continue;
      }
      // What there is already is written, and the next call begins with this one.
      if (next > from) break;
      if (outcome.why !== 'time') throw new StepFailure('busy', `a document has to wait: ${outcome.why}`);
      // Alone in a call, and still too much for it.
      next++;
      break;
    }
  }
  await records.write();
  ports.log.info('bulk prepare', { run, documents: next - from, records: records.written });
  return { next: next >= keys.length ? request.documents.length : next, records: records.written };
}

/** Texts on their way into files. */
class Records {
  written = 0;
  private texts = new Map<string, string>();
  private characters = 0;
  private files = 0;

  constructor(private readonly name: string, private readonly terms: BulkTerms, private readonly ports: BulkPorts) {}

  async add(texts: readonly string[]): Promise<void> {
    for (const text of texts.filter((each) => each.trim() !== '')) {
      this.texts.set(vectorKey(this.terms.embedding, text, 'document'), text);
      this.characters += text.length;
      if (this.texts.size >= RECORDS_A_FILE || this.characters >= CHARACTERS_A_FILE) await this.write();
    }
  }

  async write(): Promise<void> {
    const { terms: { embedding }, ports: { vectors, bodies, files } } = this;
    const known = await vectors.find([...this.texts.keys()]);
    const lines = [...this.texts].filter(([key]) => !known.has(key)).map(([key, text]) => JSON.stringify({
      recordId: recordId(key), modelInput: bodies.request(fittedText(text, embedding.inputTokens, bodies.mostCharacters)),
    }));
    [this.texts, this.characters] = [new Map(), 0];
    if (lines.length === 0) return;
    await files.put(`${this.name}-${this.files++}-${lines.length}.jsonl`, `${lines.join('\n')}\n`);
    this.written += lines.length;
  }
}

/** Letters and digits only: Bedrock takes no others. */
export function recordId(key: string): string {
  return Buffer.from(key, 'base64url').toString('hex');
}

export function vectorKeyOf(id: string): string {
  return Buffer.from(id, 'hex').toString('base64url');
}

function nameOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
