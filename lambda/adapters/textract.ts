import {
  type Block, GetDocumentAnalysisCommand, type GetDocumentAnalysisCommandOutput, GetDocumentTextDetectionCommand, StartDocumentAnalysisCommand,
  StartDocumentTextDetectionCommand, type TextractClient,
} from '@aws-sdk/client-textract';
import { delayIn } from './aws-delays';
import type { ScanDetail } from '../../lib/contract/parsing';
import { ParseFailure, type ParseFailureKind } from '../ports/parsing';
import { type ScanBlock, ScanDelay, type ScanPart, type Scans } from '../ports/scans';

/** The document's own fault, by the error's name: what a user is told. */
const REFUSALS: Readonly<Record<string, readonly [ParseFailureKind, string]>> = {
  UnsupportedDocumentException: ['unsupported', 'Textract does not read documents of this kind; it reads PDF, PNG, JPEG and TIFF'],
  BadDocumentException: ['broken', 'Textract cannot read the document: it is damaged or protected by a password'],
  DocumentTooLargeException: ['tooLarge', 'the document is too large for Textract, which reads 500 MB and 3000 pages'],
};
const BUSY = new Set(['LimitExceededException', 'ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError']);
/** What a job is called in the account's records. */
const JOB_TAG = 'DiyRag';
/** What the service gives at once. */
const PAGE = 1000;

export function textractScans(client: TextractClient, detail: ScanDetail): Scans {
  return {
    async begin({ bucket, key }, token) {
      const job = { DocumentLocation: { S3Object: { Bucket: bucket, Name: key } }, ClientRequestToken: token, JobTag: JOB_TAG };
      const started = detail === 'layout' ? client.send(new StartDocumentAnalysisCommand({ ...job, FeatureTypes: ['TABLES', 'LAYOUT'] }))
        : client.send(new StartDocumentTextDetectionCommand(job));
      const { JobId } = await started.catch(refused);
      if (!JobId) throw new ScanDelay('busy', 'Textract began no job');
      return JobId;
    },

    async result(job, signal) {
      const ask = async (NextToken?: string): Promise<GetDocumentAnalysisCommandOutput> => {
        const input = { JobId: job, MaxResults: PAGE, NextToken };
        const command = detail === 'layout' ? client.send(new GetDocumentAnalysisCommand(input), { abortSignal: signal })
          : client.send(new GetDocumentTextDetectionCommand(input), { abortSignal: signal });
        return command.catch(refused);
      };
      const first = await ask();
      if (first.JobStatus === 'IN_PROGRESS') return undefined;
      if (first.JobStatus === 'FAILED') throw failed(first.StatusMessage);
      return { pages: first.DocumentMetadata?.Pages ?? 0, parts: partsOf(first, ask) };
    },
  };
}

type Answer = GetDocumentAnalysisCommandOutput;

async function* partsOf(first: Answer, ask: (token: string) => Promise<Answer>): AsyncGenerator<ScanPart, void> {
  for (let answer = first; ;) {
    yield { blocks: (answer.Blocks ?? []).map(block), failedPages: (answer.Warnings ?? []).flatMap(({ Pages = [] }) => Pages) };
    if (!answer.NextToken) return;
    answer = await ask(answer.NextToken);
  }
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
  if (BUSY.has(error.name) || delayIn(error)) throw new ScanDelay('busy', `Textract is busy: ${error.message}`, { cause: error });
  if (error.name === 'InvalidJobIdException') throw new ScanDelay('lost', 'Textract does not know the job any more', { cause: error });
  throw error;
}
