import { parentPort, workerData } from 'node:worker_threads';
import type { ParsePolicy } from '../../lib/contract/parsing';
import type { ParseAnswer, ParseCall } from '../adapters/parse-thread';
import { parse, type Readers } from '../parse/parse';
import { isParseFailure } from '../ports/parsing';

/** The program of the thread that documents are read in, one after the other. */
const policy = workerData as ParsePolicy;

const readers: Readers = {
  pdf: async () => (await import('../parts/parse-pdf.js')).readPdf,
  office: async () => (await import('../parts/parse-office.js')).office,
  html: async () => (await import('../parts/parse-html.js')).readHtml,
  mail: async () => (await import('../parts/parse-mail.js')).readMail,
  charset: async () => (await import('../parts/parse-charset.js')).guessCharset,
};

async function answer({ id, bytes, about }: ParseCall): Promise<ParseAnswer> {
  try {
    return { id, document: await parse(bytes, about, policy, readers, new AbortController().signal) };
  } catch (error) {
    // What stands behind a failure is for the log; as text it comes over whole.
    const cause = (error as Error).cause;
    return isParseFailure(error)
      ? { id, failure: { kind: error.kind, message: error.message, pages: error.pages, ...cause instanceof Error && { cause: cause.stack ?? cause.message } } }
      : { id, failure: { kind: 'broken', message: String(error) } };
  }
}

parentPort?.on('message', (call: ParseCall) => void answer(call).then((said) => parentPort?.postMessage(said)));
