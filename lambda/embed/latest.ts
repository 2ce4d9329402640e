import type { Embeddings, Vector } from '../ports/embeddings';

/** A question is embedded by whoever looks for it among answers, and by whoever looks passages up. */
const MOST = 32;

interface Made {
  readonly vectors: Promise<readonly Vector[]>;
  /** Of whoever asked first. */
  readonly signal: AbortSignal;
}

/** Embeds texts that come alone once, as long as not many others have come since. */
export function latest(embeddings: Embeddings): Embeddings {
  const known = new Map<string, Made>();
  const embed: Embeddings['embed'] = (texts, as, signal) => {
    if (texts.length !== 1) return embeddings.embed(texts, as, signal);
    const key = `${as} ${texts[0]}`;
    const before = known.get(key);
    // Who asked first may have gone before there was an answer: that is no failure for whoever still waits.
    if (before) return before.vectors.catch((error: unknown) => (before.signal.aborted && !signal.aborted ? embed(texts, as, signal) : Promise.reject(error)));
    const made: Made = { vectors: embeddings.embed(texts, as, signal), signal };
    made.vectors.catch(() => {
      if (known.get(key) === made) known.delete(key);
    });
    known.set(key, made);
    if (known.size > MOST) known.delete([...known.keys()][0]);
    return made.vectors;
  };
  return { embed };
}
