import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { connector, letLogIn, requireUrls } from './connector';
import { type GuardedSourceOptions } from './ingestion';
import { crawlFilters, type ObjectFilter } from './object-filter';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';
import { fail, requirePattern } from '../internal/validation';

/** Where the certificate of an app of Microsoft Entra lies. */
export interface SharePointCertificate {
  /** The bucket. */
  readonly bucket: IBucket;

  /** The object's key, such as `certs/certificate.p12`. */
  readonly key: string;
}

/** Options of `DataSource.sharePoint`. */
export interface SharePointSourceOptions extends GuardedSourceOptions {
  /** Id of the Microsoft 365 tenant, such as `12345678-1234-1234-1234-123456789012`. */
  readonly tenantId: string;

  /**
   * The first part of the sites' host: `example` of `example.sharepoint.com`; not for managed knowledge bases, which do without.
   *
   * @default - taken from the first site
   */
  readonly domain?: string;

  /**
   * The certificate by which the app logs in, for managed knowledge bases.
   *
   * @default - it logs in by OAuth 2.0
   */
  readonly certificate?: SharePointCertificate;

  /**
   * What is read, at most 25 filters; not for managed knowledge bases, which take `paths`.
   *
   * @default - all
   */
  readonly filters?: ObjectFilter[];

  /**
   * Paths of the items that are read; for managed knowledge bases, others take `filters`.
   *
   * @default - all
   */
  readonly paths?: string[];
}

const KINDS = ['Page', 'Event', 'File'];

export function bindSharePoint(
  scope: IConstruct, build: SourceBuild, siteUrls: string[], credentials: ISecret, options: SharePointSourceOptions,
): SourceOfKind {
  requireUrls(scope, 'siteUrls', siteUrls, 100);
  requirePattern(scope, 'tenantId', options.tenantId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "a tenant's id, such as '12345678-1234-1234-1234-123456789012'");
  letLogIn(scope, build.role, credentials);
  const configuration = isManaged(build) ? managed(scope, build, siteUrls, credentials, options) : crawler(scope, siteUrls, credentials, options);
  return { configuration, crawled: true };
}

function managed(scope: IConstruct, { role }: SourceBuild, siteUrls: string[], { secretArn }: ISecret, options: SharePointSourceOptions) {
  const { tenantId, certificate, domain, filters, paths, accessControl = false } = options;
  if (filters) fail(scope, "'filters' must be left out with KnowledgeStore.managed(), whose connector knows paths alone, got some: take 'paths'");
  if (domain !== undefined) fail(scope, `'domain' must be left out with KnowledgeStore.managed(), which reads it from 'siteUrls', got '${domain}'`);
  if (certificate) {
    const { bucket, key } = certificate;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(key)] }));
    if (bucket.encryptionKey) role.allowEncryption(bucket.encryptionKey, 's3');
  }
  return connector('SHAREPOINT', {
    aclEnabled: accessControl,
    connectionConfiguration: {
      secretArn,
      tenantId,
      authType: certificate ? 'ENTRA_ID_APP_ONLY' : 'OAUTH2_APP',
      certificateS3Path: certificate && { s3BucketName: certificate.bucket.bucketName, s3KeyName: certificate.key },
    },
    dataEntityConfiguration: { siteUrls },
    filterConfiguration: { inclusionItemPaths: paths },
  });
}

function crawler(scope: IConstruct, siteUrls: string[], { secretArn }: ISecret, options: SharePointSourceOptions) {
  const { tenantId, certificate, domain, filters, paths } = options;
  if (certificate) fail(scope, "'certificate' must be left out with a store, whose crawler logs in by OAuth 2.0, got one: leave it out, or take KnowledgeStore.managed()");
  if (paths) fail(scope, "'paths' must be left out with a store, where 'filters' say what is read, got some: take filters: [{ objectType: 'File', include: ['.*'] }]");
  return {
    type: 'SHAREPOINT',
    sharePointConfiguration: {
      sourceConfiguration: {
        domain: domain ?? domainOf(scope, siteUrls), siteUrls, tenantId, hostType: 'ONLINE', authType: 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: secretArn,
      },
      crawlerConfiguration: crawlFilters(scope, filters, KINDS),
    },
  };
}

function domainOf(scope: IConstruct, [first]: string[]): string {
  const [, domain] = /^https:\/\/([^./]+)\.sharepoint\.com(\/|$)/i.exec(first) ?? [];
  return domain ?? fail(scope, `'domain' must be given where the sites have a name of their own, got '${first}': give the first part of their host at sharepoint.com`);
}
