import { S3Client } from '@aws-sdk/client-s3';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/aws/endpoint';
import { type Denial, Principals } from '../../../local/iam/principals';
import { type S3, s3 } from '../../../local/s3/service';

export interface LocalS3 {
  readonly service: S3;
  readonly url: string;
  readonly principals: Principals;
  readonly denials: Denial[];
  /** A real client that may do what the statements say; everything in the bucket by default. */
  client(resources?: string[], actions?: string[]): S3Client;
  stop(): Promise<void>;
}

/** The local S3 behind the local AWS endpoint, with one bucket. */
export async function startS3(bucket = 'content'): Promise<LocalS3> {
  const principals = new Principals();
  const denials: Denial[] = [];
  const service = s3();
  service.createBucket(bucket);
  const onDenied = (denial: Denial) => denials.push(denial);
  const endpoint: AwsEndpoint = await startAwsEndpoint({ services: [service], principals, onDenied, onNotice: () => undefined });
  const clients: S3Client[] = [];
  return {
    service,
    url: endpoint.url,
    principals,
    denials,
    client(resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`], actions = ['s3:*']) {
      const accessKeyId = `ASIA${clients.length}`;
      const document = { Statement: { Effect: 'Allow', Action: actions, Resource: resources } };
      principals.add({ accessKeyId, arn: `arn:aws:iam::123456789012:role/${accessKeyId}`, policies: [{ name: 'P', document }] });
      const credentials = { accessKeyId, secretAccessKey: 'local', sessionToken: 'local' };
      const client = new S3Client({ endpoint: endpoint.url, region: 'us-east-1', credentials, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    async stop() {
      clients.forEach((client) => client.destroy());
      await endpoint.stop();
    },
  };
}
