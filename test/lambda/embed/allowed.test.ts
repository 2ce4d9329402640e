import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { ifAllowed } from '../../../lambda/embed/allowed';
import { openOwn } from '../../../lambda/parts/own-passages';
import type { EmbeddingCalls } from '../../../lambda/ports/embeddings';
import type { OwnKnowledge } from '../../../lib/contract/own-knowledge';
import { type Indexes, INDEXES_ITEM } from '../../../lib/contract/reindexing';
import { startTable } from '../adapters/chat-table';

const { signal } = new AbortController();
const refusal = { name: 'EmbeddingFailure', kind: 'unavailable', message: expect.stringMatching(/'amazon\.titan-embed-text-v1'.*'previousEmbedding' of Reindexing\.blueGreen\(\)/) };

test('a model that may not be called is not, and it is said how to let it be', async () => {
  const calls = { batch: 1, embed: async () => [[1]] } as unknown as EmbeddingCalls;
  expect(ifAllowed(calls, 'amazon.titan-embed-text-v2:0', ['amazon.titan-embed-text-v2:0'])).toBe(calls);
  const refused = ifAllowed(calls, 'amazon.titan-embed-text-v1', ['amazon.titan-embed-text-v2:0']);
  await expect((refused.embed as () => Promise<unknown>)()).rejects.toMatchObject(refusal);
});

describe('whoever asks the index that answers', () => {
  const saved = { ...process.env };
  const asked: string[] = [];
  const bedrock = createServer((request, response) => {
    asked.push(decodeURIComponent(String(request.url)));
    response.end(JSON.stringify({ embedding: [1, 0], embeddingsByType: { float: [1, 0] }, inputTextTokenCount: 1 }));
  });
  let table: Awaited<ReturnType<typeof startTable>>;
  beforeAll(async () => {
    table = await startTable('documents', ['pk', 'sk']);
    await new Promise<void>((resolve) => bedrock.listen(0, '127.0.0.1', resolve));
    const { protocol, hostname, port } = await table.client.config.endpoint!();
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
      AWS_ENDPOINT_URL_DYNAMODB: `${protocol}//${hostname}:${port}`,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${(bedrock.address() as AddressInfo).port}`,
    });
    const embedding = { modelId: 'amazon.titan-embed-text-v1', family: 'titan', dimension: 2, binary: false, inputTokens: 8_000, concurrency: 1 };
    const known = { one: { recipe: { pipeline: 'p', embedding, index: { name: 'one' } }, place: 'here', since: 0, ready: true } };
    const indexes = { answering: 'one', wanted: 'one', known } as unknown as Indexes;
    await table.client.send(new PutCommand({ TableName: table.name, Item: { pk: INDEXES_ITEM.partition, sk: INDEXES_ITEM.sort, indexes, revision: 1 } }));
  });
  afterAll(async () => {
    process.env = saved;
    await table.stop();
    await new Promise((resolve) => bedrock.close(resolve));
  });

  const embed = async (models: readonly string[]) => {
    const store = { kind: 's3Vectors', vectorBucketArn: 'arn:aws:s3vectors:us-east-1:123456789012:bucket/b' };
    const { asked: index } = openOwn({ store, search: { by: 'both', candidates: 10 }, pointer: { table: table.name, models } } as unknown as OwnKnowledge);
    return (await index.current()).embeddings.embed(['How long?'], 'query', signal);
  };

  test('calls the model that it was embedded by where the deployment may', async () => {
    await expect(embed(['amazon.titan-embed-text-v2:0'])).rejects.toMatchObject(refusal);
    expect(asked).toEqual([]);
    expect(await embed(['amazon.titan-embed-text-v2:0', 'amazon.titan-embed-text-v1'])).toHaveLength(1);
    expect(asked).toEqual(['/model/amazon.titan-embed-text-v1/invoke']);
  });
});
