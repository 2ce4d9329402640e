import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { DIMENSION, FIELDS } from './chunks';
import type { StoreUnderTest } from './passage-store.suite';
import { dropIndexWords } from '../../../lambda/adapters/dynamo-index-words';
import { dynamoKeywords, type KeywordOptions } from '../../../lambda/adapters/dynamo-keywords';
import { indexArnOf, s3VectorsIndexes } from '../../../lambda/adapters/s3-vectors-indexes';
import { s3VectorsPassages } from '../../../lambda/adapters/s3-vectors-passages';
import type { PassageIndexes, PassageStore } from '../../../lambda/ports/passage-store';
import { type PassageIndex, S3_VECTORS_KEYS } from '../../../lib/contract/passage-stores';
import { startAwsEndpoint } from '../../../local/aws/endpoint';
import { Principals } from '../../../local/iam/principals';
import { type S3Vectors, s3Vectors } from '../../../local/s3vectors/service';
import { type ChatTable, startTable } from '../adapters/chat-table';

export interface S3VectorsUnderTest extends StoreUnderTest {
  readonly vectors: S3Vectors;
  readonly client: S3VectorsClient;
  readonly table: ChatTable;
  readonly indexes: PassageIndexes;
  openIndex(index: PassageIndex): PassageStore;
  make(options?: { readonly tenantField?: string; readonly words?: false } & Partial<KeywordOptions>): Made;
}

interface Made {
  readonly indexArn: string;
  readonly index: PassageIndex;
  readonly store: PassageStore;
}

/** The local cloud's S3 Vectors and a table, called as AWS is. */
export async function startS3Vectors(): Promise<S3VectorsUnderTest> {
  const vectors = s3Vectors();
  const principals = new Principals();
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3vectors:*', Resource: '*' }] };
  principals.add({ accessKeyId: 'AKIA1', arn: 'arn:aws:iam::123456789012:role/r', policies: [{ name: 'p', document: policy }] } as Parameters<Principals['add']>[0]);
  const endpoint = await startAwsEndpoint({ services: [vectors], principals, onNotice: () => undefined });
  const client = new S3VectorsClient({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'AKIA1', secretAccessKey: 'x' }, maxAttempts: 1 });
  const table = await startTable('words', ['pk', 'sk']);
  let indexes = 0;
  const bucket = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/b';
  const make: S3VectorsUnderTest['make'] = ({ tenantField, words, ...options } = {}) => {
    const index: PassageIndex = { name: `index_${++indexes}`, dimension: DIMENSION, fields: FIELDS, tenantField };
    const indexArn = indexArnOf(bucket, index.name);
    vectors.createIndexes([{ arn: indexArn, dimension: DIMENSION, metric: 'cosine', nonFilterableKeys: [S3_VECTORS_KEYS.chunk] }]);
    const keywords = words === false ? undefined : dynamoKeywords(table.client, { table: table.name, index: index.name, ...options });
    return { indexArn, index, store: s3VectorsPassages(client, indexArn, index, keywords) };
  };
  return {
    vectors,
    client,
    table,
    make,
    indexes: s3VectorsIndexes(client, bucket, {
      dropWords: (name, signal, from) => dropIndexWords(table.client, { table: table.name, index: name }, signal, from),
    }),
    openIndex: (index) => {
      const keywords = dynamoKeywords(table.client, { table: table.name, index: index.name });
      return s3VectorsPassages(client, indexArnOf(bucket, index.name), index, keywords);
    },
    open: async ({ tenantField }) => make({ tenantField }).store,
    close: async () => {
      client.destroy();
      await Promise.all([endpoint.stop(), table.stop()]);
    },
    refusesTextFilters: true,
  };
}
