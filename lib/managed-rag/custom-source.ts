import { connector } from './connector';
import { isManaged, type SourceBuild, type SourceOfKind } from './source-binding';

/** Nothing to reach: documents are handed over. */
export function bindCustom(build: SourceBuild): SourceOfKind {
  return { configuration: isManaged(build) ? connector('CUSTOM', {}) : { type: 'CUSTOM' }, crawled: false };
}
