import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Construct } from 'constructs';
import { bindConfluence, type ConfluenceSourceOptions } from './confluence-source';
import { bindCustom } from './custom-source';
import { bindIngestion, type GuardedSourceOptions } from './ingestion';
import { S3Source, type S3SourceOptions } from './s3-source';
import { bindSalesforce, type SalesforceSourceOptions } from './salesforce-source';
import { bindSharePoint, type SharePointSourceOptions } from './share-point-source';
import { isManaged, type SourceBinding, type SourceBuild, type SourceOfKind } from './source-binding';
import { bindWeb, type WebSourceOptions } from './web-source';
import { fail } from '../internal/validation';

/**
 * Where documents come from.
 *
 * @example
 * new ManagedRag(this, 'Rag', { sources: [DataSource.s3(), DataSource.web(['https://docs.example.com/guide/'])] });
 */
export abstract class DataSource {
  /**
   * Documents in a bucket. What describes a document lies beside it as `<document>.metadata.json`.
   *
   * @param bucket the bucket; without one, a private one is made
   * @param options what of it is read, and how
   */
  public static s3(bucket?: IBucket, options: S3SourceOptions = {}): DataSource {
    return new Source(options, (scope, build) => new S3Source(scope, 'Documents', { ...build, ...options, bucket }).binding);
  }

  /**
   * Web pages that you may crawl, from these addresses on. The crawler obeys `robots.txt`.
   *
   * @param urls where it begins, 1 to 100 addresses; 10 for a managed knowledge base
   * @param options how far it goes, and how its pages are read
   */
  public static web(urls: string[], options: WebSourceOptions = {}): DataSource {
    return new Source(options, (scope, build) => bindWeb(scope, build, urls, options));
  }

  /**
   * Pages of Confluence in the cloud.
   *
   * @param url its address, such as `https://example.atlassian.net`
   * @param credentials what the connector logs in with: `username` and `password`, an API token, or what OAuth asks for
   * @param options what of it is read, and how
   */
  public static confluence(url: string, credentials: ISecret, options: ConfluenceSourceOptions = {}): DataSource {
    return new Source(options, (scope, build) => bindConfluence(scope, build, url, credentials, options));
  }

  /**
   * Records of Salesforce; not for managed knowledge bases, and in preview.
   *
   * @param url its address, such as `https://example.my.salesforce.com`
   * @param credentials `consumerKey`, `consumerSecret` and `authenticationUrl` of a connected app
   * @param options what of it is read, and how
   */
  public static salesforce(url: string, credentials: ISecret, options: SalesforceSourceOptions = {}): DataSource {
    return new Source(options, (scope, build) => bindSalesforce(scope, build, url, credentials, options));
  }

  /**
   * Sites of SharePoint Online; in preview but for managed knowledge bases.
   *
   * @param siteUrls the sites, 1 to 100, such as `https://example.sharepoint.com/sites/engineering`
   * @param credentials what the connector logs in with, as an app of Microsoft Entra
   * @param options whose it is, what of it is read, and how
   */
  public static sharePoint(siteUrls: string[], credentials: ISecret, options: SharePointSourceOptions): DataSource {
    return new Source(options, (scope, build) => bindSharePoint(scope, build, siteUrls, credentials, options));
  }

  /**
   * Documents that you hand over one by one, by `IngestKnowledgeBaseDocuments`; nothing is crawled.
   *
   * @param options how they are read
   */
  public static custom(options: GuardedSourceOptions = {}): DataSource {
    return new Source(options, (_scope, build) => bindCustom(build, options));
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: SourceBuild): SourceBinding;
}

class Source extends DataSource {
  constructor(private readonly options: GuardedSourceOptions, private readonly connect: (scope: Construct, build: SourceBuild) => SourceOfKind) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): SourceBinding {
    const bound = this.connect(scope, build);
    if (build.store.enrichment && !bound.documents) {
      fail(scope, "'sources' must be DataSource.s3() with KnowledgeStore.neptuneAnalytics(), for a graph is built from documents in buckets alone, got another: put its documents into a bucket, or take another store");
    }
    const { accessControl } = this.options;
    if (accessControl && !isManaged(build)) {
      fail(scope, "'accessControl' must be left out with a store, which knows no access control lists, got true: take KnowledgeStore.managed(), or hold callers to documents by 'retrieval.tenant'");
    }
    return { ...bound, ...bindIngestion(scope, build, this.options), accessControl };
  }
}
