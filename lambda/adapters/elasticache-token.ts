import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';

/** As long as ElastiCache takes one; a connection that stands outlives its token. */
const SECONDS = 900;

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
