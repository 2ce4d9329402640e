import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { EvaluationRuns, EvaluationSet, Posture, VectorStore } from '../../lib';
import { AnswerCache, BulkEmbedding, DiyRag, type DiyRagProps } from '../../lib/diy-rag';

/** What holds something that could be missed. */
const HOLDS = [
  'S3::Bucket', 'S3Vectors::VectorBucket', 'DynamoDB::GlobalTable', 'SQS::Queue', 'KMS::Key', 'Cognito::UserPool', 'RDS::DBCluster', 'MemoryDB::Cluster', 'OpenSearchServerless::Collection',
];

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly Properties?: Readonly<Record<string, unknown>>;
}

function define(posture: Posture, props: DiyRagProps = {}): Readonly<Record<string, Resource>> {
  const stack = new Stack(new App(), 'Stack');
  const rag = new DiyRag(stack, 'Rag', { posture, answering: { cache: AnswerCache.semantic() }, ...props });
  rag.addBulkLoad({ embedding: BulkEmbedding.batch() });
  rag.addEvaluation({ set: EvaluationSet.fromBucket(Bucket.fromBucketName(stack, 'Sets', 'sets'), 'set.jsonl'), runs: EvaluationRuns.gate() });
  return (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources;
}

/** Names of what holds something, without their hashes, by what becomes of it when the stack is deleted. */
function fates(resources: Readonly<Record<string, Resource>>) {
  const fate = (...policies: readonly (string | undefined)[]) => Object.entries(resources)
    .filter(([, { Type, DeletionPolicy }]) => HOLDS.includes(Type.replace('AWS::', '')) && policies.includes(DeletionPolicy))
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).sort();
  return { stays: fate('Retain', 'RetainExceptOnCreate'), snapshot: fate('Snapshot'), goes: fate('Delete', undefined) };
}

describe('when the stack is deleted', () => {
  const standard = define(Posture.standard());
  const regulated = define(Posture.regulated());

  test('what people put up, wrote or found out stays, and what is made of it anew goes', () => {
    expect(fates(standard)).toEqual({
      stays: ['AccessLogs90Bucket', 'RagBulkLoadFiles', 'RagDocuments', 'RagEvaluationResults', 'RagEvaluationTable', 'RagIndexSyncTexts', 'RagUsersPool'],
      snapshot: [],
      goes: [
        'RagAnswersTable', 'RagEvaluationQueuesLost', 'RagEvaluationQueuesQuestions', 'RagEvaluationQueuesRuns', 'RagHandlerDeadLetters', 'RagIndexStoreBucket',
        'RagIndexStoreEmptyingHandlerDeadLetters', 'RagIndexStoreWords', 'RagIndexSyncDocuments', 'RagIndexSyncQueuesChanges', 'RagIndexSyncQueuesJobs', 'RagIndexSyncQueuesLost', 'RagIndexSyncQueuesLostChanges', 'RagIndexSyncVectors',
      ],
    });
  });

  test('where the posture is regulated states, words, copies and the key stay too', () => {
    const { stays } = fates(regulated);
    expect(stays).toEqual(expect.arrayContaining([...fates(standard).stays.filter((id) => !id.startsWith('AccessLogs')), 'RagIndexStoreWords', 'RagIndexSyncDocuments', 'PostureKey', 'RagDocumentsReplicaBucket']));
    // What is remembered for a while, and may be forgotten: in no backup, and in no stack that is gone.
    expect(fates(regulated).goes).toEqual(expect.arrayContaining(['RagAnswersTable', 'RagIndexSyncVectors']));
  });

  test('what another takes the place of has the same end', () => {
    for (const resources of [standard, regulated]) {
      for (const [id, { Type, DeletionPolicy, UpdateReplacePolicy }] of Object.entries(resources)) {
        if (HOLDS.includes(Type.replace('AWS::', ''))) expect([id, UpdateReplacePolicy]).toEqual([id, DeletionPolicy]);
      }
    }
  });

  test('files of a bulk load have an end of their own, though their bucket stays', () => {
    const [{ Properties }] = Object.entries(standard).flatMap(([id, each]) => (/^RagBulkLoadFiles[0-9A-F]{8}$/.test(id) ? [each] : []));
    expect(JSON.stringify(Properties?.LifecycleConfiguration)).toContain('"ExpirationInDays"');
  });

  test.each([['standard', standard], ['regulated', regulated]])('the gate of an evaluation goes while its function may still answer for it, where the posture is %s', (_, resources) => {
    const [gate] = Object.entries(resources).find(([, { Type }]) => Type === 'Custom::EvaluationGate')!;
    const behind = needed(resources, gate);
    const own = Object.keys(resources).filter((id) => /^RagEvaluation(Handler(Function|RolePermissions)|Table|Queues(Lost|Runs|Questions))[0-9A-F]{8}$/.test(id));
    expect(own.length).toBeGreaterThanOrEqual(6);
    expect(own.filter((id) => !behind.has(id))).toEqual([]);
    // What leads to the address that CloudFormation waits at, and to all else.
    const ways = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::EC2::VPCEndpoint').map(([id]) => id).filter((id) => /s3[0-9A-F]{8}$/i.test(id));
    expect([ways.length > 0, ways.filter((id) => !behind.has(id))]).toEqual([resources === regulated, []]);
  });

  test.each([
    ['Aurora', VectorStore.auroraPgvector(), 'RagIndexStoreCluster', 'snapshot', 'stays'],
    ['MemoryDB', VectorStore.memoryDb(), 'RagIndexStoreCluster', 'goes', 'goes'],
    ['a collection', VectorStore.openSearchServerless(), 'RagIndexStoreCollection', 'goes', 'goes'],
  ] as const)('an index in %s, which can be made again of documents that stay', (_, store, id, usually, whereRegulated) => {
    expect(fates(define(Posture.standard(), { store }))[usually]).toContain(id);
    expect(fates(define(Posture.regulated(), { store }))[whereRegulated]).toContain(id);
  });
});

/** What a resource goes before: all that it refers to or depends on, and what that does. */
function needed(resources: Readonly<Record<string, Resource>>, of: string, seen = new Set<string>()): ReadonlySet<string> {
  const { Properties = {}, DependsOn = [] } = resources[of];
  const named = [...JSON.stringify(Properties).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, id]) => id);
  for (const id of [...named, ...DependsOn].filter((each) => each in resources && !seen.has(each))) {
    seen.add(id);
    needed(resources, id, seen);
  }
  return seen;
}
