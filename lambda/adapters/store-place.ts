import { createHash } from 'node:crypto';
import type { StoreReference } from '../../lib/contract/own-knowledge';

/** Tells a store from every other, whoever logs in to it. */
export function placeOf(reference: StoreReference): string {
  const { secretArn: _, user: __, ...place } = reference as StoreReference & { readonly secretArn?: string; readonly user?: string };
  return createHash('sha256').update(JSON.stringify(Object.entries(place).sort())).digest('hex').slice(0, 8);
}
