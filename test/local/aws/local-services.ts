import { startAwsEndpoint } from '../../../local/aws/endpoint';
import type { AwsService } from '../../../local/aws/service';
import type { PolicyStatement } from '../../../local/iam/policy';
import { Principals } from '../../../local/iam/principals';

/** Services behind the local AWS endpoint, and a role that may do what the statements say. */
export async function startServices(services: readonly AwsService[], statements: PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }]) {
  const principals = new Principals();
  principals.add({ accessKeyId: 'LOCAL', arn: 'arn:aws:iam::123456789012:role/Caller', policies: [{ name: 'P', document: { Statement: statements } }] });
  const notices: string[] = [];
  const endpoint = await startAwsEndpoint({ services, principals, onNotice: (line) => notices.push(line) });
  return {
    principals,
    notices,
    /** What a client of the SDK needs. */
    client: { endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'LOCAL', secretAccessKey: 'local' }, maxAttempts: 1 },
    stop: () => endpoint.stop(),
  };
}
