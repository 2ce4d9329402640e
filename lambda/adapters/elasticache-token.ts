import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';

/** As long as ElastiCache takes one; a connection that stands outlives its token. */
const SECONDS = 900;

/** Proves to a cluster of MemoryDB that this role connects as a user, likewise. */
export function memoryDbToken(clusterName: string, user: string): () => Promise<string> {
  return tokenOf('memorydb', clusterName, { Action: 'connect', User: user });
}

/** Proves to a serverless cache that this role connects as a user: a request that is signed and never sent. */
export function elastiCacheToken(cacheName: string, user: string): () => Promise<string> {
  return tokenOf('elasticache', cacheName, { Action: 'connect', ResourceType: 'ServerlessCache', User: user });
}

function tokenOf(service: string, host: string, asked: Record<string, string>): () => Promise<string> {
  const signer = new SignatureV4({ service, region: process.env.AWS_REGION!, credentials: defaultProvider(), sha256: Sha256 });
  return async () => {
    const { query = {} } = await signer.presign({ method: 'GET', protocol: 'http:', hostname: host, path: '/', headers: { host }, query: asked }, { expiresIn: SECONDS });
    return `${host}/?${Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`;
  };
}
