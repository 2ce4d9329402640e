import { type Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { defineBase } from './define-base';
import { ConfluenceLogin, DataSource, KnowledgeStore, WebLogin, WebScope } from '../../lib';

const TENANT = '12345678-1234-1234-1234-123456789012';
const SITES = ['https://contoso.sharepoint.com/sites/engineering'];
const WIKI = 'https://example.atlassian.net';
const secret = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Login', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf');
const LOGIN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf';

const over = (store: KnowledgeStore) => (source: (stack: Stack) => DataSource) => {
  const { sources: [bound], granted } = defineBase({ store, sources: (stack) => [source(stack)] });
  return { configuration: JSON.parse(JSON.stringify(bound.configuration)), crawled: bound.crawled, granted: granted().filter((each) => /^(s3|secretsmanager|kms):/.test(each)) };
};
const stored = over(KnowledgeStore.s3Vectors());
const managed = over(KnowledgeStore.managed());
const parametersOf = ({ managedKnowledgeBaseConnectorConfiguration }: { managedKnowledgeBaseConnectorConfiguration: { connectorParameters: object } }) =>
  managedKnowledgeBaseConnectorConfiguration.connectorParameters;

describe('DataSource.s3', () => {
  test('reads a bucket of yours, below a prefix, and no other object', () => {
    const { configuration, granted, crawled } = stored((stack) => DataSource.s3(Bucket.fromBucketName(stack, 'Docs', 'docs'), { prefix: 'manuals/' }));
    expect(configuration).toEqual({ type: 'S3', s3Configuration: { bucketArn: 'arn:${AWS::Partition}:s3:::docs', inclusionPrefixes: ['manuals/'] } });
    expect(granted).toEqual(['s3:ListBucket on arn:${AWS::Partition}:s3:::docs', 's3:GetObject on arn:${AWS::Partition}:s3:::docs/manuals/*']);
    expect(crawled).toBe(false);
  });

  test('reads a bucket of another account', () => {
    const source = (stack: Stack) => DataSource.s3(Bucket.fromBucketName(stack, 'Docs', 'docs'), { bucketOwner: '444455556666' });
    expect(stored(source).configuration.s3Configuration.bucketOwnerAccountId).toBe('444455556666');
    expect(parametersOf(managed(source).configuration)).toEqual({ type: 'S3', version: '1', connectionConfiguration: { bucketName: 'docs', bucketOwnerAccountId: '444455556666' } });
  });

  test('decrypts with the bucket’s key', () => {
    const { granted } = stored((stack) => DataSource.s3(new Bucket(stack, 'Docs', { encryptionKey: new Key(stack, 'DocsKey') })));
    expect(granted.filter((each) => each.startsWith('kms:Decrypt on ${DocsKey'))).toHaveLength(1);
  });
});

describe('DataSource.web', () => {
  test('crawls what lies below an address', () => {
    const { configuration, crawled } = stored(() => DataSource.web(['https://docs.example.com/guide/']));
    expect(configuration).toEqual({
      type: 'WEB',
      webConfiguration: { sourceConfiguration: { urlConfiguration: { seedUrls: [{ url: 'https://docs.example.com/guide/' }] } }, crawlerConfiguration: { crawlerLimits: {} } },
    });
    expect(crawled).toBe(true);
  });

  test('goes as far as you say', () => {
    const { configuration } = stored(() => DataSource.web(['https://example.com'], {
      scope: WebScope.SUBDOMAINS, include: ['.*/docs/.*'], exclude: ['.*\\.zip'], maxPages: 500, pagesPerMinute: 60, userAgent: 'our-documentation-bot',
    }));
    expect(configuration.webConfiguration.crawlerConfiguration).toEqual({
      scope: 'SUBDOMAINS', inclusionFilters: ['.*/docs/.*'], exclusionFilters: ['.*\\.zip'], crawlerLimits: { maxPages: 500, rateLimit: 60 }, userAgent: 'our-documentation-bot',
    });
  });

  test('is a connector of a managed knowledge base, which can log in', () => {
    const { configuration, granted } = managed((stack) => DataSource.web(['https://example.com'], {
      scope: WebScope.HOST, depth: 3, siteMaps: ['https://example.com/sitemap.xml'], exclude: ['.*/private/.*'], login: WebLogin.form(secret(stack)),
    }));
    expect(parametersOf(configuration)).toEqual({
      type: 'WEB',
      version: '1',
      connectionConfiguration: { seedUrls: ['https://example.com'], siteMapUrls: ['https://example.com/sitemap.xml'], authType: 'FORM', secretArn: LOGIN },
      crawlConfiguration: { crawlDepth: 3, syncScope: 'DOMAINS_ONLY' },
      filterConfiguration: { exclusionPatterns: ['.*/private/.*'] },
    });
    expect(granted).toEqual([`secretsmanager:GetSecretValue on ${LOGIN}`]);
  });
});

