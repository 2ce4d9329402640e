import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256';
import type { LocalIdentity } from '../../local/gateway/signature';

/** Sends a request that is signed by a local identity, as AWS's own clients sign. */
export async function signedFetch(address: string, { accessKeyId, secretAccessKey }: LocalIdentity, { service = 'execute-api', body }: { readonly service?: string; readonly body?: string } = {}) {
  const url = new URL(address);
  const signer = new SignatureV4({ service, region: 'us-east-1', sha256: Sha256, credentials: { accessKeyId, secretAccessKey } });
  const request = { method: body ? 'POST' : 'GET', protocol: url.protocol, hostname: url.hostname, path: url.pathname, query: {}, body };
  const { headers } = await signer.sign({ ...request, headers: { 'host': url.host, 'content-type': 'application/json' } });
  return fetch(url, { method: request.method, headers, body });
}
