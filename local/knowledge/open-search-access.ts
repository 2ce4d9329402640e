import { fields, type Fields } from './fields';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import { dataRefusal } from '../opensearch/data-access';

/** What the service does with a search index, and the permission of a data access policy that it needs for that. */
const PERMISSIONS = { create: 'aoss:DescribeIndex', write: 'aoss:WriteDocument', delete: 'aoss:WriteDocument', read: 'aoss:ReadDocument' } as const;

export interface SearchIndex {
  /** Dimension of the vectors, where the template says it. */
  readonly dimension?: number;
  /** Why a role may not do something with the index: no permission of IAM is enough for it. */
  refusal(on: keyof typeof PERMISSIONS): string | undefined;
}

/** The index of a collection that the template defines; undefined where it defines no such collection. */
export function searchIndex(storage: Fields, roleArn: string, deployment: Deployment): SearchIndex | undefined {
  const { CollectionArn, VectorIndexName, FieldMapping } = fields(storage.OpensearchServerlessConfiguration);
  const collection = deployment.resources('AWS::OpenSearchServerless::Collection').find((resource) => deployment.attribute(resource, 'Arn') === CollectionArn);
  if (!collection) return undefined;
  const mappings = mappingsOf(collection, String(VectorIndexName), deployment);
  if (!mappings) throw new Error(`the knowledge base names the index '${String(VectorIndexName)}', which no resource makes in its collection`);
  const vector = fields(mappings[String(fields(FieldMapping).VectorField)]);
  const path = `index/${String(deployment.property(collection, 'Name'))}/${String(VectorIndexName)}`;
  return {
    dimension: (vector.Dimension ?? vector.dimension) as number | undefined,
    refusal: (on) => dataRefusal(deployment, roleArn, path, PERMISSIONS[on]),
  };
}

/** The fields of an index, typed or as OpenSearch itself writes them. */
function mappingsOf(collection: Resource, name: string, deployment: Deployment): Fields | undefined {
  for (const index of deployment.resources('AWS::OpenSearchServerless::Index', 'AWS::OpenSearchServerless::CollectionIndex')) {
    const properties = deployment.properties(index);
    const there = [deployment.attribute(collection, 'CollectionEndpoint'), deployment.id(collection)].includes(String(properties.CollectionEndpoint ?? properties.Id));
    if (!there || properties.IndexName !== name) continue;
    if (properties.Mappings !== undefined) return fields(fields(properties.Mappings).Properties);
    const schema = typeof properties.IndexSchema === 'string' ? JSON.parse(properties.IndexSchema) as Fields : fields(properties.IndexSchema);
    return fields(fields(schema.mappings).properties);
  }
  return undefined;
}
