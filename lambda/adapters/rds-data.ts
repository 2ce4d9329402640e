import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../kit/sdk/credential-provider-node';
import { Sha256 } from '../kit/sha256';
import { type Sql, SqlGone, SqlWaking } from '../ports/sql';

export interface RdsDatabase {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Longer than a statement may take there. */
const TIMEOUT_MS = 50_000;

/** Statements by the RDS Data API: over HTTPS, with the rights of the handler's role, whatever network the cluster is in. */
export function rdsData({ clusterArn, secretArn, database }: RdsDatabase): Sql {
  const region = process.env.AWS_REGION!;
  const endpoint = new URL(process.env.AWS_ENDPOINT_URL ?? `https://rds-data.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
  const signer = new SignatureV4({ service: 'rds-data', region, credentials: defaultProvider(), sha256: Sha256 });

  return {
    run: async (sql) => {
      const body = JSON.stringify({ resourceArn: clusterArn, secretArn, database, sql });
      const { headers } = await signer.sign({
        method: 'POST',
        protocol: endpoint.protocol,
        hostname: endpoint.hostname,
        port: endpoint.port ? Number(endpoint.port) : undefined,
        path: '/Execute',
        headers: { 'host': endpoint.host, 'content-type': 'application/json' },
        body,
      });
      const response = await fetch(new URL('/Execute', endpoint), { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw failure(response, await response.text());
      await response.arrayBuffer();
    },
  };
}

/** The service says what is wrong in a header, as `DatabaseResumingException:http://…`. */
function failure({ status, headers }: Response, body: string): Error {
  const type = headers.get('x-amzn-errortype')?.split(':')[0] ?? `HTTP ${status}`;
  if (type === 'DatabaseResumingException') return new SqlWaking(type);
  if (type === 'DatabaseNotFoundException') return new SqlGone(type);
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(body)?.[1] ?? '';
  return Object.assign(new Error(`${type}: ${message}`), { name: type });
}
