import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';

/** As long as ElastiCache takes one; a connection that stands outlives its token. */
const SECONDS = 900;

type Word = string | ArrayBuffer | ArrayBufferView;

/** Proves to a serverless cache that this role connects as a user: a request that is signed and never sent. */
export function elastiCacheToken(cacheName: string, user: string): () => Promise<string> {
  const signer = new SignatureV4({ service: 'elasticache', region: process.env.AWS_REGION!, credentials: defaultProvider(), sha256: Sha256 });
  return async () => {
    const { query = {} } = await signer.presign({
      method: 'GET',
      protocol: 'http:',
      hostname: cacheName,
      path: '/',
      headers: { host: cacheName },
      query: { Action: 'connect', ResourceType: 'ServerlessCache', User: user },
    }, { expiresIn: SECONDS });
    return `${cacheName}/?${Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`;
  };
}

/** What the signer wants of a hash, by Node's own. */
class Sha256 {
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
