import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Posture } from '../../lib';
import { PARSE_DEFAULTS } from '../../lib/contract/parsing';
import { DiyRag, type DocumentParsing, ScanReading } from '../../lib/diy-rag';
import { memoryFor, parsePolicy } from '../../lib/diy-rag/document-parsing';

const policyOf = (parsing: DocumentParsing) => parsePolicy(new Stack(new App(), 'Rag'), parsing);

test('documents are read within the limits that the docs state, unless others are given', () => {
  expect(policyOf({})).toEqual(PARSE_DEFAULTS);
  expect(policyOf({
    size: Size.mebibytes(1),
    pages: 2,
    characters: 3_000,
    archiveFiles: 40,
    unpackedSize: Size.mebibytes(5),
    unpackedRatio: 60,
    depth: 70,
    timeout: Duration.seconds(8),
    memory: Size.mebibytes(900),
  })).toEqual({
    ...{ bytes: 1_048_576, pages: 2, characters: 3_000, entries: 40, unpackedBytes: 5 * 1_048_576 },
    ...{ ratio: 60, depth: 70, milliseconds: 8_000, memoryBytes: 900 * 1_048_576 },
  });
});

test('the function has room for the file, and for reading it', () => {
  expect(memoryFor(PARSE_DEFAULTS).toMebibytes()).toBe(1_769);
  expect(memoryFor(policyOf({ size: Size.mebibytes(500), memory: Size.gibibytes(4) })).toMebibytes()).toBe(5_796);
});

test.each<[string, DocumentParsing, string]>([
  ['no file at all', { size: Size.bytes(10) }, "'documents.parsing.size' must be between 1 KiB and 500 MiB, got 0.009765625 KiB"],
  ['a file of gigabytes', { size: Size.gibibytes(1) }, "'documents.parsing.size' must be between 1 KiB and 500 MiB, got 1024 MiB"],
  ['no pages', { pages: 0 }, "'documents.parsing.pages' must be a whole number between 1 and 20000, got 0"],
  ['a word of text', { characters: 10 }, "'documents.parsing.characters' must be a whole number between 1000 and 20000000"],
  ['no archives', { archiveFiles: 1 }, "'documents.parsing.archiveFiles' must be a whole number between 10 and 100000"],
  ['bombs', { unpackedSize: Size.gibibytes(10) }, "'documents.parsing.unpackedSize' must be between 1 MiB and 2048 MiB"],
  ['bombs of one file', { unpackedRatio: 1_000_000 }, "'documents.parsing.unpackedRatio' must be a whole number between 10 and 10000"],
  ['towers', { depth: 1_000_000 }, "'documents.parsing.depth' must be a whole number between 10 and 10000"],
  ['longer than the function runs', { timeout: Duration.minutes(10) }, "'documents.parsing.timeout' must be between 1 second and 4 minutes"],
  ['no memory', { memory: Size.mebibytes(1) }, "'documents.parsing.memory' must be between 64 MiB and 4096 MiB"],
  ['what reads no scans', { scans: {} as never }, "'documents.parsing.scans' must be made by ScanReading"],
])('refuses %s', (_, parsing, message) => {
  expect(() => policyOf(parsing)).toThrow(message);
});

describe('scans', () => {
  const templateOf = (scans: ScanReading, posture?: Posture) => {
    const stack = new Stack(new App(), 'Stack');
    new DiyRag(stack, 'Rag', { documents: { parsing: { scans } }, posture });
    return Template.fromStack(stack);
  };
  const textract = (template: Template) => Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[] }[])
    .flatMap(({ Action }) => [Action].flat()).filter((action) => action.startsWith('textract:'));

  test('are read with the permission for that way alone, and with none where they are not', () => {
    expect(textract(templateOf(ScanReading.textract()))).toEqual(['textract:StartDocumentAnalysis', 'textract:GetDocumentAnalysis']);
    expect(textract(templateOf(ScanReading.textract({ layout: false })))).toEqual(['textract:StartDocumentTextDetection', 'textract:GetDocumentTextDetection']);
    expect(textract(templateOf(ScanReading.none()))).toEqual([]);
  });

  test('are read from within the private network', () => {
    const endpoints = (scans: ScanReading) => JSON.stringify(templateOf(scans, Posture.regulated()).findResources('AWS::EC2::VPCEndpoint'));
    expect(endpoints(ScanReading.textract())).toContain('.textract');
    expect(endpoints(ScanReading.none())).not.toContain('.textract');
  });

  test('refuses more pages than are read in a run', () => {
    expect(() => templateOf(ScanReading.textract({ pages: 2_000 }))).toThrow("'documents.parsing.scans.pages' must be a whole number between 1 and 1000, got 2000");
  });
});
