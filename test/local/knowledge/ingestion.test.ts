import {
  CreateDataSourceCommand, DeleteKnowledgeBaseDocumentsCommand, GetDataSourceCommand, GetKnowledgeBaseCommand, GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
  ListDataSourcesCommand, ListIngestionJobsCommand, ListKnowledgeBaseDocumentsCommand, StartIngestionJobCommand, StopIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { type LocalKnowledge, startKnowledge } from './local-knowledge';

let local: LocalKnowledge;
afterEach(() => local.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const uri = (key: string) => `s3://docs/${key}`;
const s3Document = (key: string) => ({ content: { dataSourceType: 'S3' as const, s3: { s3Location: { uri: uri(key) } } } });
const s3Identifier = (key: string) => ({ dataSourceType: 'S3' as const, s3: { uri: uri(key) } });
const statusOf = async (key: string) => {
  const { documentDetails } = await local.agent.send(new GetKnowledgeBaseDocumentsCommand({ ...local.ids, documentIdentifiers: [s3Identifier(key)] }));
  return [documentDetails![0].status, documentDetails![0].statusReason];
};
const settled = async (key: string) => {
  for (;;) {
    const [status, reason] = await statusOf(key);
    if (!['STARTING', 'IN_PROGRESS', 'DELETING'].includes(String(status))) return [status, reason];
  }
};

describe('an ingestion job', () => {
  test('makes the index what the bucket is: new, changed and deleted documents, and those whose sidecar changed', async () => {
    local = await startKnowledge({ prefixes: ['in/'] });
    local.put('in/tea.txt', 'Green tea is brewed at seventy degrees.', { kind: 'drink' });
    local.put('in/coffee.md', '# Coffee\nEspresso is brewed under pressure.');
    local.put('in/page.html', '<html><head><style>p{}</style></head><p>Cocoa &amp; milk</p><script>x()</script></html>');
    local.put('out/wine.txt', 'Wine is not served.');
    expect(await local.sync()).toMatchObject({
      status: 'COMPLETE',
      statistics: { numberOfDocumentsScanned: 3, numberOfMetadataDocumentsScanned: 1, numberOfNewDocumentsIndexed: 3, numberOfDocumentsFailed: 0 },
    });
    expect(await local.find('How is green tea brewed?')).toEqual([uri('in/tea.txt'), uri('in/coffee.md'), uri('in/page.html')]);
    expect(await local.find('wine')).not.toContain(uri('out/wine.txt'));

    local.put('in/tea.txt', 'Black tea is brewed at ninety degrees.', { kind: 'drink' });
    local.put('in/coffee.md', '# Coffee\nEspresso is brewed under pressure.', { kind: 'drink' });
    local.remove('in/page.html');
    const { statistics } = await local.sync();
    expect(statistics).toMatchObject({
      numberOfModifiedDocumentsIndexed: 1, numberOfMetadataDocumentsModified: 1, numberOfDocumentsDeleted: 1, numberOfNewDocumentsIndexed: 0,
    });
    expect(local.knowledge.indexed()).toEqual({ [local.ids.knowledgeBaseId]: [uri('in/coffee.md'), uri('in/tea.txt')] });
    expect((await local.sync()).statistics).toMatchObject({ numberOfDocumentsScanned: 2, numberOfModifiedDocumentsIndexed: 0, numberOfDocumentsDeleted: 0 });
  });

  test('is complete although documents failed, and says which and why', async () => {
    local = await startKnowledge();
    local.put('scan.pdf', '%PDF-1.7');
    local.put('good.txt', 'words', { team: ['a', 'b'], level: 3, open: true });
    local.put('bad.txt', 'words', { team: { deep: true } });
    local.put('big.txt', 'words', { note: 'x'.repeat(1100) });
    local.put('empty.txt', '');
    const job = await local.sync();
    expect([job.status, job.statistics!.numberOfDocumentsFailed]).toEqual(['COMPLETE', 4]);
    expect(job.failureReasons!.join('\n')).toMatch(/File format was not supported: pdf .*\[Files: s3:\/\/docs\/scan\.pdf\]/);
    expect(await statusOf('big.txt')).toEqual(['FAILED', 'The metadata of the document has 1111 bytes; S3 Vectors takes 1024.']);
    expect(await statusOf('bad.txt')).toEqual(['FAILED', "The metadata attribute 'team' has no value of its type ."]);
    expect(await statusOf('good.txt')).toEqual(['INDEXED', undefined]);
    const { documentDetails } = await local.agent.send(new ListKnowledgeBaseDocumentsCommand({ ...local.ids, maxResults: 2 }));
    expect(documentDetails).toHaveLength(2);
  });

  test('fails the documents of an index that keeps their text among what it filters by', async () => {
    const chunkingConfiguration = { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens: 800, overlapPercentage: 10 } };
    local = await startKnowledge({ nonFilterableKeys: ['AMAZON_BEDROCK_METADATA'], ingestion: { chunkingConfiguration } });
    local.put('long.txt', 'A sentence of some words. '.repeat(100));
    local.put('short.txt', 'Short.');
    await local.sync();
    expect(await statusOf('long.txt')).toEqual(['FAILED', expect.stringContaining('make AMAZON_BEDROCK_TEXT and AMAZON_BEDROCK_METADATA non-filterable')]);
    expect(await statusOf('short.txt')).toEqual(['INDEXED', undefined]);
  });

  test('runs alone, can be stopped, and is the same for the same token', async () => {
    local = await startKnowledge();
    local.knowledge.settings.paceMs = 20;
    for (let at = 0; at < 20; at++) local.put(`${at}.txt`, `number ${at}`);
    const start = (clientToken?: string) => local.agent.send(new StartIngestionJobCommand({ ...local.ids, clientToken }));
    const first = await start('one'.padEnd(33, '-'));
    expect((await start('one'.padEnd(33, '-'))).ingestionJob!.ingestionJobId).toBe(first.ingestionJob!.ingestionJobId);
    await expect(start()).rejects.toMatchObject({ name: 'ConflictException', message: expect.stringContaining(first.ingestionJob!.ingestionJobId!) });
    await local.agent.send(new StopIngestionJobCommand({ ...local.ids, ingestionJobId: first.ingestionJob!.ingestionJobId! }));
    const list = async () => (await local.agent.send(new ListIngestionJobsCommand({ ...local.ids, filters: [{ attribute: 'STATUS', operator: 'EQ', values: ['STOPPED'] }] }))).ingestionJobSummaries!;
    while ((await list()).length === 0) await pause(5);
    expect(local.knowledge.indexed()[local.ids.knowledgeBaseId].length).toBeLessThan(20);
    local.knowledge.settings.paceMs = 0;
    await local.sync();
    const { ingestionJobSummaries } = await local.agent.send(new ListIngestionJobsCommand(local.ids));
    expect(ingestionJobSummaries!.map(({ status }) => status)).toEqual(['COMPLETE', 'STOPPED']);
  });

  test('is refused within ten seconds of another where the quota holds', async () => {
    local = await startKnowledge();
    local.knowledge.settings.startQuota = true;
    await local.sync();
    await expect(local.sync()).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('fails where the role of the knowledge base may not read the bucket', async () => {
    local = await startKnowledge({ grants: 'none' });
    local.put('a.txt', 'words');
    expect(await local.sync()).toMatchObject({ status: 'FAILED', failureReasons: [expect.stringContaining('not authorized to perform: s3:ListBucket')] });
    expect(local.notices.join('\n')).toContain('the service could not make the knowledge base base');
  });

  test('goes wrong as it is told to', async () => {
    local = await startKnowledge();
    local.put('a.txt', 'words');
    local.put('b.txt', 'words');
    const { faults } = local.knowledge;
    faults.set({ kind: 'throttle', operation: 'StartIngestionJob', times: 1 }, { kind: 'conflict', times: 1 }, { kind: 'fail-job', times: 1 }, { kind: 'fail-document', document: 'a.txt', times: 1 });
    await expect(local.sync()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(local.sync()).rejects.toMatchObject({ name: 'ConflictException' });
    expect((await local.sync()).status).toBe('FAILED');
    expect((await local.sync()).statistics).toMatchObject({ numberOfDocumentsFailed: 1, numberOfNewDocumentsIndexed: 1 });
    // What failed is tried again.
    expect((await local.sync()).statistics).toMatchObject({ numberOfDocumentsFailed: 0, numberOfModifiedDocumentsIndexed: 0 });
    expect(await statusOf('a.txt')).toEqual(['INDEXED', undefined]);
    faults.set({ kind: 'unavailable', share: 0.5 });
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => local.find('words').then(() => 'found', (error: Error) => error.name)));
    expect(new Set(outcomes)).toEqual(new Set(['found', 'InternalServerException']));
    expect(() => faults.set({ kind: 'nonsense' as never })).toThrow("'kind' must be one of throttle");
  });
});

describe('documents that are sent', () => {
  test('are indexed and deleted a moment later, each call in the place of what came before', async () => {
    local = await startKnowledge();
    local.put('a.txt', 'Bees make honey.', { kind: 'animal' });
    const ingest = (...keys: string[]) => local.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...local.ids, documents: keys.map(s3Document) }));
    const { documentDetails } = await ingest('a.txt', 'missing.txt');
    expect(documentDetails!.map(({ status }) => status)).toEqual(['STARTING', 'STARTING']);
    expect([await settled('a.txt'), await settled('missing.txt')]).toEqual([['INDEXED', undefined], ['FAILED', 'There is no object s3://docs/missing.txt.']]);
    expect(await local.find('honey', { vectorSearchConfiguration: { filter: { equals: { key: 'kind', value: 'animal' } } } })).toEqual([uri('a.txt')]);

    local.put('a.txt', 'Spiders make webs.');
    local.knowledge.settings.paceMs = 20;
    await ingest('a.txt');
    const deleted = await local.agent.send(new DeleteKnowledgeBaseDocumentsCommand({ ...local.ids, documentIdentifiers: [s3Identifier('a.txt'), s3Identifier('b.txt')] }));
    expect(deleted.documentDetails!.map(({ status }) => status)).toEqual(['DELETING', 'NOT_FOUND']);
    expect(await settled('a.txt')).toEqual(['NOT_FOUND', 'The document is not known.']);
    await pause(40);
    expect(await local.find('webs')).toEqual([]);
    // A job knows what was sent, and indexes it no second time.
    await ingest('a.txt');
    await settled('a.txt');
    expect((await local.sync()).statistics).toMatchObject({ numberOfNewDocumentsIndexed: 0, numberOfModifiedDocumentsIndexed: 0 });
  });

  test('of a custom source bring their text and attributes with them', async () => {
    local = await startKnowledge({ source: { type: 'CUSTOM' } });
    local.put('note.txt', 'Otters hold hands.');
    const custom = (id: string, more: object) => ({ dataSourceType: 'CUSTOM' as const, custom: { customDocumentIdentifier: { id }, ...more } }) as never;
    await local.agent.send(new IngestKnowledgeBaseDocumentsCommand({
      ...local.ids,
      documents: [
        {
          content: custom('t', { sourceType: 'IN_LINE', inlineContent: { type: 'TEXT', textContent: { data: 'Owls turn their heads.' } } }),
          metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes: [{ key: 'n', value: { type: 'NUMBER', numberValue: 7 } }, { key: 'l', value: { type: 'STRING_LIST', stringListValue: ['x'] } }] },
        },
        { content: custom('b', { sourceType: 'IN_LINE', inlineContent: { type: 'BYTE', byteContent: { mimeType: 'text/html', data: Buffer.from('<p>Foxes dig.</p>') } } }) },
        { content: custom('s', { sourceType: 'S3_LOCATION', s3Location: { uri: uri('note.txt') } }) },
      ],
    }));
    while (local.knowledge.indexed()[local.ids.knowledgeBaseId].length < 3) await pause(2);
    expect(await local.find('Which animals dig?')).toEqual(['b', expect.anything(), expect.anything()]);
    expect(await local.find('owl', { vectorSearchConfiguration: { filter: { greaterThan: { key: 'n', value: 6 } } } })).toEqual(['t']);
    expect(await local.find('hands', { vectorSearchConfiguration: { numberOfResults: 1 } })).toEqual(['s']);
  });

  test('are refused where there are too many, where one is named twice, and where it lies elsewhere', async () => {
    local = await startKnowledge();
    const ingest = (documents: object[]) => local.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...local.ids, documents: documents as never }));
    await expect(ingest(Array.from({ length: 11 }, (_, at) => s3Document(`${at}`)))).rejects.toThrow("'documents' must have 1 to 10 members, got 11");
    await expect(ingest([s3Document('a'), s3Document('a')])).rejects.toThrow('is named twice');
    await expect(ingest([{ content: { dataSourceType: 'S3', s3: { s3Location: { uri: 's3://other/a' } } } }])).rejects.toThrow('must lie in the bucket docs');
    await expect(ingest([{ content: { dataSourceType: 'CUSTOM', custom: { customDocumentIdentifier: { id: 'a' }, sourceType: 'IN_LINE' } } }])).rejects.toThrow("'dataSourceType' must be S3");
  });
});

