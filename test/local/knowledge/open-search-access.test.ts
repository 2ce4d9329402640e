import { type App, Stack } from 'aws-cdk-lib';
import * as aoss from 'aws-cdk-lib/aws-opensearchserverless';
import { readAssembly } from '../../../local/assembly/assembly';
import { Deployment } from '../../../local/assembly/deployment';
import { searchIndex } from '../../../local/knowledge/open-search-access';
import { synthesizeFixture } from '../fixture/stack';

const ROLE = 'arn:aws:iam::123456789012:role/Service';

/** The index as a knowledge base with this role would see it. */
function look({ permissions = ['aoss:DescribeIndex', 'aoss:ReadDocument'], typed = true, indexName = 'passages' } = {}) {
  const { directory, remove } = synthesizeFixture((app: App) => {
    const stack = new Stack(app, 'Stack');
    const collection = new aoss.CfnCollection(stack, 'Collection', { name: 'docs', type: 'VECTORSEARCH' });
    const properties = { v: { type: 'knn_vector', dimension: 256, method: { name: 'hnsw' } } };
    if (typed) new aoss.CfnIndex(stack, 'Index', { collectionEndpoint: collection.attrCollectionEndpoint, indexName: 'passages', mappings: { properties } });
    else new aoss.CfnCollectionIndex(stack, 'Index', { id: collection.attrId, indexName: 'passages', indexSchema: JSON.stringify({ mappings: { properties } }) });
    const rules = [{ ResourceType: 'index', Resource: ['index/docs/pass*'], Permission: permissions }];
    new aoss.CfnAccessPolicy(stack, 'Policy', { name: 'policy', type: 'data', policy: JSON.stringify([{ Rules: rules, Principal: [ROLE] }]) });
  });
  const deployment = new Deployment(readAssembly(directory));
  remove();
  const [collection] = deployment.resources('AWS::OpenSearchServerless::Collection');
  const configuration = { CollectionArn: deployment.attribute(collection, 'Arn'), VectorIndexName: indexName, FieldMapping: { VectorField: 'v' } };
  return (role: string) => searchIndex({ OpensearchServerlessConfiguration: configuration }, role, deployment)!;
}

test.each([true, false])('knows the dimension of an index, typed or not: %s', (typed) => expect(look({ typed })(ROLE).dimension).toBe(256));

test('lets a role do what a data access policy lets it, and nobody else anything', () => {
  const index = look();
  expect([index(ROLE).refusal('create'), index(ROLE).refusal('read')]).toEqual([undefined, undefined]);
  expect(index(ROLE).refusal('write')).toBe(`no data access policy lets ${ROLE} do aoss:WriteDocument on index/docs/passages`);
  expect(index('arn:aws:iam::123456789012:role/Other').refusal('read')).toContain('aoss:ReadDocument');
  expect(look({ permissions: ['aoss:*'] })(ROLE).refusal('write')).toBeUndefined();
});

test('refuses a knowledge base whose index nobody makes', () => {
  expect(() => look({ indexName: 'other' })(ROLE)).toThrow("the index 'other', which no resource makes in its collection");
});
