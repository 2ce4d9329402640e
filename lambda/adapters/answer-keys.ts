import { ANSWER_TABLE, GENERATION_SHARDS } from '../../lib/contract/answer-cache';
import type { Scalar } from '../ports/passages';

const { partitionKey, sortKey } = ANSWER_TABLE;

/** Of all items that are one generation. */
export function generationKeys(tenant: Scalar | undefined): Record<string, string>[] {
  return Array.from({ length: GENERATION_SHARDS }, (_, shard) => generationKey(tenant, shard));
}

export function generationKey(tenant: Scalar | undefined, shard: number): Record<string, string> {
  // No name of a tenant is empty.
  return { [partitionKey]: `generation#${tenant === undefined ? '' : encodeURIComponent(String(tenant))}#${shard}`, [sortKey]: 'generation' };
}
