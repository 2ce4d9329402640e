import { createHash } from 'node:crypto';
import { type Attempt, OutOfTime, Scanning } from './attempt';
import type { ChangedDocument } from './document';
import { read } from './original';
import type { IndexPorts, IndexTerms, Span } from './terms';
import type { ScanState } from '../ports/document-states';
import type { FoundOriginal } from '../ports/originals';
import { isParseFailure, type ParsedDocument, ParseFailure } from '../ports/parsing';
import { isScanDelay } from '../ports/scans';

/** A job that has not ended by then never does. */
const LONGEST_HOURS = 12;
const MOST_ROUNDS = 3;

/**
 * What a document says. A scan is read by a job, which is told of in the document's state before it is begun, and begun by a token that is always the same: whoever comes
 * after a worker that was killed begins no second one. Whether it is done is asked whenever the document's change comes again.
 */
export async function readOrScan(
  attempt: Attempt, found: FoundOriginal, document: ChangedDocument, terms: IndexTerms, span: Span, ports: IndexPorts,
): Promise<ParsedDocument> {
  const { tag } = attempt.state.version!;
  const known = attempt.state.scan;
  if (terms.scans && known?.tag === tag && known.detail === terms.scans.detail) return scanned(attempt, known, document, span, ports);
  try {
    return await read(found, document, terms, span, ports);
  } catch (error) {
    if (!isParseFailure(error) || error.kind !== 'scanned') throw error;
    if (!terms.scans || !ports.scans) {
      throw new ParseFailure('scanned', `${error.message}. Let Textract read it, by documents.parsing.scans: ScanReading.textract(), or put up a document with text`, { cause: error });
    }
    const { pages: most, detail } = terms.scans;
    const { pages = 1 } = error;
    if (pages > most) {
      throw new ParseFailure('tooLarge', `the document is a scan of ${pages} pages; at most ${most} are read: split it, or raise 'pages' of ScanReading.textract()`, { cause: error });
    }
    return scanned(attempt, { tag, detail, round: 0, begunAt: ports.clock.now() }, document, span, ports);
  }
}

async function scanned(attempt: Attempt, known: ScanState, document: ChangedDocument, { signal }: Span, ports: IndexPorts): Promise<ParsedDocument> {
  const scans = ports.scans!;
  const { job } = known;
  if (job === undefined) return begin(attempt, known, document, ports);
  try {
    const found = await scans.read(job, signal);
    if (!found) return await wait(attempt, known, ports);
    if (known.pages === undefined) {
      await attempt.save({ scan: { ...known, pages: found.pages } });
      ports.scanned?.(found.pages);
    }
    return found.document;
  } catch (error) {
    if (signal.aborted && !isParseFailure(error)) throw new OutOfTime();
    if (!isScanDelay(error) || error.kind !== 'lost') throw error;
    if (known.round + 1 >= MOST_ROUNDS) throw new ParseFailure('broken', `what Textract read was lost ${MOST_ROUNDS} times`, { cause: error });
    return begin(attempt, { tag: known.tag, detail: known.detail, round: known.round + 1, begunAt: ports.clock.now() }, document, ports);
  }
}

async function begin(attempt: Attempt, scan: ScanState, document: ChangedDocument, { scans, clock }: IndexPorts): Promise<never> {
  const { bucket, key, uri } = document;
  const { tag, detail, round } = scan;
  await attempt.save({ state: 'scanning', scan, title: undefined, notes: undefined, reason: undefined });
  const token = createHash('sha256').update(JSON.stringify([uri, tag, detail, round])).digest('hex');
  const job = await scans!.begin({ bucket, key }, token);
  await attempt.save({ scan: { ...scan, job, begunAt: clock.now() } });
  throw new Scanning();
}

async function wait(attempt: Attempt, { begunAt }: ScanState, { clock }: IndexPorts): Promise<never> {
  if (clock.now() - begunAt > LONGEST_HOURS * 3_600_000) throw new ParseFailure('broken', `Textract did not come to an end with it within ${LONGEST_HOURS} hours`);
  if (attempt.state.state !== 'scanning') await attempt.save({ state: 'scanning' });
  throw new Scanning();
}
