import { Refusal, shortened } from './data';
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
    const address = `${url.replace(/\/$/, '')}/embeddings`;
    const { ok, status, text } = await posted(address, { model, input, encoding_format: 'float' });
    if (!ok) throw new Refusal(`'--embeddings': ${address} answers ${status} for the model '${model}': ${shortened(text)}`);
    const data = vectorsIn(text);
    if (data?.length !== input.length) throw new Refusal(`'--embeddings': ${address} must answer with {"data": [{"index", "embedding"}]}, one for each text, got ${shortened(text)}`);
    return [...data].sort((one, other) => one.index - other.index).map(({ embedding }) => embedding);
  };
  const [{ length: dimension }] = await ask(['How many numbers has a vector?']);
  return { dimension, note: `vectors are of '${model}', ${dimension} numbers; questions and documents are embedded alike`, embed: ask };
}

async function posted(address: string, body: object) {
  try {
    const response = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    // What went wrong is the cause; of a name with several addresses it has a code alone.
    const { cause, message } = error as Error & { readonly cause?: { readonly message?: string; readonly code?: string } };
    throw new Refusal(`'--embeddings' must be the address of a server that runs, as http://127.0.0.1:11434/v1: ${address} gives no answer, ${cause?.message || cause?.code || message}`);
  }
}

interface Vector {
  readonly index: number;
  readonly embedding: number[];
}

function vectorsIn(text: string): readonly Vector[] | undefined {
  try {
    return (JSON.parse(text) as { readonly data?: readonly Vector[] } | null)?.data;
  } catch {
    return undefined;
  }
}
