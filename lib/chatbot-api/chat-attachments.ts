import { Duration, Size } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type AttachmentPolicy } from '../contract/chat';
import { requireDuration, requireInteger } from '../internal/validation';
import { ModelInput } from '../model';

/** What may be attached to a message, by what is in it. */
export enum AttachmentFormat {
  /** PNG images. */
  PNG = 'png',
  /** JPEG images. */
  JPEG = 'jpeg',
  /** GIF images. */
  GIF = 'gif',
  /** WebP images. */
  WEBP = 'webp',
  /** PDF documents. */
  PDF = 'pdf',
  /** Tables as text. */
  CSV = 'csv',
  /** Word documents of before 2007. */
  DOC = 'doc',
  /** Word documents. */
  DOCX = 'docx',
  /** Excel workbooks of before 2007. */
  XLS = 'xls',
  /** Excel workbooks. */
  XLSX = 'xlsx',
  /** Web pages. */
  HTML = 'html',
  /** Plain text. */
  TXT = 'txt',
  /** Markdown. */
  MD = 'md',
}

/** What callers may attach to messages. */
export interface ChatAttachments {
  /**
   * What may be attached, as far as the model reads it; an empty list takes no attachments.
   *
   * @default - every format that the model reads
   */
  readonly formats?: AttachmentFormat[];

  /**
   * Most of one file, from 1 KiB to 4.5 MiB; an image is taken up to 3.75 MiB.
   *
   * @default - 4.5 MiB
   */
  readonly maxSize?: Size;

  /**
   * How long an upload is kept, at least one day. What came with a message of a conversation is kept as long as the conversation's messages.
   *
   * @default - as long as messages, 90 days where none are kept
   */
  readonly retention?: Duration;
}

/** What the service takes of one document. */
const MAX_BYTES = 4_718_592;

const IMAGES: readonly AttachmentFormat[] = [AttachmentFormat.PNG, AttachmentFormat.JPEG, AttachmentFormat.GIF, AttachmentFormat.WEBP];

export function requireValidAttachments(scope: IConstruct, { maxSize, retention }: ChatAttachments = {}) {
  if (maxSize && !maxSize.isUnresolved()) requireInteger(scope, 'conversations.attachments.maxSize', maxSize.toBytes(), 1024, MAX_BYTES, ' bytes');
  requireDuration(scope, 'conversations.attachments.retention', retention, Duration.days(1), Duration.days(36_500));
}

/** What may be attached to messages for a model; nothing where it reads nothing but text. */
export function attachmentPolicy({ formats, maxSize }: ChatAttachments = {}, inputs: readonly ModelInput[], retention: Duration): AttachmentPolicy | undefined {
  const taken = (formats ?? Object.values(AttachmentFormat)).filter((format) => reads(inputs, format));
  if (taken.length === 0) return undefined;
  return { formats: taken.map((format) => `${format}` as const), maxBytes: maxSize?.toBytes() ?? MAX_BYTES, retentionSeconds: retention.toSeconds() };
}

/** What is named as attachable, and no model reads. */
export function formatsWithoutReader({ formats = [] }: ChatAttachments = {}, inputs: readonly ModelInput[]): AttachmentFormat[] {
  return formats.filter((format) => !reads(inputs, format));
}

function reads(inputs: readonly ModelInput[], format: AttachmentFormat): boolean {
  return inputs.includes(IMAGES.includes(format) ? ModelInput.IMAGE : ModelInput.DOCUMENT);
}
