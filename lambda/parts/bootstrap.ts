import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOOTSTRAP_ENV } from '../../lib/contract/container';
import { readEnv } from '../kit/env';

/**
 * The first program of a task, whole in its command: it fetches the chat's code, one file of JSON, with the task's own role, holds it to the
 * hash that the template names, lays it out and starts it. The image brings Node.js and nothing else.
 */
interface Credentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
}

const env = readEnv(BOOTSTRAP_ENV);
const region = process.env.AWS_REGION ?? '';
const EMPTY = createHash('sha256').update('').digest('hex');

async function credentials(): Promise<Credentials> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: near, AWS_CONTAINER_CREDENTIALS_FULL_URI: full = `http://169.254.170.2${near}` } = process.env;
  return (await fetched(full)).json() as Promise<Credentials>;
}

async function code(): Promise<Buffer> {
  const { AccessKeyId, SecretAccessKey, Token } = await credentials();
  const base = process.env.AWS_ENDPOINT_URL;
  const url = new URL(base ? `${base}/${env.CODE_BUCKET}/${env.CODE_KEY}` : `https://${env.CODE_BUCKET}.s3.${region}.${env.CODE_DOMAIN}/${env.CODE_KEY}`);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const signed: Record<string, string> = { 'host': url.host, 'x-amz-content-sha256': EMPTY, 'x-amz-date': time, 'x-amz-security-token': Token };
  const names = Object.keys(signed).join(';');
  const request = ['GET', url.pathname, '', ...Object.entries(signed).map(([name, value]) => `${name}:${value}`), '', names, EMPTY].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n');
  const key = scope.split('/').reduce<Buffer | string>((secret, part) => createHmac('sha256', secret).update(part).digest(), `AWS4${SecretAccessKey}`);
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const { host, ...headers } = signed;
  const response = await fetched(url, { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${AccessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}` });
  return Buffer.from(await response.arrayBuffer());
}

async function fetched(address: URL | string, headers: Record<string, string> = {}): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(address, { headers, signal: AbortSignal.timeout(10_000) });
      if (response.ok) return response;
      throw new Error(`${new URL(address).host} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    } catch (error) {
      if (attempt === 4) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

async function main(): Promise<void> {
  const bytes = await code();
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== env.CODE_SHA256) throw new Error(`the code in S3 is not that of the template: its hash is ${hash}`);
  const folder = mkdtempSync(join(tmpdir(), 'chat-'));
  for (const [name, content] of Object.entries(JSON.parse(bytes.toString('utf8')) as Record<string, string>)) writeFileSync(join(folder, name), content);
  const file = join(folder, 'index.js');
  createRequire(file)(file);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
