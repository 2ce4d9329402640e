/** What a command is answered with: numbers as integers, texts and bytes as bulk strings, `null` as nothing. */
export type Reply = string | number | Buffer | null | Status | readonly Reply[];

/** A word of the protocol's own, such as OK. */
export class Status {
  constructor(readonly word: string) {}
}

export const OK = new Status('OK');

/** The first whole command in some bytes, and how many of them it takes. */
export function readCommand(data: Buffer): { readonly words: Buffer[]; readonly length: number } | undefined {
  const head = lineAt(data, 0);
  if (!head) return undefined;
  if (data[0] !== 0x2a) throw new Error('Protocol error: a command must be an array');
  const words: Buffer[] = [];
  let at = head.next;
  for (let left = Number(head.text.slice(1)); left > 0; left--) {
    const line = lineAt(data, at);
    if (!line) return undefined;
    const end = line.next + Number(line.text.slice(1));
    if (end + 2 > data.length) return undefined;
    words.push(data.subarray(line.next, end));
    at = end + 2;
  }
  return { words, length: at };
}

export function encode(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (typeof reply === 'number') return Buffer.from(`:${reply}\r\n`);
  if (reply instanceof Status) return Buffer.from(`+${reply.word}\r\n`);
  if (typeof reply === 'string' || Buffer.isBuffer(reply)) {
    const bytes = Buffer.from(reply as string);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  }
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(encode)]);
}

export function encodeError(message: string): Buffer {
  return Buffer.from(`-${message.replace(/[\r\n]/g, ' ')}\r\n`);
}

function lineAt(data: Buffer, from: number): { readonly text: string; readonly next: number } | undefined {
  const end = data.indexOf('\r\n', from);
  return end < 0 ? undefined : { text: data.toString('latin1', from, end), next: end + 2 };
}
