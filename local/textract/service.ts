import { randomBytes } from 'node:crypto';
import { type LocalBlock, pageBlocks } from './blocks';
import { PARTITION } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';
import type { Buckets } from '../s3/store';

type Input = Readonly<Record<string, unknown>>;

/** What a document says, as its owner tells it: nobody here can read pictures. */
export interface ToldScan {
  /** Part of the key of the documents that say it. */
  readonly document: string;
  /** What each page says. */
  readonly pages?: readonly string[];
  /** Pages, counted from 1, that cannot be read. */
  readonly failedPages?: readonly number[];
  /** The job fails, with this in the place of a reason. */
  readonly failure?: string;
}

/** throttle: calls are refused; limit: no more jobs are begun. */
export interface ScanFault {
  readonly kind: 'throttle' | 'limit';
  readonly times: number;
}

export interface Textract extends AwsService {
  /** What documents say, in the place of all that was told before. */
  tell(scans: readonly ToldScan[]): readonly ToldScan[];
  /** Jobs that were begun, by the keys of their documents. */
  readonly begun: readonly string[];
  /** How long a job takes. */
  readonly settings: { paceMs: number };
  strike(fault: ScanFault): void;
}

interface Job {
  readonly kind: 'Analysis' | 'TextDetection';
  readonly input: string;
  readonly key: string;
  readonly since: number;
  readonly result: JobResult;
}

interface JobResult {
  readonly status: string;
  readonly message?: string;
  readonly pages: number;
  readonly blocks: readonly LocalBlock[];
  readonly failedPages: readonly number[];
}

const OPERATION = /^Textract\.((?:Start|Get)Document(Analysis|TextDetection))$/;
const KINDS = /^(?:%PDF-|\x89PNG|\xff\xd8\xff|II\*\0|MM\0\*)/;
const FEATURES = ['TABLES', 'FORMS', 'QUERIES', 'SIGNATURES', 'LAYOUT'];
const MOST_OPEN = 100;
const MOST_RESULTS = 1_000;
const TOKEN = /^[a-zA-Z0-9-_]{1,64}$/;
const PACE_MS = 500;

/** Textract's jobs over documents in buckets. They say what their owner told of them, for there is no reading of pictures here. */
export function textract(buckets: Buckets): Textract {
  const told: { scans: ToldScan[]; fault?: ScanFault } = { scans: [] };
  const jobs = new Map<string, Job>();
  const byToken = new Map<string, string>();
  const settings = { paceMs: PACE_MS };
  const isOpen = ({ since }: Job) => Date.now() - since < settings.paceMs;

  function struck(kind: ScanFault['kind']): boolean {
    if (told.fault?.kind !== kind || told.fault.times < 1) return false;
    told.fault = { ...told.fault, times: told.fault.times - 1 };
    return true;
  }

  function begin(kind: Job['kind'], input: Input): { JobId: string } {
    const { bucket, key } = locationOf(input);
    const { ClientRequestToken: token } = input as { ClientRequestToken?: string };
    const asked = JSON.stringify(input);
    if (token !== undefined && !TOKEN.test(token)) refuse('InvalidParameterException', 'ClientRequestToken has to be 1 to 64 letters, digits, - and _');
    const known = token === undefined ? undefined : byToken.get(token);
    if (known !== undefined && jobs.get(known)!.input !== asked) refuse('IdempotentParameterMismatchException', 'The token was used with another request');
    if (known !== undefined) return { JobId: known };
    if (struck('limit') || [...jobs.values()].filter(isOpen).length >= MOST_OPEN) refuse('LimitExceededException', 'Open jobs exceed maximum concurrent job limit');
    const object = buckets.has(bucket) ? buckets.find(bucket, key) : undefined;
    if (!object) refuse('InvalidS3ObjectException', `Unable to get object metadata from S3: s3://${bucket}/${key}`);
    if (!KINDS.test(object.content.subarray(0, 8).toString('latin1'))) refuse('UnsupportedDocumentException', 'Request has unsupported document format');
    const id = randomBytes(32).toString('hex');
    jobs.set(id, { kind, input: asked, key, since: Date.now(), result: resultOf(told.scans.find(({ document }) => key.includes(document)), key, kind === 'Analysis') });
    if (token !== undefined) byToken.set(token, id);
    return { JobId: id };
  }

  function get(kind: Job['kind'], { JobId: id, MaxResults: most = MOST_RESULTS, NextToken: token = '0' }: Input): object {
    const job = jobs.get(String(id));
    if (job?.kind !== kind) refuse('InvalidJobIdException', 'Request has Invalid Job Id');
    if (!Number.isInteger(most) || Number(most) < 1) refuse('InvalidParameterException', `MaxResults has to be a whole number from 1, got ${String(most)}`);
    if (isOpen(job)) return { JobStatus: 'IN_PROGRESS' };
    const { status, message, pages, blocks, failedPages } = job.result;
    const from = Number(token);
    if (!(from >= 0 && from <= blocks.length)) refuse('InvalidParameterException', 'Request has invalid NextToken');
    const to = from + Math.min(MOST_RESULTS, Number(most));
    return {
      JobStatus: status,
      ...message !== undefined && { StatusMessage: message },
      DocumentMetadata: { Pages: pages },
      Blocks: blocks.slice(from, to),
      ...failedPages.length > 0 && { Warnings: [{ ErrorCode: 'INTERNAL_ERROR', Pages: failedPages }] },
      ...to < blocks.length && { NextToken: String(to) },
    };
  }

  return {
    name: 'textract',
    settings,
    get begun() { return [...jobs.values()].map(({ key }) => key); },
    tell: (scans) => (told.scans = scans.map(checked)),
    strike: (fault) => { told.fault = fault; },

    authorizations(request) {
      const { operation } = operationOf(request);
      const asked = { action: `textract:${operation}`, resource: '*' };
      if (!operation.startsWith('Start')) return [asked];
      const { bucket, key } = locationOf(inputOf(request));
      // The service reads the document in its caller's name.
      return [asked, { action: 's3:GetObject', resource: `arn:${PARTITION}:s3:::${bucket}/${key}` }];
    },

    async handle(request) {
      const { operation, kind } = operationOf(request);
      if (struck('throttle')) refuse('ProvisionedThroughputExceededException', 'Provisioned rate exceeded');
      return reply(operation.startsWith('Start') ? begin(kind, inputOf(request)) : get(kind, inputOf(request)));
    },
  };
}

