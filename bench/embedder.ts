import { embed } from '../local/knowledge/embedding';

/** What turns texts into vectors of one dimension. */
export interface Embedder {
  readonly dimension: number;
  /** Said beside the figures. */
  readonly note: string;
  embed(texts: readonly string[]): Promise<number[][]>;
}

const HASHED = 512;

/** Hashes of words, as the local cloud embeds. */
export const hashes: Embedder = {
  dimension: HASHED,
  note: `vectors are hashes of words (${HASHED} numbers), as the local cloud embeds: they know no synonyms, and say nothing of a model`,
  embed: async (texts) => texts.map((text) => [...embed(text, HASHED)]),
};

/** A model behind `POST {url}/embeddings`, as OpenAI's clients ask and most servers answer. */
export async function served(url: string, model: string): Promise<Embedder> {
  const ask = async (input: readonly string[]) => {
    const response = await fetch(`${url.replace(/\/$/, '')}/embeddings`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model, input, encoding_format: 'float' }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`'--embeddings ${url}' answers ${response.status}: ${text.slice(0, 300)}`);
    const { data } = JSON.parse(text) as { readonly data?: readonly { readonly index: number; readonly embedding: number[] }[] };
    if (data?.length !== input.length) throw new Error(`'--embeddings ${url}' must answer with {"data": [{"index", "embedding"}]}, one for each text, got ${text.slice(0, 300)}`);
    return [...data].sort((one, other) => one.index - other.index).map(({ embedding }) => embedding);
  };
  const [{ length: dimension }] = await ask(['How many numbers has a vector?']);
  return { dimension, note: `vectors are of '${model}', ${dimension} numbers; questions and documents are embedded alike`, embed: ask };
}
