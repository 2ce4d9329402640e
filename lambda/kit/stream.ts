import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Proxies and load balancers close a connection on which nothing moves. */
const SILENCE_MS = 10_000;

/** A reader who takes nothing for so long is treated as one who has hung up: what is left is small enough to lie in memory. */
const PATIENCE_MS = 20_000;
/** What is written in one piece may be long on its way before any of it counts as taken. */
const LONGER_PATIENCE_MS = 60_000;

export interface FrameWriter {
  /** Called once, when the first frame is there: until then the answer can still become an error with its own status. */
  readonly open: () => Writable;
  /** The frame that ends a stream which has begun and cannot be finished. */
  readonly failure: (error: unknown) => string;
  readonly silenceMs?: number;
  readonly patienceMs?: number;
}

/**
 * Writes frames as they come, and a comment when none comes for long.
 * A caller who hangs up stops the writing, not the frames: what was begun is finished, stored and counted.
 */
export async function writeFrames(frames: AsyncIterable<string>, writer: FrameWriter): Promise<void> {
  const { open, failure, silenceMs = SILENCE_MS, patienceMs = PATIENCE_MS } = writer;
  let stream: Writable | undefined;
  let reading = true;
  const opened = () => (stream ??= tolerant(open()));
  const heartbeat = setInterval(() => write(opened(), ': working on it\n\n'), silenceMs);
  try {
    for await (const frame of frames) {
      heartbeat.refresh();
      if (!write(opened(), frame) && reading) reading = await drained(opened(), patienceMs);
    }
  } catch (error) {
    if (!stream) throw error;
    write(stream, failure(error));
  } finally {
    clearInterval(heartbeat);
  }
  await close(opened(), patienceMs);
}

/** Ends a stream, and waits for its reader for as long as something of it is taken in every such time. Then nobody reads it. */
export async function close(stream: Writable, patienceMs = LONGER_PATIENCE_MS): Promise<void> {
  stream.end();
  let left = stream.writableLength;
  const impatience = setInterval(() => {
    if (stream.writableLength >= left) stream.destroy();
    left = stream.writableLength;
  }, patienceMs);
  await finished(stream, { readable: false }).catch(() => undefined);
  clearInterval(impatience);
}

/** A broken connection is the caller's business; unheard, its event would end the process. */
export function tolerant(stream: Writable): Writable {
  return stream.on('error', () => undefined);
}

function write(stream: Writable, frame: string): boolean {
  return stream.writable ? stream.write(frame) : true;
}

/** Whether the reader took what was written before patience ended. */
async function drained(stream: Writable, patienceMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const impatience = setTimeout(() => waiting.abort(), patienceMs);
  const taken = await Promise.race([
    once(stream, 'drain', { signal: waiting.signal }).then(() => true),
    once(stream, 'close', { signal: waiting.signal }).then(() => false),
  ]).catch(() => false);
  clearTimeout(impatience);
  waiting.abort();
  return taken;
}
