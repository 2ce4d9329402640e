import type { Embeddings, Vector } from '../ports/embeddings';

/** A question is embedded by whoever looks for it among answers, and by whoever looks passages up. */
const MOST = 32;

/** Embeds texts that come alone once, as long as not many others have come since. */
export function latest(embeddings: Embeddings): Embeddings {
  const known = new Map<string, Promise<readonly Vector[]>>();
  return {
    embed(texts, as, signal) {
      if (texts.length !== 1) return embeddings.embed(texts, as, signal);
      const key = `${as} ${texts[0]}`;
      const before = known.get(key);
      if (before) return before;
      const made = embeddings.embed(texts, as, signal);
      made.catch(() => known.delete(key));
      known.set(key, made);
      if (known.size > MOST) known.delete([...known.keys()][0]);
      return made;
    },
  };
}
