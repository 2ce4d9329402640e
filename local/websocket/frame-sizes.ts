/** Watches the frames of one client go by, for their sizes alone: the library that reads them joins what was split. */
export class FrameSizes {
  private head = Buffer.alloc(0);
  private body = 0;

  constructor(private readonly limit: number) {}

  /** Whether no frame that begins in these bytes is larger than the limit. */
  allows(bytes: Buffer): boolean {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.body > 0) {
        const passed = Math.min(this.body, rest.length);
        this.body -= passed;
        rest = rest.subarray(passed);
        continue;
      }
      this.head = Buffer.concat([this.head, rest]);
      const size = headSize(this.head);
      if (size === undefined || this.head.length < size) return true;
      this.body = bodySize(this.head);
      rest = this.head.subarray(size);
      this.head = Buffer.alloc(0);
      if (this.body > this.limit) return false;
    }
    return true;
  }
}

/** The first bit of the second byte; the other seven are a length, or say how long the length is. */
const MASKED = 128;

/** Two bytes, those of a longer length, and the mask of a client. */
function headSize(head: Buffer): number | undefined {
  if (head.length < 2) return undefined;
  const length = head[1] % MASKED;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (head[1] >= MASKED ? 4 : 0);
}

function bodySize(head: Buffer): number {
  const length = head[1] % MASKED;
  return length === 126 ? head.readUInt16BE(2) : length === 127 ? Number(head.readBigUInt64BE(2)) : length;
}
