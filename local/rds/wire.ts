/** One message of PostgreSQL's protocol, its type and its length included. */
export interface Frame {
  readonly type: string;
  readonly whole: Buffer;
}

/** Cuts what comes over a connection into messages. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  *read(data: Buffer): Generator<Frame> {
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 5) {
      const length = this.rest.readInt32BE(1) + 1;
      if (this.rest.length < length) return;
      const whole = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      yield { type: String.fromCharCode(whole[0]), whole };
    }
  }
}

export function frame(type: string, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((each) => (typeof each === 'string' ? Buffer.from(`${each}\0`) : each)));
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const PROTOCOL = 196_608;
const TLS_WANTED = 80_877_103;

/** The first message of a connection, which has no type: what is asked for, or undefined while it is not all there. */
export function opening(data: Buffer): { readonly tls: true } | { readonly tls: false; readonly settings: Readonly<Record<string, string>> } | undefined {
  if (data.length < 8 || data.length < data.readInt32BE(0)) return undefined;
  const code = data.readInt32BE(4);
  if (code === TLS_WANTED) return { tls: true };
  if (code !== PROTOCOL) throw new Error(`the local Aurora speaks version 3.0 of the protocol, asked for ${code}`);
  const words = data.subarray(8, data.readInt32BE(0)).toString().split('\0');
  return { tls: false, settings: Object.fromEntries(Array.from({ length: Math.floor(words.length / 2) }, (_, at) => [words[2 * at], words[2 * at + 1]] as const).filter(([name]) => name !== '')) };
}

export function startup(settings: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(`${Object.entries(settings).flat().join('\0')}\0\0`);
  return Buffer.concat([number(body.length + 8), number(PROTOCOL), body]);
}

/** What went wrong, as PostgreSQL says it. */
export class PostgresError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

export function errorFrame({ code, message }: PostgresError, severity = 'FATAL'): Buffer {
  return frame('E', Buffer.from(`S${severity}\0V${severity}\0C${code}\0M${message}\0\0`));
}

export function errorOf({ whole }: Frame): PostgresError {
  const fields = new Map(whole.subarray(5).toString().split('\0').filter((field) => field !== '').map((field) => [field[0], field.slice(1)]));
  return new PostgresError(fields.get('C') ?? 'XX000', fields.get('M') ?? 'it failed and says nothing');
}

/** The texts of a row. */
export function rowOf({ whole }: Frame): (string | null)[] {
  let at = 7;
  return Array.from({ length: whole.readInt16BE(5) }, () => {
    const length = whole.readInt32BE(at);
    const text = length < 0 ? null : whole.subarray(at + 4, at + 4 + length).toString();
    at += 4 + Math.max(0, length);
    return text;
  });
}
