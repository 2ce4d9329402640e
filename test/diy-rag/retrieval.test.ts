import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ApiAuth, MetadataField, Reranking, RerankModel, SearchKind } from '../../lib';
import { DiyRag, type DiyRagProps, Fusion, type PassageRetrieval, VectorStore } from '../../lib/diy-rag';
import type { StoreBinding } from '../../lib/diy-rag/store-binding';

function templateOf(retrieval: PassageRetrieval, props: DiyRagProps = {}, more: (rag: DiyRag, stack: Stack) => void = () => undefined): Template {
  const stack = new Stack(new App(), 'Stack');
  more(new DiyRag(stack, 'Rag', { ...props, retrieval }), stack);
  return Template.fromStack(stack);
}

/** What the handler looks passages up by. */
function searchIn(template: Template): Record<string, any> {
  const [{ Properties: { Environment: { Variables: { KNOWLEDGE } } } }] = answering(template);
  const text = typeof KNOWLEDGE === 'string' ? KNOWLEDGE : (KNOWLEDGE as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1].map((part) => typeof part === 'string' ? part : 'token').join('');
  return (JSON.parse(text) as { own: { search: Record<string, any> } }).own.search;
}

/** Actions that the handler's role may call, with what they may be called on. */
function grantsIn(template: Template): Record<string, unknown> {
  const [{ Properties: { Role: { 'Fn::GetAtt': [role] } } }] = answering(template);
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => Properties as { PolicyDocument: Document; Roles: { Ref: string }[] });
  const attached = policies.filter(({ Roles }) => Roles.some(({ Ref }) => Ref === role));
  const statements = attached.flatMap(({ PolicyDocument: { Statement } }) => Statement);
  return Object.fromEntries(statements.flatMap(({ Action, Resource }) => [Action].flat().map((action) => [action, Resource])));
}

interface Document {
  readonly Statement: readonly { readonly Action: string | string[]; readonly Resource: unknown }[];
}

/** The function that answers. */
function answering(template: Template): any[] {
  return Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Environment: { Variables: { KNOWLEDGE: Match.anyValue() } } } }));
}

test('passages are found by meaning and by words unless told otherwise, their scores brought onto one scale', () => {
  expect(searchIn(templateOf({}))).toEqual({ by: 'both', candidates: 25, fusion: { method: 'zScore' }, weights: { meaning: 1, words: 1 } });
});

test.each<[Fusion, object]>([
  [Fusion.reciprocalRank(), { fusion: { method: 'reciprocalRank', k: 60 }, weights: { meaning: 1, words: 1 } }],
  [Fusion.reciprocalRank({ k: 20, semantic: 2 }), { fusion: { method: 'reciprocalRank', k: 20 }, weights: { meaning: 2, words: 1 } }],
  [Fusion.minMax({ keyword: 0.5 }), { fusion: { method: 'minMax' }, weights: { meaning: 1, words: 0.5 } }],
  [Fusion.zScore({ semantic: 3, keyword: 2 }), { fusion: { method: 'zScore' }, weights: { meaning: 3, words: 2 } }],
])('fuses as it is told: %#', (fusion, expected) => expect(searchIn(templateOf({ ranking: { fusion } }))).toMatchObject(expected));

test('what gives way, and what is too unlike the question, is as it is told', () => {
  expect(searchIn(templateOf({ ranking: { diversity: 0.25, leastSimilarity: 0.3 } }))).toMatchObject({ relevance: 0.75, leastSimilarity: 0.3 });
  expect(searchIn(templateOf({ ranking: { diversity: 0 } }))).not.toHaveProperty('relevance');
});

test('a reranker may be called by who answers, with its model and no other', () => {
  const template = templateOf({ rerank: Reranking.model(RerankModel.foundation('cohere.rerank-v3-5:0')), ranking: { rerankTimeout: Duration.millis(800), leastScore: 0.2 } });
  expect(searchIn(template).rerank).toEqual({ modelArn: expect.stringMatching(/:foundation-model\/cohere\.rerank-v3-5:0$/), milliseconds: 800, leastScore: 0.2 });
  expect(grantsIn(template)['bedrock:Rerank']).toBe('*');
  expect(JSON.stringify(template.toJSON())).toContain('::foundation-model/cohere.rerank-v3-5:0');
  expect(searchIn(templateOf({ rerank: Reranking.model(RerankModel.standard()) })).rerank).toMatchObject({ milliseconds: 3_000 });
  expect(grantsIn(templateOf({}))).not.toHaveProperty('bedrock:Rerank');
});

test('it is watched where a reranker is asked, and nowhere else', () => {
  const watched = (rag: DiyRag) => { rag.addAlarms(); rag.addDashboard(); };
  const rerank = Reranking.model(RerankModel.standard());
  templateOf({ rerank }, {}, watched).hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'RerankFallbacks', Threshold: 0, EvaluationPeriods: 3 });
  templateOf({}, {}, watched).resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { MetricName: 'RerankFallbacks' }, 0);
});

