import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Model, ModelRouter, SearchKind } from '../../lib';
import { DiyRag, type PassageRetrieval, QueryExpansion, QueryRewriting } from '../../lib/diy-rag';

const MICRO = Model.foundation('amazon.nova-micro-v1:0');

function define(retrieval: PassageRetrieval) {
  const stack = new Stack(new App(), 'Stack', { env: { region: 'us-east-1' } });
  new DiyRag(stack, 'Rag', { retrieval });
  return stack;
}

/** What the handler of questions is told, and what it may do with models. */
function told(retrieval: PassageRetrieval) {
  const template = Template.fromStack(define(retrieval));
  const handlers = Object.values(template.findResources('AWS::Lambda::Function')).flatMap(({ Properties }) => Properties.Environment?.Variables.KNOWLEDGE ?? []);
  const text = JSON.stringify(handlers[0]).replace(/\\+"/g, '"');
  const granted = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as object[]);
  return { text, policies: JSON.stringify(granted) };
}

test('nothing is said of it where nothing is chosen, and no model more may be asked', () => {
  const { text, policies } = told({});
  expect(text).not.toMatch(/rewriting|expansion/);
  expect(policies).not.toContain('nova-micro');
});

test.each<[string, PassageRetrieval, string]>([
  ['as they come', { rewriting: QueryRewriting.none() }, '"rewriting":{"by":"none"}'],
  ['from history', { rewriting: QueryRewriting.fromHistory() }, '"rewriting":{"by":"history"}'],
  ['by the model that answers', { rewriting: QueryRewriting.byModel({ timeout: Duration.seconds(3) }) }, '"rewriting":{"by":"model","milliseconds":3000}'],
  ['and in three other ways', { expansion: QueryExpansion.multiQuery() }, '"expansion":{"by":"paraphrases","queries":3,"milliseconds":8000}'],
  ['and by what might answer them', { expansion: QueryExpansion.hyde() }, '"expansion":{"by":"passage","milliseconds":8000}'],
])('questions are looked up %s', (_, retrieval, policy) => {
  expect(told(retrieval).text).toContain(policy);
});

test('expanding nothing is no expansion', () => {
  expect(told({ expansion: QueryExpansion.none(), questions: 2 }).text).not.toContain('expansion');
});

test('a model of its own is told, and may be asked for streams and nothing else', () => {
  const { text, policies } = told({ rewriting: QueryRewriting.byModel({ model: MICRO }) });
  expect(text).toMatch(/"rewriting":\{"by":"model","model":\{"id":"amazon\.nova-micro-v1:0"/);
  const granted = (JSON.parse(policies) as { Action: unknown; Resource: unknown }[]).filter(({ Resource }) => JSON.stringify(Resource).includes('nova-micro'));
  expect(granted.map(({ Action }) => Action)).toEqual(['bedrock:InvokeModelWithResponseStream']);
});

test.each<[string, PassageRetrieval, string]>([
  ['patience without end', { rewriting: QueryRewriting.byModel({ timeout: Duration.minutes(1) }) }, "'retrieval.rewriting.timeout' must be"],
  ['more paraphrases than help', { expansion: QueryExpansion.multiQuery({ queries: 6 }) }, "'retrieval.expansion.queries' must be a whole number between 1 and 5, got 6"],
  ['a router before a search', { expansion: QueryExpansion.hyde({ model: new ModelRouter({ model: MICRO }) }) }, "'retrieval.expansion.model' must be one model"],
  ['taking questions apart without a model', { questions: 2, rewriting: QueryRewriting.fromHistory() }, "'retrieval.questions' must be 1 with a 'retrieval.rewriting' that asks no model"],
  ['several questions in several ways', { questions: 2, expansion: QueryExpansion.hyde() }, "'retrieval.questions' must be 1 with 'retrieval.expansion'"],
  ['what might be meant where no meaning is looked for', { search: SearchKind.KEYWORD, expansion: QueryExpansion.hyde() }, "'retrieval.expansion' must not be QueryExpansion.hyde() with SearchKind.KEYWORD"],
  ['a similarity of questions for passages', { ranking: { leastSimilarity: 0.5 }, expansion: QueryExpansion.hyde() }, "'retrieval.ranking.leastSimilarity' must be left out with QueryExpansion.hyde()"],
  ['what is no rewriting', { rewriting: 'history' as never }, "'retrieval.rewriting' must be made by QueryRewriting"],
])('refuses %s', (_, retrieval, message) => {
  expect(() => define(retrieval)).toThrow(message);
});
