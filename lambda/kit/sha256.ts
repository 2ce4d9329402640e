import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

type Word = string | ArrayBuffer | ArrayBufferView;

/** What the SDK's signer wants of a hash, by Node's own. */
export class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: Word) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: Word): void {
    this.hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytes(word: Word): Buffer {
  if (typeof word === 'string') return Buffer.from(word);
  return ArrayBuffer.isView(word) ? Buffer.from(word.buffer, word.byteOffset, word.byteLength) : Buffer.from(word);
}
