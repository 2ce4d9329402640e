import { Worker } from 'node:worker_threads';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { type DocumentAbout, type ParsedDocument, type Parser, ParseFailure, type ParseFailureKind } from '../ports/parsing';

/** What goes into the thread, and what comes back. */
export interface ParseCall {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly about: DocumentAbout;
}

export interface ParseAnswer {
  readonly id: number;
  readonly document?: ParsedDocument;
  readonly failure?: { readonly kind: ParseFailureKind; readonly message: string; readonly pages?: number; readonly cause?: string };
}

export interface ThreadParser extends Parser {
  /** Ends the thread; the next document starts another. */
  close(): Promise<void>;
}

/** Of the thread's heap, what is swept often: more of it is memory that stays taken. */
const YOUNG = 16;
/** How often the memory is looked at. */
const LOOK = 100;
const MB = 1024 * 1024;

/**
 * Reads documents in a thread of its own, one at a time, so that none can hold the function up or take its memory: a thread that is over its time
 * or its memory is ended, and the next document gets a new one.
 */
export function threadParser(script: string, policy: ParsePolicy): ThreadParser {
  let worker: Worker | undefined;
  let ready: Promise<unknown> = Promise.resolve();
  let calls = 0;

  function started(): Worker {
    const heap = Math.ceil(policy.memoryBytes / MB);
    // An error after the last document is nobody's: the next document finds the thread gone.
    worker ??= new Worker(script, { workerData: policy, resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: YOUNG } }).on('error', () => undefined)
      .on('exit', () => { worker = undefined; });
    return worker;
  }

  async function stop(): Promise<void> {
    const stopped = worker;
    worker = undefined;
    await stopped?.terminate();
  }

  async function run(bytes: Uint8Array, about: DocumentAbout, signal: AbortSignal): Promise<ParsedDocument> {
    signal.throwIfAborted();
    if (bytes.length > policy.bytes) throw new ParseFailure('tooLarge', `the document has ${bytes.length} bytes; at most ${policy.bytes} are read`);
    const id = ++calls;
    const { answer, error } = await answerOf(started(), { id, bytes, about }, policy, signal);
    worker?.unref();
    if (answer) return outcome(answer);
    await stop();
    throw error;
  }

  return {
    parse(bytes, about, signal) {
      const result = ready.then(() => run(bytes, about, signal));
      ready = result.catch(() => undefined);
      return result;
    },
    close: stop,
  };
}

function outcome({ document, failure }: ParseAnswer): ParsedDocument {
  if (document) return document;
  throw new ParseFailure(failure?.kind ?? 'broken', failure?.message ?? 'the document cannot be read', { cause: failure?.cause, pages: failure?.pages });
}

interface Ended {
  readonly answer?: ParseAnswer;
  /** With which the thread has to be ended. */
  readonly error?: unknown;
}

async function answerOf(thread: Worker, call: ParseCall, policy: ParsePolicy, signal: AbortSignal): Promise<Ended> {
  const { milliseconds, memoryBytes } = policy;
  const before = process.memoryUsage.rss();
  let leave = (): void => undefined;
  const ended = await new Promise<Ended>((done) => {
    const stop = (error: unknown) => done({ error });
    const said = (answer: ParseAnswer) => { if (answer.id === call.id) done({ answer }); };
    const failed = (error: NodeJS.ErrnoException) => stop(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(policy)
      : new ParseFailure('broken', `the document cannot be read: ${error.message}`, { cause: error }));
    const gone = (code: number) => stop(new ParseFailure('broken', `the document cannot be read: its reader ended with ${code}`));
    const aborted = () => stop(signal.reason);
    const deadline = setTimeout(() => stop(new ParseFailure('tooLarge', `the document takes longer than ${milliseconds} ms to read`)), milliseconds);
    const memory = setInterval(() => { if (process.memoryUsage.rss() - before > memoryBytes) stop(outOfMemory(policy)); }, LOOK);
    leave = () => {
      clearTimeout(deadline);
      clearInterval(memory);
      signal.removeEventListener('abort', aborted);
      thread.off('message', said).off('error', failed).off('exit', gone);
    };
    thread.on('message', said).on('error', failed).on('exit', gone);
    signal.addEventListener('abort', aborted);
    thread.ref();
    thread.postMessage(call);
  });
  leave();
  return ended;
}

function outOfMemory({ memoryBytes }: ParsePolicy): ParseFailure {
  return new ParseFailure('tooLarge', `the document takes more than ${Math.round(memoryBytes / MB)} MB of memory to read`);
}