test.each<[SearchKind, string, readonly string[], readonly string[], boolean]>([
  [SearchKind.SEMANTIC, 'meaning', ['s3vectors:QueryVectors', 's3vectors:GetVectors', 'bedrock:InvokeModel'], ['dynamodb:BatchGetItem'], false],
  [SearchKind.KEYWORD, 'words', ['s3vectors:GetVectors', 'dynamodb:Query', 'dynamodb:BatchGetItem'], ['s3vectors:QueryVectors', 'bedrock:InvokeModel'], true],
  [SearchKind.HYBRID, 'both', ['s3vectors:QueryVectors', 's3vectors:GetVectors', 'dynamodb:Query', 'dynamodb:BatchGetItem', 'bedrock:InvokeModel'], [], true],
])('searching by %s may do that and no more', (search, by, needed, spared, words) => {
  const template = templateOf({ search }, { encryptionKey: undefined });
  const grants = Object.keys(grantsIn(template));
  expect(searchIn(template).by).toBe(by);
  expect(grants).toEqual(expect.arrayContaining([...needed]));
  expect(grants.filter((action) => spared.includes(action))).toEqual([]);
  expect(Object.keys(template.findResources('AWS::DynamoDB::GlobalTable')).some((name) => name.includes('StoreWords'))).toBe(words);
});

test('without words a key is used for vectors alone', () => {
  const stack = new Stack(new App(), 'Stack');
  new DiyRag(stack, 'Rag', { retrieval: { search: SearchKind.SEMANTIC }, encryptionKey: new Key(stack, 'Key') });
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).toContain('s3vectors.');
});

/** A store that finds nothing by words. */
class Wordless extends VectorStore {
  public _bind(...given: Parameters<VectorStore['_bind']>): StoreBinding {
    return { ...VectorStore.s3Vectors()._bind(...given), words: false };
  }
}

test('a store without words is searched by meaning', () => {
  expect(searchIn(templateOf({}, { store: new Wordless() })).by).toBe('meaning');
});

const rerank = Reranking.model(RerankModel.standard());
test.each<[PassageRetrieval, string, DiyRagProps?]>([
  [{ ranking: { fusion: Fusion.minMax() }, search: SearchKind.SEMANTIC }, "'retrieval.ranking.fusion' must be left out with SearchKind.SEMANTIC"],
  [{ ranking: { fusion: Fusion.minMax() } }, "'retrieval.ranking.fusion' must be left out for this store", { store: new Wordless() }],
  [{ search: SearchKind.HYBRID }, "'retrieval.search' must be SearchKind.SEMANTIC for this store", { store: new Wordless() }],
  [{ ranking: { fusion: {} as Fusion } }, "'retrieval.ranking.fusion' must be"],
  [{ ranking: { fusion: Fusion.reciprocalRank({ k: 0 }) } }, "'retrieval.ranking.fusion.k' must be"],
  [{ ranking: { fusion: Fusion.zScore({ keyword: 0 }) } }, "'retrieval.ranking.fusion.keyword' must be"],
  [{ ranking: { fusion: Fusion.zScore({ semantic: -1 }) } }, "'retrieval.ranking.fusion.semantic' must be"],
  [{ ranking: { leastSimilarity: 1.1 } }, "'retrieval.ranking.leastSimilarity' must be"],
  [{ ranking: { leastSimilarity: 0.5 }, search: SearchKind.KEYWORD }, "'retrieval.ranking.leastSimilarity' must be left out with SearchKind.KEYWORD"],
  [{ fields: [MetadataField.text('_chunk')] }, "'retrieval.fields' must not name a field '_chunk', for stores keep '_tenant', '_chunk', '_without' for themselves"],
  [{ tenant: { field: '_tenant', claim: 'team' } }, "'retrieval.tenant.field' must not name a field '_tenant'"],
  [{ tenant: { field: 'tenant', claim: 'tenant' } }, "got 'tenant': write 'custom:tenant'", { auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }) }],
  [{ ranking: { diversity: -0.1 } }, "'retrieval.ranking.diversity' must be"],
  [{ ranking: { leastScore: 0.5 } }, "'retrieval.ranking.leastScore' must be left out without 'retrieval.rerank'"],
  [{ ranking: { rerankTimeout: Duration.seconds(1) } }, "'retrieval.ranking.rerankTimeout' must be left out without 'retrieval.rerank'"],
  [{ rerank, ranking: { leastScore: 2 } }, "'retrieval.ranking.leastScore' must be"],
  [{ rerank, ranking: { rerankTimeout: Duration.minutes(1) } }, "'retrieval.ranking.rerankTimeout in milliseconds' must be"],
  [{ rerank: Reranking.managed() }, "'retrieval.rerank' must be Reranking.model"],
  [{ rerank: {} as Reranking }, "'retrieval.rerank' must be"],
])('refuses %#: %j', (retrieval, message, props = {}) => expect(() => templateOf(retrieval, props)).toThrow(message));
