import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContextLines, MetadataField, ScanReading, SyncPolicy, VectorStore } from '../../lib';
import { DiyRag, type DiyRagProps, Splitter } from '../../lib/diy-rag';

const define = (props: (stack: Stack) => DiyRagProps) => {
  const stack = new Stack(new App(), 'Stack');
  new DiyRag(stack, 'Rag', props(stack));
  return stack;
};
const number = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
const text = (stack: Stack) => new CfnParameter(stack, 'Text').valueAsString;

// With another value nothing in the template would be another, and what stands in the index would be taken for it.
test.each<[string, (stack: Stack) => DiyRagProps]>([
  ['retrieval.passages', (stack) => ({ retrieval: { passages: number(stack) } })],
  ['retrieval.candidates', (stack) => ({ retrieval: { candidates: number(stack) } })],
  ['retrieval.questions', (stack) => ({ retrieval: { questions: number(stack) } })],
  ['retrieval.ranking.diversity', (stack) => ({ retrieval: { ranking: { diversity: number(stack) } } })],
  ['retrieval.fields', (stack) => ({ retrieval: { fields: [MetadataField.text(text(stack))] } })],
  ['retrieval.tenant.field', (stack) => ({ retrieval: { tenant: { field: text(stack), claim: 'sub' } } })],
  ['splitter.tokens', (stack) => ({ splitter: Splitter.structure({ tokens: number(stack) }) })],
  ['splitter.overlapTokens', (stack) => ({ splitter: Splitter.tokens({ overlapTokens: number(stack) }) })],
  ['splitter.rows', (stack) => ({ splitter: Splitter.tables({ rows: number(stack) }) })],
  ['documents.parsing.pages', (stack) => ({ documents: { parsing: { pages: number(stack) } } })],
  ['documents.parsing.scans.pages', (stack) => ({ documents: { parsing: { scans: ScanReading.textract({ pages: number(stack) }) } } })],
  ['documents.contextLines.lineTokens', (stack) => ({ documents: { contextLines: ContextLines.byModel(undefined, { lineTokens: number(stack) }) } })],
])("refuses a value of the deployment for '%s'", (prop, props) => {
  expect(() => define(props)).toThrow('Stack/Rag');
  expect(() => define(props)).toThrow(`'${prop}' must be known when the stack is synthesized, `);
});

test('refuses a number of changes that may wait, which nobody counts here', () => {
  const sync = SyncPolicy.onChange({ backlog: 50 }).also(SyncPolicy.onDeploy());
  expect(() => define(() => ({ documents: { sync } }))).toThrow("Stack/Rag: 'backlog' must be left out of 'documents.sync' here, where changes are dealt with ten at a time however many wait, got 50");
});

const manyFields = (count: number, described = false) => Array.from({ length: count }, (_, at) => MetadataField.text(`a-field-${at}`, described ? { description: 'What it says of a document, at length' } : {}));

test.each([
  ['VectorStore.s3Vectors()', 48, VectorStore.s3Vectors()],
  ['VectorStore.openSearchServerless()', 50, VectorStore.openSearchServerless()],
] as const)('takes as many fields as %s may have', (_, count, store) => {
  expect(() => Template.fromStack(define(() => ({ store, retrieval: { fields: manyFields(count) } })))).not.toThrow();
});

test('a field that is described in other words is the same index', () => {
  const indexOf = (described: boolean) => JSON.stringify(Template.fromStack(define(() => ({ retrieval: { fields: manyFields(2, described) } }))).toJSON()).match(/passages_[0-9a-f]{10}/g);
  expect(indexOf(true)).toEqual(indexOf(false));
});
