import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { type Construct } from 'constructs';
import { SEARCH_FIELDS, type SearchFields } from './open-search-index';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { requireMade, requirePattern } from '../internal/validation';

/** Options of `KnowledgeStore.openSearchDomain`. */
export interface OpenSearchDomainOptions {
  /** The index, made before, with a vector field of the embedding model's dimension. CloudFormation knows no indexes of domains. */
  readonly indexName: string;

  /**
   * What its fields are called.
   *
   * @default - `bedrock-knowledge-base-default-vector`, `AMAZON_BEDROCK_TEXT` and `AMAZON_BEDROCK_METADATA`
   */
  readonly fields?: SearchFields;
}

/** An index of a domain that is there, and the right of a knowledge base to it. */
export function bindOpenSearchDomain(scope: Construct, { role }: VectorStoreBuild, domain: IDomain, options: OpenSearchDomainOptions): StoreBinding {
  const { indexName, fields = SEARCH_FIELDS } = options;
  requireMade(scope, 'domain', domain, 'grantIndexRead', "a domain, such as Domain.fromDomainAttributes(this, 'Search', …)");
  requirePattern(scope, 'indexName', indexName, /^[a-z0-9][a-z0-9._-]{0,254}$/, 'a name of small letters, digits, ".", "_" and "-"');
  const documents = `${domain.domainArn}/${indexName}/*`;
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['es:DescribeDomain'], resources: [domain.domainArn] }));
  role.addToPrincipalPolicy(new PolicyStatement({
    actions: ['es:ESHttpDelete', 'es:ESHttpGet', 'es:ESHttpHead', 'es:ESHttpPost', 'es:ESHttpPut'],
    resources: [`${domain.domainArn}/${indexName}`, documents],
  }));
  acknowledgeWildcard(role, documents, 'Passages and searches of one index.');
  const { vectorField, textField, metadataField } = fields;
  return {
    storageConfiguration: {
      type: 'OPENSEARCH_MANAGED_CLUSTER',
      opensearchManagedClusterConfiguration: {
        domainArn: domain.domainArn, domainEndpoint: `https://${domain.domainEndpoint}`, vectorIndexName: indexName, fieldMapping: { vectorField, textField, metadataField },
      },
    },
    searches: ['HYBRID', 'SEMANTIC'],
    textFilters: true,
    dependencies: [],
  };
}
