import { GetDocumentAnalysisCommand, GetDocumentTextDetectionCommand, StartDocumentAnalysisCommand, StartDocumentTextDetectionCommand, TextractClient } from '@aws-sdk/client-textract';
import { textractScans } from '../../../lambda/adapters/textract';
import { fromTextract } from '../../../lambda/parse/textract';
import { PARSE_DEFAULTS } from '../../../lib/contract/parsing';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/aws/endpoint';
import { Principals } from '../../../local/iam/principals';
import { Buckets } from '../../../local/s3/store';
import { textract } from '../../../local/textract/service';

const buckets = new Buckets();
const service = textract(buckets);
let endpoint: AwsEndpoint;
let client: TextractClient;
let stranger: TextractClient;

beforeAll(async () => {
  buckets.create('docs');
  for (const key of ['scan.pdf', 'other.pdf']) buckets.put('docs', key, Buffer.from('%PDF-1.7'), {});
  buckets.put('docs', 'note.txt', Buffer.from('Hello'), {});
  const principals = new Principals();
  const role = (accessKeyId: string, Action: string[]) => principals.add({
    accessKeyId, arn: `arn:aws:iam::123456789012:role/${accessKeyId}`, policies: [{ name: 'p', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] } }],
  } as Parameters<Principals['add']>[0]);
  role('AKIAALL', ['textract:*', 's3:GetObject']);
  role('AKIANOREAD', ['textract:*']);
  endpoint = await startAwsEndpoint({ services: [service], principals, onNotice: () => undefined });
  const open = (accessKeyId: string) => new TextractClient({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey: 'x' }, maxAttempts: 1 });
  [client, stranger] = [open('AKIAALL'), open('AKIANOREAD')];
});
afterAll(() => {
  client.destroy();
  stranger.destroy();
  return endpoint.stop();
});
beforeEach(() => {
  service.settings.paceMs = 0;
  service.tell([{ document: 'scan', pages: ['# Fees\n\nShips pay\none dollar.\n\n| Ship | Fee |\n| --- | --- |\n| small | 4 |', 'On page two.'] }]);
});

let tokens = 0;
const start = (key = 'scan.pdf', more: object = {}) => new StartDocumentAnalysisCommand({
  DocumentLocation: { S3Object: { Bucket: 'docs', Name: key } }, FeatureTypes: ['TABLES', 'LAYOUT'], ClientRequestToken: `t${tokens++}`, ...more,
});

test('a scan says what was told of it, as the library reads it: titles, paragraphs, tables, pages', async () => {
  const scans = textractScans(client, 'layout');
  const job = await scans.begin({ bucket: 'docs', key: 'scan.pdf' }, 'once');
  const { document, pages } = await fromTextract((await scans.result(job, new AbortController().signal))!, PARSE_DEFAULTS);
  expect(document.text).toBe('# Fees\n\nShips pay one dollar.\n\n| Ship | Fee |\n| --- | --- |\n| small | 4 |\n\nOn page two.');
  expect([pages, document.pages?.map(({ page }) => page)]).toEqual([2, [1, 2]]);
});

test('text detection finds lines and words alone', async () => {
  const { JobId } = await client.send(new StartDocumentTextDetectionCommand({ DocumentLocation: { S3Object: { Bucket: 'docs', Name: 'scan.pdf' } } }));
  const { Blocks = [] } = await client.send(new GetDocumentTextDetectionCommand({ JobId }));
  expect([...new Set(Blocks.map(({ BlockType }) => BlockType))].sort()).toEqual(['LINE', 'PAGE', 'WORD']);
  await expect(client.send(new GetDocumentAnalysisCommand({ JobId }))).rejects.toMatchObject({ name: 'InvalidJobIdException' });
});

test('a job is under way for a while, its result comes in parts, and the same token is the same job', async () => {
  service.settings.paceMs = 100;
  const command = start();
  const [{ JobId }, again] = [await client.send(command), await client.send(command)];
  expect(again.JobId).toBe(JobId);
  expect((await client.send(new GetDocumentAnalysisCommand({ JobId }))).JobStatus).toBe('IN_PROGRESS');
  service.settings.paceMs = 0;
  const { Blocks = [], NextToken, DocumentMetadata } = await client.send(new GetDocumentAnalysisCommand({ JobId, MaxResults: 3 }));
  expect([Blocks.length, DocumentMetadata?.Pages]).toEqual([3, 2]);
  const rest = await client.send(new GetDocumentAnalysisCommand({ JobId, NextToken }));
  expect([rest.JobStatus, rest.NextToken, rest.Blocks!.at(-1)!.Page]).toEqual(['SUCCEEDED', undefined, 2]);
});

test('pages that cannot be read are warned of, and a job may come to nothing', async () => {
  service.tell([{ document: 'scan', pages: ['one', 'two'], failedPages: [2] }, { document: 'other', failure: 'INVALID_IMAGE_TYPE' }]);
  const partial = await client.send(new GetDocumentAnalysisCommand({ JobId: (await client.send(start())).JobId }));
  expect([partial.JobStatus, partial.Warnings]).toEqual(['PARTIAL_SUCCESS', [{ ErrorCode: 'INTERNAL_ERROR', Pages: [2] }]]);
  const failed = await client.send(new GetDocumentAnalysisCommand({ JobId: (await client.send(start('other.pdf'))).JobId }));
  expect(failed).toMatchObject({ JobStatus: 'FAILED', StatusMessage: 'INVALID_IMAGE_TYPE' });
});

test('a document of which nothing was told fails, and says how to tell it', async () => {
  const { StatusMessage } = await client.send(new GetDocumentAnalysisCommand({ JobId: (await client.send(start('other.pdf'))).JobId }));
  expect(StatusMessage).toContain('the local cloud reads no pictures: tell it what the pages say, by PUT /local/scans with [{"document": "other.pdf", "pages": ["…"]}]');
});

test.each<[string, string, () => StartDocumentAnalysisCommand]>([
  ['what is not there', 'InvalidS3ObjectException', () => start('missing.pdf')],
  ['what is no picture of pages', 'UnsupportedDocumentException', () => start('note.txt')],
  ['features of no kind', 'InvalidParameterException', () => start('scan.pdf', { FeatureTypes: [] })],
  ['a token that is none', 'InvalidParameterException', () => start('scan.pdf', { ClientRequestToken: 'a b' })],
  ['what it does not know', 'UnknownOperationException', () => start('scan.pdf', { KMSKeyId: 'key' })],
])('refuses %s', async (_, name, command) => {
  await expect(client.send(command())).rejects.toMatchObject({ name });
});

test('refuses another request under a token that was used', async () => {
  await client.send(start('scan.pdf', { ClientRequestToken: 'mine' }));
  await expect(client.send(start('other.pdf', { ClientRequestToken: 'mine' }))).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
});

test('is at its limits when it is told to be', async () => {
  service.strike({ kind: 'limit', times: 1 });
  await expect(client.send(start())).rejects.toMatchObject({ name: 'LimitExceededException' });
  const { JobId } = await client.send(start());
  service.strike({ kind: 'throttle', times: 1 });
  await expect(client.send(new GetDocumentAnalysisCommand({ JobId }))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
});

test('refuses whoever may not read the document', async () => {
  await expect(stranger.send(start())).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('s3:GetObject') });
});

test('refuses to be told what makes no sense', () => {
  expect(() => service.tell([{ document: '', pages: [] }])).toThrow("'document' must be a part of the document's key");
  expect(() => service.tell([{ document: 'a' }])).toThrow("'pages' must be a list of texts, one a page");
});
