import type { ServerResponse } from 'node:http';
import type { Sink } from './process';

/** The head of a streamed answer must end within its first 16 KB. */
const HEAD_LIMIT = 16 * 1024;
const HEAD_END = Buffer.alloc(8);

export interface HttpHead {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly cookies?: readonly string[];
}

/** What a handler wrote is no HTTP answer; the message says why. */
export class MalformedAnswer extends Error {}

/** Passes a streamed answer on piece by piece, as soon as its head is known. */
export class StreamedAnswer implements Pick<Sink, 'data' | 'end'> {
  private head = Buffer.alloc(0);
  private relief?: Promise<void>;

  /** `begin` writes the head, `count` hears how long each piece was. */
  constructor(private readonly outgoing: ServerResponse, private readonly begin: (head: HttpHead) => void, private readonly count: (bytes: number) => void) {}

  data(piece: Buffer): void | Promise<void> {
    const { outgoing } = this;
    if (outgoing.headersSent) return this.write(piece);
    this.head = Buffer.concat([this.head, piece]);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) {
      if (this.head.length > HEAD_LIMIT) throw new MalformedAnswer('its head does not end within 16 KB');
      return undefined;
    }
    this.begin(parseHead(this.head.subarray(0, end)));
    outgoing.flushHeaders();
    const rest = this.head.subarray(end + HEAD_END.length);
    return rest.length > 0 ? this.write(rest) : undefined;
  }

  end(): void {
    if (!this.outgoing.headersSent) throw new MalformedAnswer('it ended without an HTTP head: a streaming handler must write before it ends');
    this.outgoing.end();
  }

  private write(piece: Buffer): void | Promise<void> {
    const { outgoing } = this;
    this.count(piece.length);
    if (outgoing.write(piece)) return undefined;
    // Pieces that were on their way already come in under the same pressure, and wait for the same relief.
    return this.relief ??= new Promise((resolve) => {
      const done = () => {
        outgoing.off('drain', done).off('close', done);
        this.relief = undefined;
        resolve();
      };
      outgoing.once('drain', done).once('close', done);
    });
  }
}

export function parseHead(bytes: Buffer): HttpHead {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new MalformedAnswer('it is not a JSON object');
}
