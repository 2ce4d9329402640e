import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';

const TIMEOUT_MS = 5_000;

/** What a secret holds now. Without a client of the SDK, for this one call. */
export async function secretValue(secretArn: string): Promise<string> {
  const region = process.env.AWS_REGION!;
  const endpoint = new URL(process.env.AWS_ENDPOINT_URL ?? `https://secretsmanager.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
  const signer = new SignatureV4({ service: 'secretsmanager', region, credentials: defaultProvider(), sha256: Sha256 });
  const body = JSON.stringify({ SecretId: secretArn });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: endpoint.protocol,
    hostname: endpoint.hostname,
    port: endpoint.port ? Number(endpoint.port) : undefined,
    path: '/',
    headers: { 'host': endpoint.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body,
  });
  const response = await fetch(endpoint, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer = await response.json() as { readonly SecretString?: string; readonly __type?: string };
  if (!response.ok || answer.SecretString === undefined) throw new Error(`the secret ${secretArn} cannot be read: ${answer.__type ?? `HTTP ${response.status}`}`);
  return answer.SecretString;
}