describe('DataSource.confluence', () => {
  test('reads pages under a login of yours', () => {
    const { configuration, granted } = stored((stack) => DataSource.confluence(WIKI, secret(stack), { login: ConfluenceLogin.OAUTH2, filters: [{ objectType: 'Space', include: ['ENG'] }] }));
    expect(configuration).toEqual({
      type: 'CONFLUENCE',
      confluenceConfiguration: {
        sourceConfiguration: { hostUrl: WIKI, hostType: 'SAAS', authType: 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: LOGIN },
        crawlerConfiguration: { filterConfiguration: { type: 'PATTERN', patternObjectFilter: { filters: [{ objectType: 'Space', inclusionFilters: ['ENG'] }] } } },
      },
    });
    expect(granted).toEqual([`secretsmanager:GetSecretValue on ${LOGIN}`, `secretsmanager:PutSecretValue on ${LOGIN}`]);
  });

  test('is a connector of a managed knowledge base, whose answers everybody sees', () => {
    const { configuration } = managed((stack) => DataSource.confluence(WIKI, secret(stack), { spaces: ['ENG'] }));
    expect(parametersOf(configuration)).toEqual({
      type: 'CONFLUENCE',
      version: '1',
      aclEnabled: false,
      connectionConfiguration: { secretArn: LOGIN, type: 'SAAS', authType: 'BASIC', hostUrl: WIKI },
      filterConfiguration: { inclusionSpaceKeys: ['ENG'] },
    });
  });

  test('decrypts the secret with its key', () => {
    const { granted } = stored((stack) => DataSource.confluence(WIKI, new Secret(stack, 'Login', { encryptionKey: new Key(stack, 'SecretKey') })));
    expect(granted.filter((each) => each.startsWith('kms:Decrypt on ${SecretKey'))).toHaveLength(1);
  });
});

describe('DataSource.salesforce', () => {
  test('reads records', () => {
    const { configuration } = stored((stack) => DataSource.salesforce('https://example.my.salesforce.com', secret(stack)));
    expect(configuration.salesforceConfiguration.sourceConfiguration)
      .toEqual({ hostUrl: 'https://example.my.salesforce.com', authType: 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: LOGIN });
  });
});

describe('DataSource.sharePoint', () => {
  test('reads sites', () => {
    const { configuration } = stored((stack) => DataSource.sharePoint(SITES, secret(stack), { tenantId: TENANT, filters: [{ objectType: 'File', exclude: ['.*\\.tmp'] }] }));
    expect(configuration.sharePointConfiguration).toEqual({
      sourceConfiguration: { domain: 'contoso', siteUrls: SITES, tenantId: TENANT, hostType: 'ONLINE', authType: 'OAUTH2_CLIENT_CREDENTIALS', credentialsSecretArn: LOGIN },
      crawlerConfiguration: { filterConfiguration: { type: 'PATTERN', patternObjectFilter: { filters: [{ objectType: 'File', exclusionFilters: ['.*\\.tmp'] }] } } },
    });
  });

  test('is a connector of a managed knowledge base, by a certificate', () => {
    const { configuration, granted } = managed((stack) => DataSource.sharePoint(SITES, secret(stack), {
      tenantId: TENANT, certificate: { bucket: Bucket.fromBucketName(stack, 'Certificates', 'certs'), key: 'app.p12' },
    }));
    expect(parametersOf(configuration)).toEqual({
      type: 'SHAREPOINT',
      version: '1',
      aclEnabled: false,
      connectionConfiguration: { secretArn: LOGIN, tenantId: TENANT, authType: 'ENTRA_ID_APP_ONLY', certificateS3Path: { s3BucketName: 'certs', s3KeyName: 'app.p12' } },
      dataEntityConfiguration: { siteUrls: SITES },
    });
    expect(granted).toContain('s3:GetObject on arn:${AWS::Partition}:s3:::certs/app.p12');
  });
});

describe('DataSource.custom', () => {
  test('takes what you hand over', () => {
    expect(stored(() => DataSource.custom()).configuration).toEqual({ type: 'CUSTOM' });
    expect(parametersOf(managed(() => DataSource.custom()).configuration)).toEqual({ type: 'CUSTOM', version: '1' });
  });
});

describe('a source with access control lists', () => {
  test('says so to its connector', () => {
    const guarded = { accessControl: true };
    const sources: ((stack: Stack) => DataSource)[] = [
      () => DataSource.s3(undefined, guarded), () => DataSource.custom(guarded), (stack) => DataSource.confluence(WIKI, secret(stack), guarded),
      (stack) => DataSource.sharePoint(SITES, secret(stack), { tenantId: TENANT, ...guarded }),
    ];
    expect(sources.map((source) => parametersOf(managed(source).configuration))).toEqual(sources.map(() => expect.objectContaining({ aclEnabled: true })));
  });
});

