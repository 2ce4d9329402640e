import { BedrockAgentRuntimeClient, type KnowledgeBaseRetrievalResult, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { retrievalFilter } from '../../../lambda/adapters/bedrock-filter';
import { bedrockPassages } from '../../../lambda/adapters/bedrock-passages';
import { s3Links } from '../../../lambda/adapters/s3-links';
import type { Filter, Search } from '../../../lambda/ports/passages';
import type { KnowledgePolicy } from '../../../lib/contract/knowledge';

const policy: KnowledgePolicy = { knowledgeBaseId: 'KB1', kind: 'vector', passages: 5, candidates: 5, fields: [] };
const bedrock = mockClient(BedrockAgentRuntimeClient);

beforeEach(() => {
  bedrock.reset();
  bedrock.on(RetrieveCommand).resolves({ retrievalResults: [] });
});

test('asks for as many passages as are wanted, and leaves the kind of search to the service', async () => {
  await search();
  expect(asked()).toEqual({ knowledgeBaseId: 'KB1', retrievalQuery: { text: 'Why?' }, retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 5 } } });
});

test('asks for more passages where a model reranks them, and gives those that it puts first', async () => {
  await search({ search: 'HYBRID', candidates: 30, rerank: { modelArn: 'arn:rerank' } }, { filter: { field: 'a', is: 'equals', value: 1 } });
  expect(asked().retrievalConfiguration).toEqual({
    vectorSearchConfiguration: {
      numberOfResults: 30,
      overrideSearchType: 'HYBRID',
      filter: { equals: { key: 'a', value: 1 } },
      rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { modelConfiguration: { modelArn: 'arn:rerank' }, numberOfRerankedResults: 5 } },
    },
  });
});

test('lets a model read a filter out of the question, but not whose documents they are', async () => {
  await search({
    implicitFilter: { modelArn: 'arn:model' },
    tenant: { field: 'owner', claim: 'tenant' },
    fields: [{ name: 'owner', type: 'string' }, { name: 'year', type: 'number', description: 'When it was written.' }, { name: 'tags', type: 'stringList' }],
  });
  expect(asked().retrievalConfiguration?.vectorSearchConfiguration?.implicitFilterConfiguration).toEqual({
    modelArn: 'arn:model',
    metadataAttributes: [{ key: 'year', type: 'NUMBER', description: 'When it was written.' }, { key: 'tags', type: 'STRING_LIST', description: 'tags' }],
  });
});

test.each<[KnowledgePolicy['rerank'], object]>([
  [undefined, { numberOfResults: 5, rerankingModelType: 'NONE' }],
  ['managed', { numberOfResults: 20, rerankingModelType: 'MANAGED' }],
  [{ modelArn: 'arn:rerank' }, {
    numberOfResults: 20,
    rerankingModelType: 'CUSTOM',
    rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { modelConfiguration: { modelArn: 'arn:rerank' }, numberOfRerankedResults: 5 } },
  }],
])('searches a managed base in its own way, reranked by %j', async (rerank, managedSearchConfiguration) => {
  await search({ kind: 'managed', rerank, candidates: 20 });
  expect(asked().retrievalConfiguration).toEqual({ managedSearchConfiguration });
});

test('says who asks, where sources have access control lists', async () => {
  await search({ kind: 'managed' }, { user: 'ada@example.com' });
  expect(asked()).toMatchObject({ userContext: { userId: 'ada@example.com' } });
});

test('reads passages, wherever their documents lie', async () => {
  bedrock.on(RetrieveCommand).resolves({
    retrievalResults: [
      {
        content: { type: 'TEXT', text: 'One.' },
        location: { type: 'S3', s3Location: { uri: 's3://docs/hr/leave%20days.pdf' } },
        score: 0.7,
        metadata: { 'x-amz-bedrock-kb-chunk-id': 'c1', 'x-amz-bedrock-kb-document-page-number': 3, 'x-amz-bedrock-kb-source-uri': 's3://other', 'year': 2024 },
      },
      { content: { text: 'Two.' }, location: { type: 'WEB', webLocation: { url: 'https://example.com/a%20b/?q=1' } }, score: 0.6, metadata: { title: 'Our page' } },
      { content: { row: [{ columnName: 'city', columnValue: 'Ulm' }, { columnName: 'people', columnValue: '130000' }] }, documentId: 'doc-1' },
      { content: { text: '  ' } },
    ] as KnowledgeBaseRetrievalResult[],
  });
  expect(await search()).toEqual([
    { id: 'c1', text: 'One.', score: 0.7, source: { uri: 's3://docs/hr/leave%20days.pdf', title: 'leave%20days.pdf', page: 3 }, metadata: { year: 2024 } },
    { id: expect.stringMatching(/^[\w-]{22}$/), text: 'Two.', score: 0.6, source: { uri: 'https://example.com/a%20b/?q=1', title: 'Our page' }, metadata: { title: 'Our page' } },
    { id: expect.any(String), text: 'city: Ulm\npeople: 130000', score: 0, source: { uri: 'doc-1', title: 'doc-1' }, metadata: {} },
  ]);
});

