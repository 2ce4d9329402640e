import type { StoredChunk, StoreHit } from '../../../lambda/ports/passage-store';
import type { Scalar } from '../../../lambda/ports/passages';
import type { MetadataField } from '../../../lib/contract/metadata';

export const DIMENSION = 8;

/** What the chunks of the tests are described by. */
export const FIELDS: readonly MetadataField[] = [
  { name: 'owner', type: 'string' }, { name: 'kind', type: 'string' }, { name: 'year', type: 'number' }, { name: 'draft', type: 'boolean' }, { name: 'tags', type: 'stringList' },
];

export interface TestChunk extends Partial<Omit<StoredChunk, 'vector'>> {
  readonly id: string;
  /** Axis that its vector points along, how far it leans towards the next, and its length, against the axis where negative. */
  readonly at?: number;
  readonly off?: number;
  readonly long?: number;
}

/** A chunk with what a test does not care for. */
export function chunk({ id, at = 0, off = 0, long = 1, ...rest }: TestChunk): StoredChunk {
  const vector = toward(at).map((value, axis) => (value + (axis === (at + 1) % DIMENSION ? off : 0)) * long);
  return { id, document: `s3://bucket/${id}`, number: 0, title: '', text: 'word', lead: '', start: 0, end: 4, metadata: {}, ...rest, vector };
}

/** Along one axis. */
export function toward(at: number): number[] {
  return Array.from({ length: DIMENSION }, (_, axis) => (axis === at ? 1 : 0));
}

/** A chunk of a tenant. */
export function described(owner: Scalar, text: string): TestChunk {
  return { id: `of ${typeof owner} ${owner}`, text, metadata: { owner } };
}

export function ids(hits: readonly StoreHit[]): string[] {
  return hits.map(({ chunk: { id } }) => id);
}
