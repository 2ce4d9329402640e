import {
  RerankCommand, RetrieveAndGenerateCommand, type RetrieveAndGenerateCommandInput, RetrieveAndGenerateStreamCommand, RetrieveCommand, type RetrievalFilter,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type LocalKnowledge, MODEL, RERANKER, startKnowledge } from './local-knowledge';

let local: LocalKnowledge;
afterEach(() => local.stop());

const TEXTS: Readonly<Record<string, readonly [string, object]>> = {
  'leave.txt': ['Parental leave lasts twenty weeks. It is paid in full.', { team: 'hr', year: 2025, open: true, tags: ['leave', 'family'] }],
  'travel.txt': ['Travel is booked by the office. Flights in economy class are paid in full.', { team: 'office', year: 2024, open: true, tags: ['travel'] }],
  'secret.txt': ['Salaries are raised by three percent in March.', { team: 'hr', year: 2026, open: false, tags: [] }],
  'plain.txt': ['The canteen serves soup on Mondays.', {}],
};
const uri = (key: string) => `s3://docs/${key}`;

async function start(options: Parameters<typeof startKnowledge>[0] = {}) {
  local = await startKnowledge(options);
  for (const [key, [text, attributes]] of Object.entries(TEXTS)) local.put(key, text, attributes);
  const job = await local.sync();
  expect([job.status, job.failureReasons]).toEqual(['COMPLETE', undefined]);
}
const OPEN_SEARCH = {
  type: 'OPENSEARCH_SERVERLESS',
  opensearchServerlessConfiguration: { collectionArn: 'arn:aws:aoss:us-east-1:123456789012:collection/abc', vectorIndexName: 'i', fieldMapping: { vectorField: 'v', textField: 't', metadataField: 'm' } },
};
const aoss = new PolicyStatement({ actions: ['aoss:APIAccessAll'], resources: ['arn:aws:aoss:us-east-1:123456789012:collection/abc'] });
const rerank = (modelArn = RERANKER) => ({ type: 'BEDROCK_RERANKING_MODEL' as const, bedrockRerankingConfiguration: { modelConfiguration: { modelArn }, numberOfRerankedResults: 1 } });

