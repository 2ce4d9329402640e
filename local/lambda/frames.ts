import type { Duplex } from 'node:stream';

/**
 * What a worker and its pool say to each other over one socket: a byte for the kind, four for the length, then the payload.
 * Only `data` may be long; it is handed on in the pieces in which it arrives, without being gathered.
 */
export const FRAME = {
  /** Pool to worker: `InvocationHead` as JSON; the event follows. */
  invoke: 1,
  /** Pool to worker: the event, as JSON text. */
  event: 2,
  /** The handler is loaded. */
  ready: 3,
  /** Bytes of the answer. */
  data: 4,
  /** The answer is complete. */
  end: 5,
  /** The handler has settled, the worker is free. */
  done: 6,
  /** The handler, or its loading, failed: `Failure` as JSON. */
  failed: 7,
  stdout: 8,
  stderr: 9,
  /** Before `done` or `failed`: what the process holds, `Taken` as JSON. */
  taken: 10,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface InvocationHead {
  readonly requestId: string;
  readonly deadline: number;
  readonly functionArn: string;
  readonly traceId?: string;
}

export interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What a process has taken of the machine so far. */
export interface Taken {
  /** The most memory that it has held, in MB: what Lambda counts. */
  readonly mostMb: number;
  /** What of it is the heap of JavaScript now, in MB, garbage included. */
  readonly heapMb: number;
  /** Processor time of all its threads, in milliseconds. */
  readonly cpuMs: number;
}

const HEADER = 5;

export function writeFrame(socket: Duplex, kind: FrameKind, payload: Uint8Array | string = '', done?: (error?: Error | null) => void): void {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const header = Buffer.allocUnsafe(HEADER);
  header[0] = kind;
  header.writeUInt32BE(bytes.length, 1);
  if (bytes.length === 0) {
    socket.write(header, done);
    return;
  }
  // One system call for both, without joining them in memory.
  socket.cork();
  socket.write(header);
  socket.write(bytes, done);
  socket.uncork();
}

/** Cuts the bytes of a socket back into frames. */
export class FrameReader {
  private readonly header = Buffer.alloc(HEADER);
  private headerLength = 0;
  private remaining = 0;
  private gathered: Buffer[] = [];

  constructor(private readonly onFrame: (kind: FrameKind, payload: Buffer) => void, private readonly onData: (piece: Buffer) => void) {}

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.headerLength < HEADER) {
        const taken = chunk.copy(this.header, this.headerLength, at, at + HEADER - this.headerLength);
        this.headerLength += taken;
        at += taken;
        if (this.headerLength < HEADER) return;
        this.remaining = this.header.readUInt32BE(1);
      }
      const piece = chunk.subarray(at, at + this.remaining);
      at += piece.length;
      this.remaining -= piece.length;
      this.take(this.header[0] as FrameKind, piece);
    }
  }

  private take(kind: FrameKind, piece: Buffer): void {
    const complete = this.remaining === 0;
    if (complete) this.headerLength = 0;
    if (kind === FRAME.data) {
      if (piece.length > 0) this.onData(piece);
      return;
    }
    this.gathered.push(piece);
    if (!complete) return;
    const payload = this.gathered.length === 1 ? this.gathered[0] : Buffer.concat(this.gathered);
    this.gathered = [];
    this.onFrame(kind, payload);
  }
}