function resultOf(said: ToldScan | undefined, key: string, layout: boolean): JobResult {
  if (!said) {
    const how = `PUT /local/scans with [{"document": ${JSON.stringify(key)}, "pages": ["…"]}]`;
    return { status: 'FAILED', message: `the local cloud reads no pictures: tell it what the pages say, by ${how}, and put the document up again`, pages: 0, blocks: [], failedPages: [] };
  }
  const { pages = [], failedPages = [], failure } = said;
  if (failure !== undefined) return { status: 'FAILED', message: failure, pages: 0, blocks: [], failedPages: [] };
  const blocks = pages.flatMap((text, at) => (failedPages.includes(at + 1) ? [] : pageBlocks(text, at + 1, layout)));
  return { status: failedPages.length > 0 ? 'PARTIAL_SUCCESS' : 'SUCCEEDED', pages: pages.length, blocks, failedPages };
}

function checked(scan: ToldScan): ToldScan {
  const { document, pages, failure } = scan ?? {};
  if (typeof document !== 'string' || document === '') throw new Error(`'document' must be a part of the document's key, got ${JSON.stringify(document)}`);
  const areTexts = Array.isArray(pages) && pages.every((page) => typeof page === 'string');
  if (!areTexts && typeof failure !== 'string') throw new Error(`'pages' must be a list of texts, one a page, got ${JSON.stringify(pages)}`);
  return scan;
}

function operationOf({ headers }: AwsRequest): { operation: string; kind: Job['kind'] } {
  const target = headers['x-amz-target'] ?? '';
  const [, operation, kind] = OPERATION.exec(target) ?? [];
  if (operation === undefined) throw new AwsFailure('UnknownOperationException', 404, `the local Textract has jobs of analysis and text detection only, asked for ${target}`);
  return { operation, kind: kind as Job['kind'] };
}

const KNOWN = ['DocumentLocation', 'ClientRequestToken', 'JobTag', 'FeatureTypes', 'JobId', 'MaxResults', 'NextToken'];

function inputOf(request: AwsRequest): Input {
  const input = JSON.parse(request.body.toString() || '{}') as Input;
  const odd = Object.keys(input).find((name) => !KNOWN.includes(name));
  if (odd !== undefined) throw new AwsFailure('UnknownOperationException', 404, `the local Textract does not know ${odd}`);
  const { FeatureTypes: features } = input as { FeatureTypes?: readonly string[] };
  if (operationOf(request).operation === 'StartDocumentAnalysis' && (!features?.length || features.some((one) => !FEATURES.includes(one)))) {
    refuse('InvalidParameterException', `FeatureTypes has to name some of ${FEATURES.join(', ')}`);
  }
  return input;
}

function locationOf({ DocumentLocation: location }: Input): { bucket: string; key: string } {
  const { S3Object: { Bucket: bucket, Name: key } = {} } = (location ?? {}) as { S3Object?: { Bucket?: string; Name?: string } };
  if (bucket === undefined || key === undefined) refuse('InvalidParameterException', 'DocumentLocation has to name an object of S3');
  return { bucket, key };
}

function refuse(code: string, message: string): never {
  throw new AwsFailure(code, 400, message);
}

function reply(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}
