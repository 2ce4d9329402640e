import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { connector, letLogIn, requirePatterns, requireUrls } from './connector';
import { type DataSourceOptions, type GuardedSourceOptions } from './ingestion';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';
import { fail, requireInteger, requireLength } from '../internal/validation';

/** Which links a crawler follows. */
export enum WebScope {
  /** To pages of the same host, below the path where it began. */
  PATH = 'PATH',
  /** To pages of the same host. */
  HOST = 'HOST',
  /** To pages of the same domain and all under it. */
  SUBDOMAINS = 'SUBDOMAINS',
}

/** How a crawler logs in; for managed knowledge bases. */
export class WebLogin {
  /**
   * By a name and a password that the browser would ask for.
   *
   * @param credentials the secret with `userName`, `password` and `authentication`, which is `BASIC_AUTH`
   */
  public static basic(credentials: ISecret): WebLogin {
    return new WebLogin('BASIC_AUTH', credentials);
  }

  /**
   * By a form.
   *
   * @param credentials the secret with `userName`, `password`, `loginPageUrl`, the XPaths of the form's fields, and `authentication`, which is `FORM`
   */
  public static form(credentials: ISecret): WebLogin {
    return new WebLogin('FORM', credentials);
  }

  /**
   * By the form of an identity provider.
   *
   * @param credentials the secret as of `WebLogin.form`, with `SAML` as `authentication`
   */
  public static saml(credentials: ISecret): WebLogin {
    return new WebLogin('SAML', credentials);
  }

  /** What it logs in with. */
  public readonly credentials: ISecret;

  /** @internal */
  public readonly _type: string;

  private constructor(type: string, credentials: ISecret) {
    this._type = type;
    this.credentials = credentials;
  }
}

/** Options of `DataSource.web`. */
export interface WebSourceOptions extends DataSourceOptions {
  /**
   * Which links are followed.
   *
   * @default WebScope.PATH
   */
  readonly scope?: WebScope;

  /**
   * Regular expressions, one of which an address must match, at most 25.
   *
   * @default - all
   */
  readonly include?: string[];

  /**
   * Regular expressions, none of which an address may match, at most 25.
   *
   * @default - none
   */
  readonly exclude?: string[];

  /**
   * Most pages a minute and host, from 1 to 300.
   *
   * @default 300
   */
  readonly pagesPerMinute?: number;

  /**
   * Most pages, from 1 to 25000; if there are more, nothing is read. Not for managed knowledge bases, which take `depth`.
   *
   * @default 25000
   */
  readonly maxPages?: number;

  /**
   * What the crawler calls itself after `bedrockbot_<id>_`, 15 to 40 characters; not for managed knowledge bases.
   *
   * @default - nothing
   */
  readonly userAgent?: string;

  /**
   * How many links away from where it began a page may be, from 0 to 10; for managed knowledge bases.
   *
   * @default 2
   */
  readonly depth?: number;

  /**
   * Addresses of site maps to begin at too, at most 3; for managed knowledge bases.
   *
   * @default - none
   */
  readonly siteMaps?: string[];

  /**
   * How the crawler logs in; for managed knowledge bases.
   *
   * @default - it does not
   */
  readonly login?: WebLogin;
}

/** As the two kinds of crawler call them; what is left out is the path. */
const MANAGED_SCOPES: Readonly<Record<WebScope, string>> = { PATH: 'PATH_SPECIFIC', HOST: 'DOMAINS_ONLY', SUBDOMAINS: 'SUB_DOMAINS' };
const CRAWLER_SCOPES: Readonly<Record<WebScope, string | undefined>> = { PATH: undefined, HOST: 'HOST_ONLY', SUBDOMAINS: 'SUBDOMAINS' };

export function bindWeb(scope: IConstruct, build: SourceBuild, urls: string[], options: WebSourceOptions): SourceOfKind {
  if ((options as GuardedSourceOptions).accessControl) fail(scope, "'accessControl' must be left out for web pages, which say of nobody whether they may read them, got true");
  requirePatterns(scope, 'include', options.include);
  requirePatterns(scope, 'exclude', options.exclude);
  requireInteger(scope, 'pagesPerMinute', options.pagesPerMinute, 1, 300);
  return { configuration: isManaged(build) ? managed(scope, build, urls, options) : crawler(scope, urls, options), crawled: true };
}

function managed(scope: IConstruct, { role }: SourceBuild, seedUrls: string[], options: WebSourceOptions) {
  const { maxPages, userAgent, depth, siteMaps, login } = options;
  requireUrls(scope, 'urls', seedUrls, 10);
  requireUrls(scope, 'siteMaps', siteMaps, 3);
  requireInteger(scope, 'depth', depth, 0, 10);
  refuse(scope, { maxPages, userAgent }, 'KnowledgeStore.managed(), whose crawler has no such limit');
  if (login) letLogIn(scope, role, login.credentials);
  return connector('WEB', {
    connectionConfiguration: { seedUrls, siteMapUrls: siteMaps, authType: login?._type ?? 'NO_AUTH', secretArn: login?.credentials.secretArn },
    crawlConfiguration: { crawlDepth: depth, maxCrawledUrlsPerMinute: options.pagesPerMinute, syncScope: MANAGED_SCOPES[options.scope ?? WebScope.PATH] },
    filterConfiguration: { inclusionPatterns: options.include, exclusionPatterns: options.exclude },
  });
}

function crawler(scope: IConstruct, urls: string[], { maxPages, userAgent, depth, siteMaps, login, ...options }: WebSourceOptions) {
  requireUrls(scope, 'urls', urls, 100);
  requireInteger(scope, 'maxPages', maxPages, 1, 25_000);
  requireLength(scope, 'userAgent', userAgent, 15, 40);
  refuse(scope, { depth, siteMaps, login }, 'a store: only KnowledgeStore.managed() has a crawler that knows it');
  return {
    type: 'WEB',
    webConfiguration: {
      sourceConfiguration: { urlConfiguration: { seedUrls: urls.map((url) => ({ url })) } },
      crawlerConfiguration: {
        scope: CRAWLER_SCOPES[options.scope ?? WebScope.PATH],
        inclusionFilters: options.include,
        exclusionFilters: options.exclude,
        crawlerLimits: { maxPages, rateLimit: options.pagesPerMinute },
        userAgent,
      },
    },
  };
}

function refuse(scope: IConstruct, options: Readonly<Record<string, unknown>>, why: string) {
  const given = Object.entries(options).find(([, value]) => value !== undefined);
  if (given) fail(scope, `'${given[0]}' must be left out with ${why}`);
}
