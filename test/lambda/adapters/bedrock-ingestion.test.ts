import type { BedrockAgentClient, IngestKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { bedrockIngestion } from '../../../lambda/adapters/bedrock-ingestion';

test('what describes a document is sent with whose bucket it lies in, where that is another account\'s', async () => {
  const sent: IngestKnowledgeBaseDocumentsCommand['input'][] = [];
  const client = { send: async ({ input }: IngestKnowledgeBaseDocumentsCommand) => void sent.push(input) } as unknown as BedrockAgentClient;
  await bedrockIngestion(client, 'BASE').ingest('SOURCE', [
    { uri: 's3://papers/a.txt', metadataUri: 's3://papers/a.txt.metadata.json', bucketOwner: '444455556666' },
    { uri: 's3://papers/b.txt', metadataUri: 's3://papers/b.txt.metadata.json' },
    { uri: 's3://papers/c.txt', bucketOwner: '444455556666' },
  ], 'token');
  expect(sent[0].documents?.map(({ metadata }) => metadata?.s3Location)).toEqual([
    { uri: 's3://papers/a.txt.metadata.json', bucketOwnerAccountId: '444455556666' }, { uri: 's3://papers/b.txt.metadata.json' }, undefined,
  ]);
  expect(sent[0].documents?.map(({ content }) => content?.s3?.s3Location?.uri)).toEqual(['s3://papers/a.txt', 's3://papers/b.txt', 's3://papers/c.txt']);
});