describe('the control plane', () => {
  test('tells of what the template made, and makes nothing', async () => {
    local = await startKnowledge({ ingestion: { chunkingConfiguration: { chunkingStrategy: 'NONE' } } });
    expect(local.ids.knowledgeBaseId).toMatch(/^[0-9A-Z]{10}$/);
    expect(local.sourceRef).toBe(`${local.ids.knowledgeBaseId}|${local.ids.dataSourceId}`);
    const { knowledgeBase } = await local.agent.send(new GetKnowledgeBaseCommand(local.ids));
    expect(knowledgeBase).toMatchObject({
      status: 'ACTIVE', knowledgeBaseArn: local.arn, storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: 'arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors/index/passages' } },
    });
    const { dataSourceSummaries } = await local.agent.send(new ListDataSourcesCommand(local.ids));
    expect(dataSourceSummaries!.map(({ dataSourceId }) => dataSourceId)).toEqual([local.ids.dataSourceId]);
    const { dataSource } = await local.agent.send(new GetDataSourceCommand(local.ids));
    expect(dataSource!.vectorIngestionConfiguration!.chunkingConfiguration!.chunkingStrategy).toBe('NONE');
    await expect(local.agent.send(new CreateDataSourceCommand({ ...local.ids, name: 'x', dataSourceConfiguration: { type: 'CUSTOM' } }))).rejects.toThrow('makes no knowledge bases but those of templates');
    await expect(local.agent.send(new GetKnowledgeBaseCommand({ knowledgeBaseId: 'NOTHING' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('asks whether the caller may', async () => {
    local = await startKnowledge({ statements: [{ Effect: 'Allow', Action: ['bedrock:Retrieve'], Resource: 'arn:aws:bedrock:us-east-1:123456789012:knowledge-base/*' }] });
    await expect(local.sync()).rejects.toThrow(`not authorized to perform: bedrock:StartIngestionJob on resource: ${local.arn}`);
    expect(await local.find('anything')).toEqual([]);
  });
});
