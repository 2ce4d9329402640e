import { type IConstruct } from 'constructs';
import { stackPart } from '../internal/physical-name';

/** What the names of indexes begin with in a store that somebody has: it may hold those of many stacks, in which constructs have the same paths. */
export function indexPrefix(scope: IConstruct): string {
  return `passages_${scope.node.addr.slice(-8)}_${stackPart()}_`;
}
