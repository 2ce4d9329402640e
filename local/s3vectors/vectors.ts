import { type Metadata, readFilter } from './filter';
import { refuse } from '../bedrock/refusal';

const MOST_KEYS = 50;
const METADATA_BYTES = 40 * 1_024;
const FILTERABLE_BYTES = 2_048;

export interface VectorIndexDefinition {
  readonly arn: string;
  readonly dimension: number;
  readonly metric: 'cosine' | 'euclidean';
  readonly nonFilterableKeys: readonly string[];
}

export interface StoredVector {
  readonly key: string;
  readonly data: Float32Array;
  readonly metadata: Metadata;
}

/** Vectors of one index, in memory, under the rules of the service. */
export class VectorIndex {
  readonly vectors = new Map<string, StoredVector>();

  constructor(readonly definition: VectorIndexDefinition) {}

  put(given: readonly { readonly key?: unknown; readonly data?: unknown; readonly metadata?: unknown }[]): void {
    const read = given.map(({ key, data, metadata }, at): StoredVector => ({
      key: this.key(key, `vectors[${at}].key`), data: this.data(data, `vectors[${at}].data`), metadata: this.metadata(metadata ?? {}, `vectors[${at}].metadata`),
    }));
    const keys = new Set(read.map(({ key }) => key));
    if (keys.size < read.length) refuse('Invalid record: a request must not put two vectors under the same key');
    for (const vector of read) this.vectors.set(vector.key, vector);
  }

  nearest(query: unknown, filter: unknown, most: number): { readonly vector: StoredVector; readonly distance: number }[] {
    const wanted = this.data(query, 'queryVector');
    const passes = filter === undefined || filter === null ? () => true : readFilter(filter, this.definition.nonFilterableKeys);
    const those = [...this.vectors.values()].filter(({ metadata }) => passes(metadata));
    const found = those.map((vector) => ({ vector, distance: this.distance(wanted, vector.data) }));
    return found.sort((one, other) => one.distance - other.distance).slice(0, most);
  }

  private distance(one: Float32Array, other: Float32Array): number {
    let [dot, long, longer, apart] = [0, 0, 0, 0];
    for (let at = 0; at < one.length; at++) {
      dot += one[at] * other[at];
      long += one[at] ** 2;
      longer += other[at] ** 2;
      apart += (one[at] - other[at]) ** 2;
    }
    return this.definition.metric === 'cosine' ? 1 - dot / Math.sqrt(long * longer) : apart;
  }

  private key(key: unknown, place: string): string {
    if (typeof key !== 'string' || key.length === 0 || key.length > 1_024) refuse(`Invalid ${place}: must have 1 to 1024 characters`);
    return key;
  }

  private data(data: unknown, place: string): Float32Array {
    const { float32 } = (data ?? {}) as { readonly float32?: unknown };
    const { dimension, metric } = this.definition;
    if (!Array.isArray(float32) || float32.length !== dimension) refuse(`Invalid ${place}: the vector must have length ${dimension}`);
    const numbers = Float32Array.from(float32 as number[]);
    if (!numbers.every(Number.isFinite)) refuse(`Invalid ${place}: NaN and Infinity are no values of a vector`);
    if (metric === 'cosine' && numbers.every((value) => value === 0)) refuse(`Invalid ${place}: a vector of zeros has no cosine distance`);
    return numbers;
  }

  private metadata(metadata: unknown, place: string): Metadata {
    if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) refuse(`Invalid ${place}: must be an object`);
    const entries = Object.entries(metadata);
    if (entries.length > MOST_KEYS) refuse(`Invalid ${place}: must have at most ${MOST_KEYS} keys`);
    for (const [key, value] of entries) {
      const values: unknown[] = Array.isArray(value) ? value : [value];
      if (values.length === 0 || values.some((one) => !['string', 'number', 'boolean'].includes(typeof one))) refuse(`Invalid ${place}: ${key} must be a string, a number, a boolean or a list of them`);
    }
    const { nonFilterableKeys } = this.definition;
    const filterable = sizeOf(entries.filter(([key]) => !nonFilterableKeys.includes(key)));
    if (filterable > FILTERABLE_BYTES) refuse(`Invalid record for key: Filterable metadata must have at most ${FILTERABLE_BYTES} bytes`);
    if (sizeOf(entries) > METADATA_BYTES) refuse(`Invalid record for key: Total metadata must have at most ${METADATA_BYTES} bytes`);
    return metadata as Metadata;
  }
}

function sizeOf(entries: readonly [string, unknown][]): number {
  return entries.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(Object.fromEntries(entries)));
}
