import { bedrockEmbeddings } from '../../../lambda/adapters/bedrock-embeddings';
import { embeddings } from '../../../lambda/embed/embeddings';
import type { Vector } from '../../../lambda/ports/embeddings';
import type { EmbeddingPolicy } from '../../../lib/contract/diy-rag';
import { Faults } from '../../../local/bedrock/faults';
import { type LocalBedrock, startLocalBedrock } from '../../local/bedrock/local-bedrock';
import { FakeClock } from '../fakes/clock';

const faults = new Faults();
let bedrock: LocalBedrock;
beforeAll(async () => {
  bedrock = await startLocalBedrock({ faults });
}, 20_000);
beforeEach(() => faults.set({ kind: 'none' }));
afterAll(() => bedrock.stop());

const forever = new AbortController().signal;
const titan: EmbeddingPolicy = { modelId: 'amazon.titan-embed-text-v2:0', family: 'titan', dimension: 256, binary: false, inputTokens: 8_192, concurrency: 4 };
const models: EmbeddingPolicy[] = [
  titan,
  { ...titan, binary: true },
  { ...titan, modelId: 'cohere.embed-english-v3', family: 'cohereV3', dimension: 1_024, inputTokens: 512 },
  { ...titan, modelId: 'cohere.embed-multilingual-v3', family: 'cohereV3', dimension: 1_024, inputTokens: 512, binary: true },
  { ...titan, modelId: 'eu.cohere.embed-v4:0', family: 'cohereV4', dimension: 384, inputTokens: 128_000 },
  { ...titan, modelId: 'global.cohere.embed-v4:0', family: 'cohereV4', dimension: 1_536, inputTokens: 128_000, binary: true },
  { ...titan, modelId: 'amazon.nova-2-multimodal-embeddings-v1:0', family: 'nova', dimension: 1_024 },
];
const embedding = (policy: EmbeddingPolicy, clock = new FakeClock()) => embeddings(policy, { calls: bedrockEmbeddings(bedrock.client, policy), clock });

function likeness(one: Vector, other: Vector): number {
  const product = (left: Vector, right: Vector) => left.reduce((sum, value, at) => sum + value * right[at], 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}

describe.each(models)('$modelId, binary $binary', (policy) => {
  const texts = ['Ships leave the harbour at nine.', 'Refunds take fourteen days.', ...Array.from({ length: 110 }, (_, at) => `Another text, number ${at}.`)];

  test('makes a vector of the length asked for of each text, the question nearest to what it asks for', async () => {
    const vectors = await embedding(policy).embed(texts, 'document', forever);
    expect(vectors).toHaveLength(texts.length);
    for (const vector of vectors) expect(vector).toHaveLength(policy.dimension);
    if (policy.binary) expect([...new Set(vectors.flat())].sort()).toEqual([0, 1]);
    const [question] = await embedding(policy).embed(['When do refunds come?'], 'query', forever);
    const best = vectors.map((vector) => likeness(question, vector));
    expect(best.indexOf(Math.max(...best))).toBe(1);
  });

  test('cuts what is longer than the model takes', async () => {
    const [vector] = await embedding({ ...policy, inputTokens: Math.min(policy.inputTokens, 8_192) }).embed(['Refunds take fourteen days. '.repeat(4_000)], 'document', forever);
    expect(vector).toHaveLength(policy.dimension);
  });
});

test('throttled calls come through in the end', async () => {
  faults.set({ kind: 'throttle', times: 9 });
  const clock = new FakeClock();
  const vectors = await embedding(titan, clock).embed(Array.from({ length: 20 }, (_, at) => `Text ${at}`), 'document', forever);
  expect(vectors).toHaveLength(20);
  expect(clock.pauses).toHaveLength(9);
});

test('a model that is away for good is an outage, a body it does not take a refusal, and a missing right neither', async () => {
  faults.set({ kind: 'unavailable' });
  await expect(embedding(titan).embed(['Hello'], 'query', forever)).rejects.toMatchObject({ name: 'EmbeddingFailure', kind: 'unavailable' });
  faults.set({ kind: 'none' });
  await expect(embedding({ ...titan, dimension: 300 }).embed(['Hello'], 'query', forever)).rejects.toMatchObject({ name: 'EmbeddingFailure', kind: 'refused' });
  const denied = await startLocalBedrock({ statements: [] });
  const calls = bedrockEmbeddings(denied.client, titan);
  await expect(calls.embed(['Hello'], 'query', forever)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await denied.stop();
});
