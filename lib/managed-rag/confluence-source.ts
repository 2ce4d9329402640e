import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { connector, letLogIn, requireUrl } from './connector';
import { type GuardedSourceOptions } from './ingestion';
import { crawlFilters, type ObjectFilter } from './object-filter';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';
import { fail, requireCount } from '../internal/validation';

/** How a connector logs in to Confluence. */
export enum ConfluenceLogin {
  /** By a user's name and an API token. */
  BASIC = 'BASIC',
  /** By OAuth 2.0. */
  OAUTH2 = 'OAUTH2',
}

/** Options of `DataSource.confluence`. */
export interface ConfluenceSourceOptions extends GuardedSourceOptions {
  /**
   * How the connector logs in.
   *
   * @default ConfluenceLogin.BASIC
   */
  readonly login?: ConfluenceLogin;

  /**
   * What is read, at most 25 filters; not for managed knowledge bases, which take `spaces`.
   *
   * @default - all
   */
  readonly filters?: ObjectFilter[];

  /**
   * Keys of the spaces that are read, such as `ENG`; for managed knowledge bases, others take `filters`.
   *
   * @default - all
   */
  readonly spaces?: string[];
}

const KINDS = ['Space', 'Page', 'Blog', 'Comment', 'Attachment'];

export function bindConfluence(scope: IConstruct, build: SourceBuild, url: string, credentials: ISecret, options: ConfluenceSourceOptions): SourceOfKind {
  requireUrl(scope, 'url', url);
  // OAuth's tokens are written back when they were renewed.
  letLogIn(scope, build.role, credentials, ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue']);
  return { configuration: isManaged(build) ? managed(scope, url, credentials, options) : crawler(scope, url, credentials, options), crawled: true };
}

function managed(scope: IConstruct, hostUrl: string, { secretArn }: ISecret, options: ConfluenceSourceOptions) {
  const { login = ConfluenceLogin.BASIC, filters, spaces, accessControl = false } = options;
  if (filters) fail(scope, "'filters' must be left out with KnowledgeStore.managed(), whose connector knows spaces alone, got some: take 'spaces'");
  requireCount(scope, 'spaces', spaces, 1, 100);
  return connector('CONFLUENCE', {
    // Said, because what it is otherwise depends on the way of logging in, and it can never be changed.
    aclEnabled: accessControl,
    connectionConfiguration: { secretArn, type: 'SAAS', authType: `${login}`, hostUrl },
    filterConfiguration: { inclusionSpaceKeys: spaces },
  });
}

function crawler(scope: IConstruct, hostUrl: string, { secretArn }: ISecret, { login = ConfluenceLogin.BASIC, filters, spaces }: ConfluenceSourceOptions) {
  if (spaces) fail(scope, "'spaces' must be left out with a store, where 'filters' say what is read, got some: take filters: [{ objectType: 'Space', include: ['ENG'] }]");
  return {
    type: 'CONFLUENCE',
    confluenceConfiguration: {
      sourceConfiguration: {
        hostUrl, hostType: 'SAAS', authType: login === ConfluenceLogin.BASIC ? 'BASIC' : 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: secretArn,
      },
      crawlerConfiguration: crawlFilters(scope, filters, KINDS),
    },
  };
}
