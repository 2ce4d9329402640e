import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { letLogIn, requireUrl } from './connector';
import { type DataSourceOptions } from './ingestion';
import { crawlFilters, type ObjectFilter } from './object-filter';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';
import { fail } from '../internal/validation';

/** Options of `DataSource.salesforce`. */
export interface SalesforceSourceOptions extends DataSourceOptions {
  /**
   * Which records are read, at most 25 filters.
   *
   * @default - all
   */
  readonly filters?: ObjectFilter[];
}

export function bindSalesforce(scope: IConstruct, build: SourceBuild, url: string, credentials: ISecret, { filters }: SalesforceSourceOptions): SourceOfKind {
  requireUrl(scope, 'url', url);
  if (isManaged(build)) fail(scope, "'sources' must have no DataSource.salesforce() with KnowledgeStore.managed(), which has no connector for it: take KnowledgeStore.s3Vectors(), or bring its records into a bucket");
  letLogIn(scope, build.role, credentials);
  return {
    configuration: {
      type: 'SALESFORCE',
      salesforceConfiguration: {
        sourceConfiguration: { hostUrl: url, authType: 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: credentials.secretArn },
        crawlerConfiguration: crawlFilters(scope, filters),
      },
    },
    crawled: true,
  };
}