describe('Retrieve', () => {
  test('gives the passage that answers first, with where it comes from', async () => {
    await start();
    const { retrievalResults } = await local.runtime.send(new RetrieveCommand({ knowledgeBaseId: local.ids.knowledgeBaseId, retrievalQuery: { text: 'How long is parental leave?' } }));
    const [first, second] = retrievalResults!;
    expect(first).toEqual({
      content: { type: 'TEXT', text: TEXTS['leave.txt'][0] },
      location: { type: 'S3', s3Location: { uri: uri('leave.txt') } },
      score: expect.any(Number),
      metadata: {
        ...TEXTS['leave.txt'][1],
        'x-amz-bedrock-kb-source-uri': uri('leave.txt'),
        'x-amz-bedrock-kb-chunk-id': expect.stringMatching(/^[0-9a-f]{32}$/),
        'x-amz-bedrock-kb-data-source-id': local.ids.dataSourceId,
      },
    });
    expect(first.score).toBeGreaterThan(0.4);
    expect(second.score).toBeLessThan(0.2);
  });

  test.each<[string, RetrievalFilter, string[]]>([
    ['an attribute that is', { equals: { key: 'team', value: 'hr' } }, ['leave.txt', 'secret.txt']],
    ['one that is not, or missing', { notEquals: { key: 'team', value: 'hr' } }, ['plain.txt', 'travel.txt']],
    ['a number above', { greaterThan: { key: 'year', value: 2024 } }, ['leave.txt', 'secret.txt']],
    ['a number up to', { lessThanOrEquals: { key: 'year', value: 2025 } }, ['leave.txt', 'travel.txt']],
    ['one of a list', { in: { key: 'team', value: ['office', 'x'] } }, ['travel.txt']],
    ['none of a list', { notIn: { key: 'team', value: ['office', 'hr'] } }, ['plain.txt']],
    ['a list that has it', { listContains: { key: 'tags', value: 'family' } }, ['leave.txt']],
    ['a yes', { equals: { key: 'open', value: true } }, ['leave.txt', 'travel.txt']],
    ['both', { andAll: [{ equals: { key: 'team', value: 'hr' } }, { equals: { key: 'open', value: false } }] }, ['secret.txt']],
    ['either', { orAll: [{ equals: { key: 'team', value: 'office' } }, { andAll: [{ equals: { key: 'team', value: 'hr' } }, { equals: { key: 'year', value: 2026 } }] }] }, ['secret.txt', 'travel.txt']],
    ['a name of every object', { equals: { key: 'constructor', value: 'x' } }, []],
    ['where it comes from', { equals: { key: 'x-amz-bedrock-kb-source-uri', value: uri('plain.txt') } }, ['plain.txt']],
  ])('filters by %s', async (_, filter, expected) => {
    await start();
    const found = await local.find('leave and travel', { vectorSearchConfiguration: { filter } });
    expect(found.sort()).toEqual(expected.map(uri));
  });

  test.each<[string, object, string]>([
    ['a search that the store cannot do', { overrideSearchType: 'HYBRID' }, 'HYBRID SearchType is not supported'],
    ['a filter that the store does not know', { filter: { startsWith: { key: 'team', value: 'h' } } }, "'startsWith' is not supported by the vector store S3_VECTORS"],
    ['a group of one', { filter: { andAll: [{ equals: { key: 'a', value: 'b' } }] } }, "'andAll' must have at least 2 filters, got 1"],
    ['a key that is not filterable', { filter: { equals: { key: 'AMAZON_BEDROCK_TEXT', value: 'b' } } }, 'is non-filterable'],
    ['a word where a number must be', { filter: { greaterThan: { key: 'year', value: '2024' } } }, "'greaterThan' of 'year' must have a number"],
    ['too many results', { numberOfResults: 101 }, "'numberOfResults' must be a whole number from 1 to 100, got 101"],
  ])('refuses %s', async (_, vectorSearchConfiguration, message) => {
    await start();
    await expect(local.find('x', { vectorSearchConfiguration })).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
  });

  test('searches by words too where the store can, and knows its filters', async () => {
    await start({ storage: OPEN_SEARCH, role: [aoss] });
    const hybrid = await local.find('percent', { vectorSearchConfiguration: { overrideSearchType: 'HYBRID', filter: { startsWith: { key: 'team', value: 'h' } } } });
    expect(hybrid).toEqual([uri('secret.txt'), uri('leave.txt')]);
    expect(await local.find('x', { vectorSearchConfiguration: { filter: { stringContains: { key: 'tags', value: 'rave' } } } })).toEqual([uri('travel.txt')]);
  });

  test('reranks in the name of the role of the knowledge base', async () => {
    await start();
    const configuration = { vectorSearchConfiguration: { numberOfResults: 4, rerankingConfiguration: rerank() } };
    await expect(local.find('class of flights', configuration)).rejects.toThrow('is not authorized to perform: bedrock:Rerank');
    await local.stop();
    await start({ role: [new PolicyStatement({ actions: ['bedrock:Rerank'], resources: ['*'] }), new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [RERANKER] })] });
    expect(await local.find('class of flights', configuration)).toEqual([uri('travel.txt')]);
  });

  test('makes a filter of what the question names', async () => {
    const model = new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [MODEL] });
    await start({ role: [model] });
    const implicitFilterConfiguration = { modelArn: MODEL, metadataAttributes: [{ key: 'team', type: 'STRING' as const, description: 'The team' }, { key: 'year', type: 'NUMBER' as const, description: 'The year' }] };
    expect(await local.find('What did HR say in 2026?', { vectorSearchConfiguration: { implicitFilterConfiguration } })).toEqual([uri('secret.txt')]);
    expect(await local.find('What did they say?', { vectorSearchConfiguration: { implicitFilterConfiguration } })).toHaveLength(4);
  });

  test('gives nothing for a question that a guardrail blocks', async () => {
    await start();
    const ask = (text: string) => local.runtime.send(new RetrieveCommand({
      knowledgeBaseId: local.ids.knowledgeBaseId, retrievalQuery: { text }, guardrailConfiguration: { guardrailId: 'rail', guardrailVersion: '1' },
    }));
    expect(await ask('tulip leave')).toMatchObject({ retrievalResults: [], guardrailAction: 'INTERVENED' });
    expect(await ask('leave')).toMatchObject({ retrievalResults: { length: 4 }, guardrailAction: 'NONE' });
  });

  test('asks a managed knowledge base by its own settings, without a role for models', async () => {
    await start({
      knowledgeBase: { type: 'MANAGED', managedKnowledgeBaseConfiguration: { embeddingModelType: 'MANAGED' } },
      source: {
        type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR',
        managedKnowledgeBaseConnectorConfiguration: {
          connectorParameters: { type: 'S3', version: '1', connectionConfiguration: { bucketName: 'docs', bucketOwnerAccountId: '123456789012' }, filterConfiguration: { inclusionPrefixes: ['leave', 'travel'] } },
        },
      },
    });
    expect(await local.find('economy class', { managedSearchConfiguration: { numberOfResults: 1, rerankingModelType: 'MANAGED' } })).toEqual([uri('travel.txt')]);
    expect(await local.find('leave', { managedSearchConfiguration: { filter: { equals: { key: 'team', value: 'hr' } }, rerankingModelType: 'NONE' } })).toEqual([uri('leave.txt')]);
    await expect(local.find('leave', { vectorSearchConfiguration: {} })).rejects.toThrow('takes managedSearchConfiguration');
  });

  test('shows what has access control lists to those whom they let, and to nobody who is not named', async () => {
    local = await startKnowledge({
      knowledgeBase: { type: 'MANAGED', managedKnowledgeBaseConfiguration: { embeddingModelType: 'MANAGED' } },
      source: {
        type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR',
        managedKnowledgeBaseConnectorConfiguration: {
          connectorParameters: { type: 'S3', version: '1', aclEnabled: true, connectionConfiguration: { bucketName: 'docs', bucketOwnerAccountId: '123456789012' } },
        },
      },
    });
    const allow = (Name: string) => ({ Name, Type: 'USER', Access: 'ALLOW' });
    const put = (key: string, AccessControlList: object[]) => {
      local.put(key, 'Salaries are raised.');
      local.buckets.put('docs', `${key}.metadata.json`, Buffer.from(JSON.stringify({ metadataAttributes: {}, AccessControlList })), {});
    };
    put('ada.txt', [allow('ada@example.com')]);
    put('both.txt', [allow('ada@example.com'), allow('bob@example.com'), { Name: 'ada@example.com', Type: 'USER', Access: 'DENY' }]);
    local.put('nobody.txt', 'Salaries are raised.', {});
    expect(await local.sync()).toMatchObject({ statistics: { numberOfNewDocumentsIndexed: 2, numberOfDocumentsFailed: 1 } });
    const find = async (userId?: string) => {
      const { retrievalResults = [] } = await local.runtime.send(new RetrieveCommand({
        knowledgeBaseId: local.ids.knowledgeBaseId, retrievalQuery: { text: 'salaries' }, ...(userId !== undefined && { userContext: { userId } }),
      }));
      return retrievalResults.map(({ location }) => location?.s3Location?.uri);
    };
    expect(await find('Ada@example.com')).toEqual([uri('ada.txt')]);
    expect(await find('bob@example.com')).toEqual([uri('both.txt')]);
    expect([await find(), await find('eve@example.com')]).toEqual([[], []]);
  });

  test('refuses what the role may not read, and what it does not know', async () => {
    await start();
    const ask = (more: object) => local.runtime.send(new RetrieveCommand({ knowledgeBaseId: local.ids.knowledgeBaseId, retrievalQuery: { text: 'x' }, ...more }));
    await expect(ask({ userContext: {} })).rejects.toThrow("'userContext' must have a userId");
    await expect(ask({ nextToken: 'x', retrievalQuery: { text: 'x', type: 'IMAGE' } })).rejects.toThrow('questions of text only');
    await expect(ask({ knowledgeBaseId: 'NOTHING123' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(ask({ retrievalQuery: { text: ' ' } })).rejects.toThrow("'retrievalQuery' must have a text");
    local.knowledge.faults.set({ kind: 'throttle', operation: 'Retrieve', times: 1 });
    await expect(ask({})).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});

describe('RetrieveAndGenerate', () => {
  const asks = (text: string, more: object = {}): RetrieveAndGenerateCommandInput => ({
    input: { text },
    retrieveAndGenerateConfiguration: { type: 'KNOWLEDGE_BASE', knowledgeBaseConfiguration: { knowledgeBaseId: local.ids.knowledgeBaseId, modelArn: MODEL, ...more } },
  });

  test('answers from what it finds, and says of each part where it comes from', async () => {
    await start();
    const answer = await local.runtime.send(new RetrieveAndGenerateCommand(asks('How many weeks does parental leave last?')));
    expect(answer).toMatchObject({ output: { text: 'Parental leave lasts twenty weeks.' }, guardrailAction: 'NONE' });
    expect(answer.citations).toEqual([{
      generatedResponsePart: { textResponsePart: { text: 'Parental leave lasts twenty weeks.', span: { start: 0, end: 33 } } },
      retrievedReferences: [expect.objectContaining({ location: { type: 'S3', s3Location: { uri: uri('leave.txt') } } })],
    }]);
    const { sessionId } = answer;
    expect((await local.runtime.send(new RetrieveAndGenerateCommand({ ...asks('And the canteen?'), sessionId }))).sessionId).toBe(sessionId);
    await expect(local.runtime.send(new RetrieveAndGenerateCommand({ ...asks('x'), sessionId: 'unknown' }))).rejects.toThrow('Session with Id unknown is not valid');
  });

  test('says that it cannot help where nothing is found, and that it does not know where nothing answers', async () => {
    await start();
    const none = { retrievalConfiguration: { vectorSearchConfiguration: { filter: { equals: { key: 'team', value: 'nobody' } } } } };
    const nothing = await local.runtime.send(new RetrieveAndGenerateCommand(asks('leave', none)));
    expect([nothing.output!.text, nothing.citations![0].retrievedReferences]).toEqual(['Sorry, I am unable to assist you with this request.', []]);
    const unknown = await local.runtime.send(new RetrieveAndGenerateCommand(asks('Zebras?')));
    expect([unknown.output!.text, unknown.citations![0].retrievedReferences]).toEqual([expect.stringMatching(/^I do not know/), []]);
  });

  test('takes a question apart where it is told to', async () => {
    await start();
    const decomposing = { orchestrationConfiguration: { queryTransformationConfiguration: { type: 'QUERY_DECOMPOSITION' } }, retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 1 } } };
    const { output, citations } = await local.runtime.send(new RetrieveAndGenerateCommand(asks('How long does parental leave last and what does the canteen serve?', decomposing)));
    expect(output!.text).toMatch(/twenty weeks.*soup|soup.*twenty weeks/);
    expect(citations!.map(({ retrievedReferences }) => retrievedReferences![0].location!.s3Location!.uri).sort()).toEqual([uri('leave.txt'), uri('plain.txt')]);
  });

  test('streams its text, its citations and what a guardrail did', async () => {
    await start();
    const read = async (text: string, more: object = {}) => {
      const { sessionId, stream } = await local.runtime.send(new RetrieveAndGenerateStreamCommand(asks(text, more)));
      const events = [];
      for await (const event of stream!) events.push(event);
      return { sessionId, events, text: events.map(({ output }) => output?.text ?? '').join('') };
    };
    const answer = await read('Is the leave paid in full?');
    expect(answer.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.text).toContain('It is paid in full.');
    expect(answer.events.filter(({ output }) => output).length).toBeGreaterThan(3);
    expect(answer.events.find(({ citation }) => citation)!.citation!.retrievedReferences![0].location!.s3Location!.uri).toBe(uri('leave.txt'));
    expect(answer.events.at(-1)!.guardrail!.action).toBe('NONE');
    const blocked = await read('tulip leave', { generationConfiguration: { guardrailConfiguration: { guardrailId: 'rail', guardrailVersion: '1' } } });
    expect([blocked.text, blocked.events.at(-1)!.guardrail!.action]).toEqual(['blocked question', 'INTERVENED']);
  });

  test('wants the caller to be let at the knowledge base, the model and the reranker', async () => {
    const allow = (action: string, resource: string) => ({ Effect: 'Allow', Action: action, Resource: resource });
    const statements = [allow('bedrock:*Ingestion*', '*'), allow('bedrock:RetrieveAndGenerate', '*'), allow('bedrock:Retrieve', '*'), allow('bedrock:InvokeModel', MODEL)];
    await start({ statements });
    await local.runtime.send(new RetrieveAndGenerateCommand(asks('leave')));
    const reranked = { retrievalConfiguration: { vectorSearchConfiguration: { rerankingConfiguration: rerank() } } };
    await expect(local.runtime.send(new RetrieveAndGenerateCommand(asks('leave', reranked)))).rejects.toThrow('not authorized to perform: bedrock:Rerank');
    await expect(local.runtime.send(new RetrieveAndGenerateCommand(asks('leave', { modelArn: RERANKER })))).rejects.toThrow('not authorized to perform: bedrock:InvokeModel');
  });
});

test('Rerank gives texts in the order in which they answer', async () => {
  await start();
  const source = (text: string) => ({ type: 'INLINE' as const, inlineDocumentSource: { type: 'TEXT' as const, textDocument: { text } } });
  const ask = (sources: ReturnType<typeof source>[]) => local.runtime.send(new RerankCommand({
    queries: [{ type: 'TEXT', textQuery: { text: 'What do cats drink?' } }],
    sources,
    rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { numberOfResults: 2, modelConfiguration: { modelArn: RERANKER } } },
  }));
  const { results } = await ask([source('Dogs eat bones.'), source('Cats sleep.'), source('Cats drink milk.')]);
  expect(results!.map(({ index }) => index)).toEqual([2, 1]);
  expect(results![0].relevanceScore).toBeGreaterThan(results![1].relevanceScore!);
  await expect(ask([])).rejects.toThrow("'sources' must have 1 to 1000 members, got 0");
});
