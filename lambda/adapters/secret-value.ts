import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';
import { StoreFailure } from '../ports/passage-store';

const TIMEOUT_MS = 5_000;

/** What a secret holds now. Without a client of the SDK, for this one call. Throws `StoreFailure`: secrets open stores. */
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
  const failed = (kind: StoreFailure['kind'], why: string, cause?: unknown) => new StoreFailure(kind, `the secret ${secretArn} cannot be read: ${why}`, { cause });
  try {
    const response = await fetch(endpoint, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { SecretString, __type: type = `HTTP ${response.status}` } = await response.json() as { readonly SecretString?: string; readonly __type?: string };
    if (response.ok && SecretString !== undefined) return SecretString;
    // One that is gone, or encrypted by a key that may not be used, opens nothing either.
    throw failed(response.status >= 500 || /Throttling|LimitExceeded/.test(type) ? 'unavailable' : 'forbidden', SecretString === undefined && response.ok ? 'it holds no text' : type);
  } catch (error) {
    throw error instanceof StoreFailure ? error : failed('unavailable', (error as Error).message, error);
  }
}

/** What a secret holds by names, where it is an object; undefined where its whole text is what it holds. */
export function secretFields(secret: string): Readonly<Record<string, unknown>> | undefined {
  if (!secret.trim().startsWith('{')) return undefined;
  try {
    return JSON.parse(secret) as Readonly<Record<string, unknown>>;
  } catch {
    // What cannot be read is quoted to nobody.
    throw new StoreFailure('forbidden', 'the secret begins as an object does, and is no JSON');
  }
}
