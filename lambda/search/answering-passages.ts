import type { PassageSearch } from '../../lib/contract/passage-search';
import type { IndexRecipe, Indexes } from '../../lib/contract/reindexing';
import type { AskedIndex } from '../ports/answers';
import type { Embeddings } from '../ports/embeddings';
import { type Passages, PassagesFailure } from '../ports/passages';

export interface AnsweringPorts {
  /** Which indexes there are, as of a moment ago. */
  indexes(): Promise<Indexes>;
  open(recipe: IndexRecipe, search: PassageSearch): Passages;
}

export interface AnsweringTerms {
  readonly search: PassageSearch;
  /** The store that may be asked. */
  readonly place: string;
  /** Ids of the embedding models that may be called. */
  readonly models: readonly string[];
}

/**
 * Passages of the index that answers, whose question is embedded by the model that its chunks were embedded by. An index of a model that may not be called any
 * more is searched by words alone. Where none answers yet, nothing is found.
 */
export function answeringPassages({ search: terms, place, models }: AnsweringTerms, { indexes, open }: AnsweringPorts): Passages {
  const opened = new Map<string, Passages>();
  return {
    async search(search, signal, tell) {
      const { answering, known } = await read(indexes);
      const own = answering === undefined ? undefined : known[answering];
      if (own?.place !== place) return [];
      const id = JSON.stringify([answering, own.recipe.pipeline]);
      const within = terms.by === 'both' && !models.includes(own.recipe.embedding.modelId) ? { ...terms, by: 'words' as const } : terms;
      const passages = opened.get(id) ?? open(own.recipe, within);
      opened.set(id, passages);
      return passages.search(search, signal, tell);
    },
  };
}

/** The same index, for whoever compares questions to it. */
export function askedIndex(indexes: AnsweringPorts['indexes'], embedder: (recipe: IndexRecipe) => Embeddings): AskedIndex {
  return {
    async current() {
      const { answering, known } = await indexes();
      const own = answering === undefined ? undefined : known[answering];
      if (!own) throw new Error('no index answers yet');
      return { id: JSON.stringify([answering, own.place, own.recipe.pipeline]), embeddings: embedder(own.recipe) };
    },
  };
}

async function read(indexes: AnsweringPorts['indexes']): Promise<Indexes> {
  try {
    return await indexes();
  } catch (error) {
    // The deployment's fault, and told as it is.
    if (error instanceof Error && error.name === 'AccessDeniedException') throw error;
    throw new PassagesFailure('unavailable', `it cannot be read which index answers: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
