import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type LocalKnowledge, startKnowledge } from './local-knowledge';
import type { FunctionPool } from '../../../local/lambda/pool';

const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function:chunker';

interface Event {
  readonly bucketName: string;
  readonly inputFiles: readonly [{
    readonly contentBatches: readonly [{ readonly key: string }];
    readonly originalFileLocation: object;
    readonly fileMetadata: object;
  }];
}

const events: Event[] = [];
let local: LocalKnowledge;
let answer: (event: Event) => unknown;

beforeEach(async () => {
  events.length = 0;
  const chunker = {
    call(event: Event) {
      events.push(event);
      return Promise.resolve().then(() => Buffer.from(JSON.stringify(answer(event) ?? null)));
    },
  } as unknown as FunctionPool;
  local = await startKnowledge({
    functionOf: (arn) => (arn === LAMBDA ? chunker : undefined),
    role: [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [LAMBDA] }),
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: ['arn:aws:s3:::between/work/*'] }),
    ],
    ingestion: {
      chunkingConfiguration: { chunkingStrategy: 'NONE' },
      customTransformationConfiguration: {
        intermediateStorage: { s3Location: { uri: 's3://between/work/' } },
        transformations: [{ stepToApply: 'POST_CHUNKING', transformationFunction: { transformationLambdaConfiguration: { lambdaArn: LAMBDA } } }],
      },
    },
  });
  local.buckets.create('between');
  local.put('a.txt', 'First. Second.', { kind: 'file', part: 'none' });
});
afterEach(() => local.stop());

const write = (key: string, content: object) => local.buckets.put('between', key, Buffer.from(JSON.stringify(content)), {});

test('a function of a data source makes the chunks, through files in the bucket between them', async () => {
  answer = ({ inputFiles: [{ contentBatches: [{ key }], originalFileLocation, fileMetadata }] }) => {
    const { fileContents: [{ contentBody }] } = JSON.parse(local.buckets.find('between', key)!.content.toString()) as { fileContents: [{ contentBody: string }] };
    write('work/out.json', { fileContents: contentBody.split(' ').map((text, part) => ({ contentBody: text, contentType: 'text/plain', contentMetadata: { part } })) });
    return { outputFiles: [{ originalFileLocation, fileMetadata, contentBatches: [{ key: 'work/out.json' }] }] };
  };
  await local.sync();
  expect(events).toEqual([expect.objectContaining({
    version: '1.0',
    bucketName: 'between',
    ...local.ids,
    ingestionJobId: expect.any(String),
    inputFiles: [expect.objectContaining({ fileMetadata: { kind: 'file', part: 'none' }, originalFileLocation: { type: 'S3', s3_location: { uri: 's3://docs/a.txt' } } })],
  })]);
  const second = { vectorSearchConfiguration: { filter: { andAll: [{ equals: { key: 'part', value: 1 } }, { equals: { key: 'kind', value: 'file' } }] } } };
  expect(await local.find('second', second)).toEqual(['s3://docs/a.txt']);
});

test.each<[string, () => unknown, string]>([
  ['fails', () => { throw new TypeError('broken'); }, 'The transformation function failed: TypeError: broken'],
  ['answers nothing', () => undefined, 'must answer with outputFiles'],
  ['names a file that is not there', () => ({ outputFiles: [{ contentBatches: [{ key: 'work/none.json' }] }] }), 'names work/none.json, which is not in the bucket between'],
  ['names a file that the role may not read', () => ({ outputFiles: [{ contentBatches: [{ key: 'else.json' }] }] }), 'not authorized to perform: s3:GetObject'],
])('a document fails whose function %s', async (_, does, reason) => {
  answer = does;
  expect((await local.sync()).failureReasons!.join()).toContain(reason);
  expect(await local.find('first')).toEqual([]);
});
