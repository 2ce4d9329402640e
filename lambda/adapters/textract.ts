import {
  type Block, GetDocumentAnalysisCommand, type GetDocumentAnalysisCommandOutput, GetDocumentTextDetectionCommand, StartDocumentAnalysisCommand,
  StartDocumentTextDetectionCommand, type TextractClient,
} from '@aws-sdk/client-textract';
import { ParseFailure, type ParseFailureKind } from '../ports/parsing';
import { type ScanBlock, ScanDelay, type Scans } from '../ports/scans';

/** `text`: words alone; `layout`: tables, headings, lists and what stands around a page too, at a price of their own. */
export type ScanDetail = 'text' | 'layout';

/** The document's own fault, by the error's name: what a user is told. */
const REFUSALS: Readonly<Record<string, readonly [ParseFailureKind, string]>> = {
  UnsupportedDocumentException: ['unsupported', 'Textract does not read documents of this kind; it reads PDF, PNG, JPEG and TIFF'],
  BadDocumentException: ['broken', 'Textract cannot read the document: it is damaged or protected by a password'],
  DocumentTooLargeException: ['tooLarge', 'the document is too large for Textract, which reads 500 MB and 3000 pages'],
};
const BUSY = new Set(['LimitExceededException', 'ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError']);
/** What the service gives at once. */
const PAGE = 1000;

export function textractScans(client: TextractClient, detail: ScanDetail): Scans {
  return {
    async begin({ bucket, key, version }, token) {
      const job = {
        DocumentLocation: { S3Object: { Bucket: bucket, Name: key, ...version !== undefined && { Version: version } } }, ClientRequestToken: token,
      };
      const started = detail === 'layout' ? client.send(new StartDocumentAnalysisCommand({ ...job, FeatureTypes: ['TABLES', 'LAYOUT'] }))
        : client.send(new StartDocumentTextDetectionCommand(job));
      const { JobId } = await started.catch(refused);
      if (!JobId) throw new ScanDelay('busy', 'Textract began no job');
      return JobId;
    },

    async result(job, signal) {
      const blocks: ScanBlock[] = [];
      const failedPages = new Set<number>();
      let NextToken: string | undefined;
      do {
        const input = { JobId: job, MaxResults: PAGE, NextToken };
        const command = detail === 'layout' ? client.send(new GetDocumentAnalysisCommand(input), { abortSignal: signal })
          : client.send(new GetDocumentTextDetectionCommand(input), { abortSignal: signal });
        const page: GetDocumentAnalysisCommandOutput = await command.catch(refused);
        if (page.JobStatus === 'IN_PROGRESS') return undefined;
        if (page.JobStatus === 'FAILED') throw failed(page.StatusMessage);
        blocks.push(...(page.Blocks ?? []).map(block));
        for (const { Pages = [] } of page.Warnings ?? []) Pages.forEach((number) => failedPages.add(number));
        ({ NextToken } = page);
      } while (NextToken);
      return { blocks, failedPages: [...failedPages].sort((a, b) => a - b) };
    },
  };
}

function block({ Id = '', BlockType = 'WORD', Page = 1, Text, Relationships = [], RowIndex, ColumnIndex, SelectionStatus, Geometry }: Block): ScanBlock {
  const related = (type: string) => Relationships.filter(({ Type }) => Type === type).flatMap(({ Ids }) => Ids ?? []);
  const { Left = 0, Top = 0, Width = 0, Height = 0 } = Geometry?.BoundingBox ?? {};
  const mergedCells = related('MERGED_CELL');
  return {
    id: Id,
    type: BlockType,
    page: Page,
    children: related('CHILD'),
    ...Text !== undefined && { text: Text },
    ...mergedCells.length > 0 && { mergedCells },
    ...RowIndex !== undefined && { row: RowIndex },
    ...ColumnIndex !== undefined && { column: ColumnIndex },
    ...SelectionStatus !== undefined && { selected: SelectionStatus === 'SELECTED' },
    ...Geometry?.BoundingBox && { box: { left: Left, top: Top, width: Width, height: Height } },
  };
}

/** A job that came to nothing says why in words alone, and where the words name an error of a document it is that. */
function failed(message = 'no reason was given'): ParseFailure {
  const known = Object.entries(REFUSALS).find(([name]) => message.toUpperCase().replace(/[^A-Z]/g, '').includes(name.replace('Exception', '').toUpperCase()));
  return known ? new ParseFailure(...known[1]) : new ParseFailure('broken', `Textract could not read the document: ${message}`);
}

function refused(error: Error): never {
  const refusal = REFUSALS[error.name];
  if (refusal) throw new ParseFailure(...refusal, { cause: error });
  if (BUSY.has(error.name)) throw new ScanDelay('busy', `Textract is busy: ${error.message}`, { cause: error });
  if (error.name === 'InvalidJobIdException') throw new ScanDelay('lost', 'Textract does not know the job any more', { cause: error });
  throw error;
}
