import { createHash } from 'node:crypto';
import type { StoreReference } from '../../lib/contract/own-knowledge';

type FieldOf<Store> = Store extends unknown ? keyof Store : never;

/** What says how chunks are come by, and not where they lie: an index that is there already would be taken for none. */
const BESIDE_THE_POINT: readonly FieldOf<StoreReference>[] = ['secretArn', 'tls', 'keywordTable', 'words', 'ownsEngine'];

/** Tells a store from every other, whoever logs in to it, and whatever is kept beside its chunks. */
export function placeOf(reference: StoreReference): string {
  const place = Object.entries(reference).filter(([name]) => !BESIDE_THE_POINT.some((one) => one === name));
  return createHash('sha256').update(JSON.stringify(place.sort())).digest('hex').slice(0, 8);
}
