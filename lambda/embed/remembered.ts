import { createHash } from 'node:crypto';
import type { EmbeddingPolicy } from '../../lib/contract/diy-rag';
import type { EmbeddedAs, Embeddings, Vector } from '../ports/embeddings';
import type { Vectors } from '../ports/vectors';

export interface RememberedPorts {
  readonly embeddings: Embeddings;
  readonly vectors: Vectors;
  /** Hears how many were known, and how many had to be made. */
  readonly count?: (known: number, made: number) => void;
  /** Hears why vectors could not be looked up or kept: they are made then, and nothing fails. */
  readonly failed?: (error: unknown) => void;
}

/** So many are made before they are kept: what comes to grief later does not make them again. */
const AT_ONCE = 192;

type MadeBy = Pick<EmbeddingPolicy, 'modelId' | 'dimension' | 'binary'>;

/** What the vector of a text is remembered by. */
export function vectorKey({ modelId, dimension, binary }: MadeBy, text: string, as: EmbeddedAs): string {
  return createHash('sha256').update(JSON.stringify([modelId, dimension, binary, as, text])).digest('base64url');
}

/** Embeds what was not embedded before by the same model in the same way, and the same text once. */
export function remembered(policy: MadeBy, ports: RememberedPorts): Embeddings {
  const { dimension } = policy;
  const keyOf = (text: string, as: EmbeddedAs) => vectorKey(policy, text, as);
  return {
    async embed(texts, as, signal) {
      const byKey = new Map(texts.map((text) => [keyOf(text, as), text]));
      const known = new Map(await found([...byKey.keys()], ports));
      for (const [key, vector] of known) if (vector.length !== dimension) known.delete(key);
      const missing = [...byKey].filter(([key]) => !known.has(key));
      ports.count?.(byKey.size - missing.length, missing.length);
      for (let from = 0; from < missing.length; from += AT_ONCE) {
        const part = missing.slice(from, from + AT_ONCE);
        const vectors = await ports.embeddings.embed(part.map(([, text]) => text), as, signal);
        // As they are kept: the same text has the same vector, whether it was known or not.
        const made = new Map(part.map(([key], at) => [key, vectors[at].map(Math.fround)]));
        for (const [key, vector] of made) known.set(key, vector);
        await kept(made, ports);
      }
      return texts.map((text) => known.get(keyOf(text, as)) ?? []);
    },
  };
}

async function found(keys: readonly string[], { vectors, failed }: RememberedPorts): Promise<ReadonlyMap<string, Vector>> {
  try {
    return await vectors.find(keys);
  } catch (error) {
    failed?.(error);
    return new Map();
  }
}

async function kept(made: ReadonlyMap<string, Vector>, { vectors, failed }: RememberedPorts): Promise<void> {
  try {
    await vectors.keep(made);
  } catch (error) {
    failed?.(error);
  }
}
