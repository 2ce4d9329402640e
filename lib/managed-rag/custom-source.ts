import { connector } from './connector';
import { type GuardedSourceOptions } from './ingestion';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';

/** Nothing to reach: documents are handed over. */
export function bindCustom(build: SourceBuild, { accessControl }: GuardedSourceOptions): SourceOfKind {
  return { configuration: isManaged(build) ? connector('CUSTOM', { aclEnabled: accessControl || undefined }) : { type: 'CUSTOM' }, crawled: false };
}
