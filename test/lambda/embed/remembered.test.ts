import { remembered } from '../../../lambda/embed/remembered';
import type { EmbeddedAs, Embeddings, Vector } from '../../../lambda/ports/embeddings';
import type { Vectors } from '../../../lambda/ports/vectors';

const model = { modelId: 'model', dimension: 1, binary: false };
const forever = new AbortController().signal;

class MemoryVectors implements Vectors {
  readonly known = new Map<string, Vector>();
  async find(keys: readonly string[]) {
    return new Map(keys.flatMap((key) => (this.known.has(key) ? [[key, this.known.get(key) ?? []] as const] : [])));
  }
  async keep(vectors: ReadonlyMap<string, Vector>) {
    for (const [key, vector] of vectors) this.known.set(key, vector);
  }
}

class Lengths implements Embeddings {
  readonly asked: (readonly string[])[] = [];
  async embed(texts: readonly string[], _as: EmbeddedAs) {
    this.asked.push(texts);
    return texts.map((text) => [text.length + 0.1]);
  }
}

test('a text is embedded once, however often it comes', async () => {
  const inner = new Lengths();
  const counts: number[][] = [];
  const outer = remembered(model, { embeddings: inner, vectors: new MemoryVectors(), count: (...count) => counts.push(count) });
  const first = await outer.embed(['one', 'three', 'one'], 'document', forever);
  expect(first).toEqual([[Math.fround(3.1)], [Math.fround(5.1)], [Math.fround(3.1)]]);
  expect(await outer.embed(['three', 'seventeen'], 'document', forever)).toEqual([[Math.fround(5.1)], [Math.fround(9.1)]]);
  expect(inner.asked).toEqual([['one', 'three'], ['seventeen']]);
  expect(counts).toEqual([[0, 2], [1, 1]]);
});

test('a question is no document, and another model makes other vectors', async () => {
  const [inner, vectors] = [new Lengths(), new MemoryVectors()];
  await remembered(model, { embeddings: inner, vectors }).embed(['one'], 'document', forever);
  await remembered(model, { embeddings: inner, vectors }).embed(['one'], 'query', forever);
  await remembered({ ...model, modelId: 'other' }, { embeddings: inner, vectors }).embed(['one'], 'document', forever);
  await remembered({ ...model, binary: true }, { embeddings: inner, vectors }).embed(['one'], 'document', forever);
  expect(inner.asked).toHaveLength(4);
  expect(vectors.known.size).toBe(4);
});

test('a memory that fails is done without, and told of', async () => {
  const broken: Vectors = { find: () => Promise.reject(new Error('read')), keep: () => Promise.reject(new Error('write')) };
  const failed: unknown[] = [];
  const outer = remembered(model, { embeddings: new Lengths(), vectors: broken, failed: (error) => failed.push(error) });
  expect(await outer.embed(['one'], 'document', forever)).toEqual([[Math.fround(3.1)]]);
  expect(failed).toEqual([new Error('read'), new Error('write')]);
});

test('what was made before something came to grief is kept', async () => {
  const vectors = new MemoryVectors();
  let calls = 0;
  const failing: Embeddings = { embed: (texts) => (++calls === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(texts.map(() => [1]))) };
  const texts = Array.from({ length: 300 }, (_, at) => `text ${at}`);
  await expect(remembered(model, { embeddings: failing, vectors }).embed(texts, 'document', forever)).rejects.toThrow('gone');
  expect(vectors.known.size).toBe(192);
});
