import { App, type CfnResource, RemovalPolicy, RemovalPolicies, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DiyRag, type DiyRagProps, VectorStore } from '../../lib';

const EMPTIED = 'Custom::EmptiedVectorBucket';

function templateOf(propsOf: (stack: Stack) => DiyRagProps = () => ({}), then: (stack: Stack, rag: DiyRag) => void = () => undefined) {
  const stack = new Stack(new App(), 'Stack');
  then(stack, new DiyRag(stack, 'Rag', propsOf(stack)));
  const template = Template.fromStack(stack);
  const only = (type: string): [string, any] => {
    const found = Object.entries(template.findResources(type));
    expect(found).toHaveLength(1);
    return found[0];
  };
  return { template, only };
}

test('a vector bucket goes after what empties it, which goes after all that writes into it', () => {
  const { template, only } = templateOf();
  const [bucket] = only('AWS::S3Vectors::VectorBucket');
  const [emptied, { Properties }] = only(EMPTIED);
  expect(Properties).toMatchObject({ VectorBucketArn: { 'Fn::GetAtt': [bucket, 'VectorBucketArn'] }, Emptied: 'true' });
  const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
  // Those of jobs and of changes.
  expect(mappings.map(({ DependsOn }) => (DependsOn as string[]).includes(emptied)).filter(Boolean)).toHaveLength(2);
});

test('what empties it may list and drop its indexes, until the bucket is deleted for one that is encrypted otherwise', () => {
  const policies = (propsOf?: (stack: Stack) => DiyRagProps) => {
    const { template } = templateOf(propsOf);
    return Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => id.includes('EmptyingHandlerRoleEmptying'));
  };
  const [[plain, { Properties }], ...others] = policies();
  expect([others, Properties.PolicyDocument.Statement.map(({ Action }: { Action: string }) => Action)]).toEqual([[], ['s3vectors:ListIndexes', 's3vectors:DeleteIndex']]);
  const [[encrypted]] = policies((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
  expect(encrypted).not.toBe(plain);
});

test('a bucket that is retained is not emptied', () => {
  const emptied = (then: (stack: Stack, rag: DiyRag) => void) => templateOf(undefined, then).only(EMPTIED)[1].Properties.Emptied;
  const bucketOf = (rag: DiyRag) => rag.node.findAll().find((one) => (one as CfnResource).cfnResourceType === 'AWS::S3Vectors::VectorBucket') as CfnResource;
  expect(emptied((_, rag) => bucketOf(rag).applyRemovalPolicy(RemovalPolicy.RETAIN))).toBe('false');
  expect(emptied((stack) => RemovalPolicies.of(stack).retain())).toBe('false');
  expect(emptied((_, rag) => bucketOf(rag).applyRemovalPolicy(RemovalPolicy.DESTROY))).toBe('true');
});

test('a store that is deleted with all it holds needs nothing that empties it', () => {
  templateOf(() => ({ store: VectorStore.openSearchServerless() })).template.resourceCountIs(EMPTIED, 0);
});
