import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type ScanPolicy } from '../contract/parsing';
import { acknowledge } from '../internal/acknowledge';
import { type HandlerRole } from '../internal/handler-role';
import { requireInteger, requireKnown } from '../internal/validation';
import { CalledService } from '../posture';

/** Options of `ScanReading.textract`. */
export interface TextractScanOptions {
  /**
   * Whether tables, headings and lists are found too, and not words alone: that costs some ten times as much a page.
   *
   * @default true
   */
  readonly layout?: boolean;

  /**
   * Most pages of a scan, from 1 to 1000: a longer one fails before anything is paid for it.
   *
   * @default 200
   */
  readonly pages?: number;
}

/**
 * What becomes of documents that are pictures of pages: scanned PDF, PNG, JPEG and TIFF.
 *
 * @example
 * new DiyRag(this, 'Rag', { documents: { parsing: { scans: ScanReading.textract() } } });
 */
export abstract class ScanReading {
  /** They are not read, and end as failed, with a reason that says so. */
  public static none(): ScanReading {
    return new Unread();
  }

  /**
   * Amazon Textract reads them from the bucket, which takes minutes and is paid by the page. It keeps what it read for seven days, in storage of its own that it
   * encrypts; within these a page is not paid for again.
   */
  public static textract(options: TextractScanOptions = {}): ScanReading {
    return new ByTextract(options);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct): ScanBinding | undefined;
}

/** What an index has to know of what reads its scans. */
export interface ScanBinding {
  readonly policy: ScanPolicy;
  /** What the handler finds beside it, and what it calls. */
  readonly parts: readonly string[];
  readonly calls: readonly CalledService[];
  letRead(role: HandlerRole): void;
}

class Unread extends ScanReading {
  public _bind(): undefined {
    return undefined;
  }
}

class ByTextract extends ScanReading {
  constructor(private readonly options: TextractScanOptions) {
    super();
  }

  public _bind(scope: IConstruct): ScanBinding {
    const { layout = true, pages = 200 } = this.options;
    requireKnown(scope, 'documents.parsing.scans.pages', pages, 'because with another limit everything is read anew');
    requireInteger(scope, 'documents.parsing.scans.pages', pages, 1, 1_000);
    return { policy: { detail: layout ? 'layout' : 'text', pages }, parts: ['scans'], calls: [CalledService.TEXTRACT], letRead: (role) => letScan(role, layout) };
  }
}

function letScan(role: HandlerRole, layout: boolean): void {
  const actions = (layout ? ['StartDocumentAnalysis', 'GetDocumentAnalysis'] : ['StartDocumentTextDetection', 'GetDocumentTextDetection']).map((action) => `textract:${action}`);
  const scanning = new ManagedPolicy(role, 'Scanning', { roles: [role], statements: [new PolicyStatement({ actions, resources: ['*'] })] });
  acknowledge(scanning, 'AwsSolutions-IAM5[Resource::*]',
    'Textract has no resource to name in these actions; what it reads, it reads with this role\'s permission for the very objects.');
}
