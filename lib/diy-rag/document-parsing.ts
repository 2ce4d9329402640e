import { Duration, Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type ScanReading } from './scan-reading';
import { PARSE_DEFAULTS, type ParsePolicy } from '../contract/parsing';
import { fail, requireDuration, requireInteger, requireKnown, requireMade } from '../internal/validation';

/** How much of a document is read, and how much may be spent on it. A document beyond any of these ends as failed, with the reason. */
export interface DocumentParsing {
  /**
   * What becomes of scans: documents that are pictures of pages.
   *
   * @default ScanReading.none()
   */
  readonly scans?: ScanReading;

  /**
   * Of the file itself, from 1 KiB to 500 MiB.
   *
   * @default Size.mebibytes(50)
   */
  readonly size?: Size;

  /**
   * Pages of a PDF, slides of a presentation, sheets of a workbook, from 1 to 20000.
   *
   * @default 2000
   */
  readonly pages?: number;

  /**
   * Characters of the text that comes out, from 1000 to 20 million.
   *
   * @default 5000000
   */
  readonly characters?: number;

  /**
   * Files within an archive, which DOCX, PPTX and XLSX are, from 10 to 100000.
   *
   * @default 10000
   */
  readonly archiveFiles?: number;

  /**
   * Of all that is unpacked of an archive, from 1 MiB to 2 GiB.
   *
   * @default Size.mebibytes(200)
   */
  readonly unpackedSize?: Size;

  /**
   * How many times larger than its archive a file in it may be, from 10 to 10000; asked from 1 MB on.
   *
   * @default 200
   */
  readonly unpackedRatio?: number;

  /**
   * Elements within elements, messages within messages, from 10 to 10000.
   *
   * @default 500
   */
  readonly depth?: number;

  /**
   * Of reading one document, from 1 second to 4 minutes.
   *
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;

  /**
   * Of reading one document, from 64 MiB to 4 GiB; the function gets as much as that takes.
   *
   * @default Size.mebibytes(512)
   */
  readonly memory?: Size;
}

const MB = 1024 * 1024;
/** As much as one vCPU comes with. */
const FUNCTION_MIB = 1_769;
/** What the function holds besides a document and the reading of it. */
const REST_MIB = 700;

/** Limits as the reader takes them. */
export function parsePolicy(scope: IConstruct, parsing: DocumentParsing): ParsePolicy {
  const { scans, size, pages, characters, archiveFiles, unpackedSize, unpackedRatio, depth, timeout, memory } = parsing;
  const named = (name: string) => `documents.parsing.${name}`;
  requireMade(scope, named('scans'), scans, '_bind', 'ScanReading, such as ScanReading.textract()');
  for (const [name, value] of Object.entries({ pages, characters, archiveFiles, unpackedRatio, depth })) requireKnown(scope, named(name), value, 'because with other limits everything is read anew');
  requireInteger(scope, named('pages'), pages, 1, 20_000);
  requireInteger(scope, named('characters'), characters, 1_000, 20_000_000);
  requireInteger(scope, named('archiveFiles'), archiveFiles, 10, 100_000);
  requireInteger(scope, named('unpackedRatio'), unpackedRatio, 10, 10_000);
  requireInteger(scope, named('depth'), depth, 10, 10_000);
  requireDuration(scope, named('timeout'), timeout, Duration.seconds(1), Duration.minutes(4));
  return {
    bytes: bytesOf(scope, named('size'), size, Size.kibibytes(1), Size.mebibytes(500)) ?? PARSE_DEFAULTS.bytes,
    pages: pages ?? PARSE_DEFAULTS.pages,
    characters: characters ?? PARSE_DEFAULTS.characters,
    entries: archiveFiles ?? PARSE_DEFAULTS.entries,
    unpackedBytes: bytesOf(scope, named('unpackedSize'), unpackedSize, Size.mebibytes(1), Size.gibibytes(2)) ?? PARSE_DEFAULTS.unpackedBytes,
    ratio: unpackedRatio ?? PARSE_DEFAULTS.ratio,
    depth: depth ?? PARSE_DEFAULTS.depth,
    milliseconds: timeout?.toMilliseconds() ?? PARSE_DEFAULTS.milliseconds,
    memoryBytes: bytesOf(scope, named('memory'), memory, Size.mebibytes(64), Size.gibibytes(4)) ?? PARSE_DEFAULTS.memoryBytes,
  };
}

/** What a function needs that reads documents within these limits: the file stands in it twice while it is handed to its reader. */
export function memoryFor({ bytes, memoryBytes }: ParsePolicy): Size {
  return Size.mebibytes(Math.max(FUNCTION_MIB, Math.ceil((2 * bytes + memoryBytes) / MB) + REST_MIB));
}

function bytesOf(scope: IConstruct, prop: string, size: Size | undefined, least: Size, most: Size): number | undefined {
  requireMade(scope, prop, size, 'toBytes', 'Size, such as Size.mebibytes(50)');
  if (size === undefined) return undefined;
  if (size.isUnresolved()) fail(scope, `'${prop}' must be known when the stack is synthesized, got a token`);
  const bytes = size.toBytes({ rounding: SizeRoundingBehavior.NONE });
  const range = [least, most].map((one) => one.toBytes());
  if (bytes < range[0] || bytes > range[1]) fail(scope, `'${prop}' must be between ${shown(range[0])} and ${shown(range[1])}, got ${shown(bytes)}`);
  return Math.floor(bytes);
}

function shown(bytes: number): string {
  return bytes >= MB ? `${bytes / MB} MiB` : `${bytes / 1024} KiB`;
}
