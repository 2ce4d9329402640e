import type { Comparison, Indexes, KnownIndex } from '../../lib/contract/reindexing';

/** `GET /v1/indexes`: which indexes there are and how far each is. How many documents there are, and so why one is refused, is said to those alone who may find them all. */
export function indexesBody({ answering, wanted, known }: Indexes, all: boolean): object {
  const data = Object.entries(known).sort(([, one], [, other]) => other.since - one.since).map(([id, own]) => ({
    id,
    object: 'index',
    state: stateOf(id, own, { answering, wanted }),
    embedding_model: own.recipe.embedding.modelId,
    dimension: own.recipe.index.dimension,
    created_at: seconds(own.since),
    answering_since: id === answering && own.answered !== undefined ? seconds(own.answered) : null,
    in_step: id === answering || own.ready,
    ...(own.until !== undefined && { kept_until: seconds(own.until) }),
    ...(own.refused && { refused: { at: seconds(own.refused.at), ...(all && { reason: own.refused.reason }) } }),
    // Of the one that answers GET /v1/documents tells, as they are now; what a look counted is of before.
    ...(all && own.counts && id !== answering && { documents: documentsOf(own.counts) }),
    ...(all && own.compared && { compared: comparedOf(own.compared) }),
  }));
  return { object: 'list', data };
}

function stateOf(id: string, { dropping, refused, answered, until }: KnownIndex, { answering, wanted }: Pick<Indexes, 'answering' | 'wanted'>): string {
  if (id === answering) return 'answering';
  if (dropping !== undefined) return 'dropping';
  if (refused) return 'refused';
  return id === wanted && until === undefined ? 'building' : answered === undefined ? 'abandoned' : 'kept';
}

function documentsOf({ at, documents, indexed, failed, waiting, lost }: NonNullable<KnownIndex['counts']>): object {
  return { counted_at: seconds(at), all: documents, indexed, failed, waiting, lost };
}

function comparedOf({ at, documents, meaning, words }: Comparison): object {
  return { at: seconds(at), documents, meaning, ...(words && { words }) };
}

function seconds(at: number): number {
  return Math.floor(at / 1000);
}
