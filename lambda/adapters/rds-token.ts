import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';

/** As long as RDS takes one; a connection that stands outlives its token. */
const SECONDS = 900;

/** Proves to a database that this role connects as a user: a request that is signed and never sent. */
export function rdsToken({ host, port, user }: { readonly host: string; readonly port: number; readonly user: string }): () => Promise<string> {
  const signer = new SignatureV4({ service: 'rds-db', region: process.env.AWS_REGION!, credentials: defaultProvider(), sha256: Sha256 });
  return async () => {
    const { query = {} } = await signer.presign({
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      port,
      path: '/',
      headers: { host: `${host}:${port}` },
      query: { Action: 'connect', DBUser: user },
    }, { expiresIn: SECONDS });
    return `${host}:${port}/?${Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`;
  };
}