describe('a source', () => {
  test.each<[string, typeof stored, (stack: Stack) => DataSource, string]>([
    ['access control lists of a store', stored, () => DataSource.s3(undefined, { accessControl: true }), "'accessControl' must be left out with a store"],
    ['access control lists of web pages', managed, () => DataSource.web(['https://example.com'], { accessControl: true } as object), "'accessControl' must be left out for web pages"],
    ['a bucket that is none', stored, () => DataSource.s3('docs' as never), "'bucket' must be made by a bucket"],
    ['an account that is none', stored, (stack) => DataSource.s3(Bucket.fromBucketName(stack, 'Docs', 'docs'), { bucketOwner: 'us' }), "'bucketOwner' must be an account's id of 12 digits, got 'us'"],
    ['an owner of a bucket that is made', stored, () => DataSource.s3(undefined, { bucketOwner: '111122223333' }), "'bucketOwner' must be left out where no bucket is given"],
    ['pages in the clear', stored, () => DataSource.web(['http://example.com']), "'urls' must begin with https:// and a host, got 'http://example.com'"],
    ['no page to begin at', stored, () => DataSource.web([]), "'urls' must have between 1 and 100 entries, got 0"],
    ['too many pages to begin at', managed, () => DataSource.web(Array.from({ length: 11 }, (_, n) => `https://example.com/${n}`)), "'urls' must have between 1 and 10 entries, got 11"],
    ['a pattern that is none', stored, () => DataSource.web(['https://example.com'], { include: ['*.html'] }), "'include' must be regular expressions, got '*.html', which is none"],
    ['a crawler in a hurry', stored, () => DataSource.web(['https://example.com'], { pagesPerMinute: 301 }), "'pagesPerMinute' must be a whole number between 1 and 300, got 301"],
    ['a depth that the crawler does not know', stored, () => DataSource.web(['https://example.com'], { depth: 2 }), "'depth' must be left out with a store"],
    ['a limit that the connector does not know', managed, () => DataSource.web(['https://example.com'], { maxPages: 2 }), "'maxPages' must be left out with KnowledgeStore.managed()"],
    ['a login with no secret', managed, () => DataSource.web(['https://example.com'], { login: WebLogin.basic('secret' as never) }), "'credentials' must be made by a secret"],
    ['a login for a crawler', stored, (stack) => DataSource.web(['https://example.com'], { login: WebLogin.saml(secret(stack)) }), "'login' must be left out with a store"],
    ['a secret that is none', stored, () => DataSource.confluence(WIKI, 'secret' as never), "'credentials' must be made by a secret"],
    ['things that Confluence has not', stored, (stack) => DataSource.confluence(WIKI, secret(stack), { filters: [{ objectType: 'Row', include: ['x'] }] }), "'filters.objectType' must be one of Space, Page"],
    ['a filter that says nothing', stored, (stack) => DataSource.confluence(WIKI, secret(stack), { filters: [{ objectType: 'Page' }] }), "'filters' must say what of 'Page' is read"],
    ['spaces for a crawler', stored, (stack) => DataSource.confluence(WIKI, secret(stack), { spaces: ['ENG'] }), "'spaces' must be left out with a store"],
    ['filters for a connector', managed, (stack) => DataSource.confluence(WIKI, secret(stack), { filters: [] }), "'filters' must be left out with KnowledgeStore.managed()"],
    ['Salesforce for a managed knowledge base', managed, (stack) => DataSource.salesforce('https://example.my.salesforce.com', secret(stack)), 'which has no connector for it'],
    ['a tenant that is none', stored, (stack) => DataSource.sharePoint(SITES, secret(stack), { tenantId: 'contoso' }), "'tenantId' must be a tenant's id"],
    ['sites of a name of their own without a domain', stored, (stack) => DataSource.sharePoint(['https://docs.example.com/sites/a'], secret(stack), { tenantId: TENANT }), "'domain' must be given"],
    ['a certificate for a crawler', stored, (stack) => DataSource.sharePoint(SITES, secret(stack), { tenantId: TENANT, certificate: { bucket: new Bucket(stack, 'C'), key: 'k' } }), "'certificate' must be left out with a store"],
    ['a way to cut that is none', stored, () => DataSource.custom({ chunking: {} as never }), "'chunking' must be made by Chunking, such as Chunking.fixedSize()"],
  ])('refuses %s', (_, bind, source, message) => {
    expect(() => bind(source)).toThrow(message);
  });
});
