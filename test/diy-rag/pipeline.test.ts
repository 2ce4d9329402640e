import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { MetadataField, SearchKind, VectorStore } from '../../lib';
import { ContextLines, DiyRag, type DiyRagProps, ScanReading, Splitter } from '../../lib/diy-rag';

/** What documents are read by, as it is told apart. */
const pipelineOf = (propsOf: (stack: Stack) => DiyRagProps) => toldOf(propsOf, 'pipeline');

function toldOf(propsOf: (stack: Stack) => DiyRagProps, field: 'pipeline' | 'name'): string {
  const stack = new Stack(new App(), 'Stack');
  new DiyRag(stack, 'Rag', propsOf(stack));
  const told = JSON.stringify(Template.fromStack(stack).toJSON()).replace(/\\+"/g, '"');
  const [, value] = (field === 'pipeline' ? /"pipeline":"([^"]+)/ : /"name":"(passages_[^"]+)/).exec(told) ?? [];
  if (value === undefined) throw new Error(`the template has no ${field}`);
  return value;
}

test('documents are read anew by another description, by another cut, by other limits, by lines of context, and into a store that begins empty, and by nothing else', () => {
  const plain = pipelineOf(() => ({}));
  expect(pipelineOf(() => ({ retrieval: { passages: 9 } }))).toBe(plain);
  expect(pipelineOf(() => ({ retrieval: { fields: [MetadataField.number('year')] } }))).not.toBe(plain);
  expect(pipelineOf(() => ({ splitter: Splitter.structure() }))).toBe(plain);
  expect(pipelineOf(() => ({ splitter: Splitter.structure({ tokens: 301 }) }))).not.toBe(plain);
  expect(pipelineOf(() => ({ documents: { parsing: { scans: ScanReading.none(), pages: 2_000 } } }))).toBe(plain);
  expect(pipelineOf(() => ({ documents: { parsing: { scans: ScanReading.textract() } } }))).not.toBe(plain);
  expect(pipelineOf(() => ({ documents: { parsing: { pages: 1_999 } } }))).not.toBe(plain);
  const lines = pipelineOf(() => ({ documents: { contextLines: ContextLines.byModel() } }));
  expect(lines).not.toBe(plain);
  expect(pipelineOf(() => ({ documents: { contextLines: ContextLines.byModel(undefined, { concurrency: 2 }) } }))).toBe(lines);
  expect(pipelineOf(() => ({ documents: { contextLines: ContextLines.byModel(undefined, { lineTokens: 60 }) } }))).not.toBe(lines);
  // A vector bucket with another key is another bucket.
  expect(pipelineOf((stack) => ({ encryptionKey: new Key(stack, 'Key') }))).not.toBe(plain);
});

test('an index with words stands beside one without, and is the same in whatever other way it is asked', () => {
  const nameOf = (propsOf: (stack: Stack) => DiyRagProps) => toldOf(propsOf, 'name');
  const plain = nameOf(() => ({}));
  expect(nameOf(() => ({ retrieval: { search: SearchKind.HYBRID } }))).toBe(plain);
  expect(nameOf(() => ({ retrieval: { search: SearchKind.SEMANTIC } }))).not.toBe(plain);
  // It keeps words whether they are searched or not.
  const collection = nameOf(() => ({ store: VectorStore.openSearchServerless() }));
  expect(nameOf(() => ({ store: VectorStore.openSearchServerless(), retrieval: { search: SearchKind.SEMANTIC } }))).toBe(collection);
});