test.each([
  ['ThrottlingException', 'slow', 'throttled'],
  ['ServiceQuotaExceededException', 'quota', 'throttled'],
  ['DependencyFailedException', 'store', 'unavailable'],
  ['InternalServerException', 'oops', 'unavailable'],
  ['ValidationException', 'The Aurora DB instance is resuming after being auto-paused.', 'unavailable'],
  ['ValidationException', 'The filter is broken.', 'refused'],
])('tells %s: %s as %s', async (name, message, kind) => {
  bedrock.on(RetrieveCommand).rejects(Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } }));
  await expect(search()).rejects.toMatchObject({ name: 'PassagesFailure', kind });
});

test('a connection that breaks passes; what is forbidden does not', async () => {
  bedrock.on(RetrieveCommand).rejects(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
  await expect(search()).rejects.toMatchObject({ kind: 'unavailable' });
  bedrock.on(RetrieveCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } }));
  await expect(search()).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test.each<[Filter, object]>([
  [{ field: 'a', is: 'in', values: [1, 2] }, { in: { key: 'a', value: [1, 2] } }],
  [{ field: 'a', is: 'notIn', values: ['x'] }, { notIn: { key: 'a', value: ['x'] } }],
  [{ field: 'a', is: 'notEquals', value: 'x' }, { notEquals: { key: 'a', value: 'x' } }],
  [{ field: 'a', is: 'greaterThan', value: 1 }, { greaterThan: { key: 'a', value: 1 } }],
  [{ field: 'a', is: 'greaterThanOrEquals', value: 1 }, { greaterThanOrEquals: { key: 'a', value: 1 } }],
  [{ field: 'a', is: 'lessThan', value: 1 }, { lessThan: { key: 'a', value: 1 } }],
  [{ field: 'a', is: 'lessThanOrEquals', value: 1 }, { lessThanOrEquals: { key: 'a', value: 1 } }],
  [{ field: 'a', is: 'startsWith', value: 'x' }, { startsWith: { key: 'a', value: 'x' } }],
  [{ field: 'a', is: 'contains', value: 'x' }, { stringContains: { key: 'a', value: 'x' } }],
  [{ field: 'a', is: 'lists', value: 'x' }, { listContains: { key: 'a', value: 'x' } }],
  [{ all: [{ field: 'a', is: 'equals', value: true }] }, { equals: { key: 'a', value: true } }],
  [{ all: [{ field: 'a', is: 'equals', value: true }, { any: [{ field: 'b', is: 'equals', value: 1 }, { field: 'c', is: 'equals', value: 2 }] }] }, {
    andAll: [{ equals: { key: 'a', value: true } }, { orAll: [{ equals: { key: 'b', value: 1 } }, { equals: { key: 'c', value: 2 } }] }],
  }],
])('writes %j as knowledge bases take it', (filter, written) => {
  expect(retrievalFilter(filter)).toEqual(written);
});

test('links to an object work for as long as they should, whatever its name', async () => {
  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'y' } });
  const link = new URL(await s3Links(client).sign('s3://docs/hr/Urlaub & mehr#1.pdf', 300));
  expect(link.host).toBe('docs.s3.eu-central-1.amazonaws.com');
  expect(decodeURIComponent(link.pathname)).toBe('/hr/Urlaub & mehr#1.pdf');
  expect(link.searchParams.get('X-Amz-Expires')).toBe('300');
  await expect(s3Links(client).sign('s3://docs', 300)).rejects.toThrow();
});

function search(changes: Partial<KnowledgePolicy> = {}, more: Partial<Search> = {}) {
  return bedrockPassages(new BedrockAgentRuntimeClient({}), { ...policy, ...changes }).search({ question: 'Why?', most: 5, ...more }, new AbortController().signal);
}

function asked() {
  return bedrock.commandCalls(RetrieveCommand)[0].args[0].input;
}
