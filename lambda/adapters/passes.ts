import type { Comparison, Filter, Scalar } from '../ports/passages';

type Value = Scalar | readonly string[] | undefined;

const TESTS: Readonly<Record<Comparison, (actual: Value, wanted: Scalar) => boolean>> = {
  equals: (actual, wanted) => actual === wanted,
  notEquals: (actual, wanted) => actual !== wanted,
  greaterThan: (actual, wanted) => typeof actual === 'number' && actual > Number(wanted),
  greaterThanOrEquals: (actual, wanted) => typeof actual === 'number' && actual >= Number(wanted),
  lessThan: (actual, wanted) => typeof actual === 'number' && actual < Number(wanted),
  lessThanOrEquals: (actual, wanted) => typeof actual === 'number' && actual <= Number(wanted),
  startsWith: (actual, wanted) => typeof actual === 'string' && actual.startsWith(String(wanted)),
  contains: (actual, wanted) => typeof actual === 'string' && actual.includes(String(wanted)),
  lists: (actual, wanted) => Array.isArray(actual) && actual.includes(wanted),
};

/**
 * Whether what a document is described by is what a filter asks for, where the store cannot tell. A text is no number that looks like it; what
 * is not there equals nothing, and so is unequal to everything.
 */
export function passes(filter: Filter, metadata: Readonly<Record<string, Scalar | readonly string[]>>): boolean {
  if ('all' in filter) return filter.all.every((one) => passes(one, metadata));
  if ('any' in filter) return filter.any.some((one) => passes(one, metadata));
  const actual = Object.hasOwn(metadata, filter.field) ? metadata[filter.field] : undefined;
  if ('values' in filter) return filter.values.some((value) => value === actual) === (filter.is === 'in');
  return TESTS[filter.is](actual, filter.value);
}
