import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DiyRag, type EvaluationOptions, EvaluationRuns, EvaluationSet, ManagedRag, MetadataField, RagApi } from '../../lib';

const folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function setOf(...lines: readonly string[]): EvaluationSet {
  const path = join(folder, `${lines.join('').length}.jsonl`);
  writeFileSync(path, lines.join('\n'));
  return EvaluationSet.fromFile(path);
}

const QUESTION = '{"question":"How long?","relevant":["a.md"]}';

function evaluated(options: Partial<EvaluationOptions>) {
  const stack = new Stack(new App(), 'Stack');
  const evaluation = new DiyRag(stack, 'Rag').addEvaluation({ set: setOf(QUESTION), ...options });
  return { stack, evaluation };
}

test('a run has to be measured to its end, though that threshold is given as undefined', () => {
  const { stack } = evaluated({ thresholds: { completeness: undefined } });
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).flatMap(({ Properties: { Environment } }) => Environment?.Variables?.EVALUATION ?? []);
  expect(policies).toEqual([expect.stringContaining('"thresholds":{"completeness":0.9}')]);
});

test('a gate is made last, waits an hour, and changes with what is evaluated', () => {
  const { stack } = evaluated({ runs: EvaluationRuns.gate() });
  const template = Template.fromStack(stack);
  const [gate] = Object.values(template.findResources('Custom::EvaluationGate'));
  expect(gate.Properties).toMatchObject({ ServiceTimeout: '3600', CODE: expect.anything(), INDEX: expect.anything(), KNOWLEDGE: expect.anything() });
  const depends = gate.DependsOn as string[];
  for (const type of ['AWS::Lambda::EventSourceMapping', 'AWS::ApiGateway::Stage', 'AWS::Events::Rule']) {
    for (const id of Object.keys(template.findResources(type))) expect(depends).toContain(id);
  }
});

test('functions that go on by messages to themselves are not taken for loops, and others are', () => {
  const { stack } = evaluated({});
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const allowed = functions.filter(({ Properties }) => Properties.RecursiveLoop === 'Allow').map(({ Properties }) => Properties.Description as string);
  expect(allowed.sort()).toEqual(['Evaluates answers from documents', 'Keeps an index of passages in step with its documents']);
  expect(functions.length).toBeGreaterThan(2);
});

test('alarms ring below each threshold, and stay until the next run', () => {
  const { stack, evaluation } = evaluated({ thresholds: { recall: 0.8 } });
  const { alarms } = evaluation.addAlarms();
  expect(Object.keys(alarms)).toEqual(['LowRecall', 'LowCompleteness', 'Drop', 'BrokenRuns', 'DeadLetters']);
  Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'EvaluationRecall', Threshold: 0.8, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'ignore', Statistic: 'Minimum',
  });
});

test('a set in a bucket may be read, and nothing beside it', () => {
  const stack = new Stack(new App(), 'Stack');
  new ManagedRag(stack, 'Rag').addEvaluation({ set: EvaluationSet.fromBucket(Bucket.fromBucketName(stack, 'Sets', 'sets'), 'all/set.jsonl') });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::ManagedPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 's3:GetObject', Resource: { 'Fn::Join': ['', Match.arrayWith([':s3:::sets/all/set.jsonl'])] } })]) },
  });
});

test.each<[string, Partial<EvaluationOptions> | (() => Partial<EvaluationOptions>), string]>([
  ['a set with a line that is no JSON', () => ({ set: setOf(QUESTION, '{') }), "line 2: 'question' must stand in a JSON object on one line"],
  ['a set that is not there', { set: EvaluationSet.fromFile('no-such-file.jsonl') }, "'set' must be a file that can be read, got 'no-such-file.jsonl'"],
  ['a threshold of which the set says nothing', { thresholds: { correctness: 0.5 } }, "'thresholds.correctness' must be left out"],
  ['a threshold above the best', { thresholds: { recall: 1.1 } }, "'thresholds.recall' must be a share between 0 and 1, got 1.1: write 0.8 for 80 percent, or leave it out"],
  ['a threshold in percent', { thresholds: { ndcg: 80 } }, "'thresholds.ndcg' must be a share between 0 and 1, got 80: write 0.8 for 80 percent, or leave it out"],
  ['a threshold below the worst', { thresholds: { mrr: -1 } }, "'thresholds.mrr' must be a share between 0 and 1, got -1: write 0.8 for 80 percent, or leave it out"],
  ['more time than CloudFormation waits', { runs: EvaluationRuns.gate(), limits: { time: Duration.minutes(50) } }, "'limits.time' and 'limits.settling' must be at most 54 minutes together"],
  ['more questions than a run may ask', () => ({ set: setOf(QUESTION, QUESTION), limits: { questions: 1 } }), "line 2: 'question' must be one of at most 1"],
  ['a drop of nothing', {}, "'drop' must be above 0"],
])('refuses %s', (name, given, message) => {
  const options = typeof given === 'function' ? given() : given;
  expect(() => {
    const { evaluation } = evaluated(options);
    if (name === 'a drop of nothing') evaluation.addAlarms({ drop: 0 });
  }).toThrow(message);
});

const FILTERED = (filter: object) => setOf(QUESTION, JSON.stringify({ question: 'Since when?', filter }));
const FIELDS = { fields: [MetadataField.number('year')], tenant: { field: 'owner', claim: 'email' } };

test.each<[string, object, string]>([
  ['a field where none is declared', {}, "line 2: 'filter' cannot be used: 'filter.year' must be one of 'and' or 'or', for this knowledge base declares no fields, got 'year': declare it in 'retrieval.fields', or leave it out"],
  ['another field than those declared', { fields: [MetadataField.text('kind')] }, "line 2: 'filter' cannot be used: 'filter.or[1].year' must be one of 'kind', 'and' or 'or', got 'year'"],
])('refuses a set whose filter names %s, for every kind of rag', (name, retrieval, message) => {
  const set = name.includes('none') ? FILTERED({ year: 2024 }) : FILTERED({ kind: 'law', or: [{ kind: { ne: 'x' } }, { year: 2024 }] });
  for (const Rag of [DiyRag, ManagedRag]) expect(() => new Rag(new Stack(new App(), 'Stack'), 'Rag', { retrieval }).addEvaluation({ set })).toThrow(message);
});

test('takes filters on declared fields, on the tenant\'s, and what only a run can tell', () => {
  const asked = (filter: object) => setOf(JSON.stringify({ question: 'Since when?', relevant: ['a.md'], tenant: 'ada@example.com', filter }));
  for (const filter of [{ year: { gte: 2024 } }, { owner: 'ada@example.com', and: [{ or: [{ year: 1 }, { year: 2 }] }] }, { year: { near: 2024 } }, { or: 'year' }]) {
    for (const Rag of [DiyRag, ManagedRag]) expect(() => new Rag(new Stack(new App(), 'Stack'), 'Rag', { retrieval: FIELDS }).addEvaluation({ set: asked(filter) })).not.toThrow();
  }
});

test('refuses an evaluation where nobody is answered, and a second one', () => {
  const stack = new Stack(new App(), 'Stack');
  expect(() => new DiyRag(stack, 'Silent', { api: RagApi.none() }).addEvaluation({ set: setOf(QUESTION) })).toThrow(/'addEvaluation' is not there with RagApi\.none\(\), which answers nobody: take RagApi\.rest\(\)$/);
  const rag = new DiyRag(stack, 'Rag');
  rag.addEvaluation({ set: setOf(QUESTION) });
  expect(() => rag.addEvaluation({ set: setOf(QUESTION) })).toThrow("'addEvaluation' may be called once");
});
