import type { Metadata, Value } from './metadata';
import { refuse } from '../bedrock/refusal';

/** A filter as `Retrieve` takes it: one operator, with a key and a value, or with filters of its own. */
export type Filter = Readonly<Record<string, unknown>>;

type Test = (actual: Value | undefined, wanted: unknown) => boolean;

const numeric = (compare: (actual: number, wanted: number) => boolean): Test => (actual, wanted) => typeof actual === 'number' && compare(actual, Number(wanted));

const equals: Test = (actual, wanted) => (Array.isArray(actual) ? actual.includes(wanted as string) : actual === wanted);
const within: Test = (actual, wanted) => (wanted as unknown[]).some((one) => equals(actual, one));

const TESTS: Readonly<Record<string, { readonly test: Test; readonly value: 'any' | 'number' | 'string' | 'list' }>> = {
  equals: { test: equals, value: 'any' },
  notEquals: { test: (actual, wanted) => !equals(actual, wanted), value: 'any' },
  greaterThan: { test: numeric((actual, wanted) => actual > wanted), value: 'number' },
  greaterThanOrEquals: { test: numeric((actual, wanted) => actual >= wanted), value: 'number' },
  lessThan: { test: numeric((actual, wanted) => actual < wanted), value: 'number' },
  lessThanOrEquals: { test: numeric((actual, wanted) => actual <= wanted), value: 'number' },
  in: { test: within, value: 'list' },
  notIn: { test: (actual, wanted) => !within(actual, wanted), value: 'list' },
  startsWith: { test: (actual, wanted) => typeof actual === 'string' && actual.startsWith(String(wanted)), value: 'string' },
  stringContains: { test: (actual, wanted) => [actual].flat().some((one) => typeof one === 'string' && one.includes(String(wanted))), value: 'string' },
  listContains: { test: (actual, wanted) => Array.isArray(actual) && actual.includes(wanted as string), value: 'string' },
};

/** Operators that a store does not know. */
const MISSING: Readonly<Record<string, readonly string[]>> = { S3_VECTORS: ['startsWith', 'stringContains'], MANAGED: ['startsWith', 'stringContains'] };

const DEEPEST = 3;

/** Refuses a filter as the service would, before anything is searched. */
export function requireFilter(filter: Filter, store: string, nonFilterableKeys: readonly string[] = [], depth = 1): void {
  const entries = Object.entries(filter).filter(([, argument]) => argument !== undefined);
  if (entries.length !== 1) refuse(`A filter must have exactly one operator, got ${entries.map(([name]) => name).join(', ') || 'none'}.`);
  const [[name, argument]] = entries;
  if (name === 'andAll' || name === 'orAll') {
    if (!Array.isArray(argument) || argument.length < 2) refuse(`'${name}' must have at least 2 filters, got ${Array.isArray(argument) ? argument.length : JSON.stringify(argument)}.`);
    if (depth > DEEPEST) refuse(`Filters may stand ${DEEPEST} levels deep in each other.`);
    for (const one of argument as Filter[]) requireFilter(one, store, nonFilterableKeys, depth + 1);
    return;
  }
  const operator = TESTS[name] ?? refuse(`'${name}' is no operator of a filter.`);
  if (MISSING[store]?.includes(name)) refuse(`The filter operator '${name}' is not supported by the vector store ${store}.`);
  const { key, value } = (argument ?? {}) as { key?: unknown; value?: unknown };
  if (typeof key !== 'string' || key === '') refuse(`'${name}' must have a key.`);
  if (nonFilterableKeys.includes(key)) refuse(`The metadata key '${key}' is non-filterable.`);
  const fits = { any: ['string', 'number', 'boolean'].includes(typeof value), number: typeof value === 'number', string: typeof value === 'string', list: Array.isArray(value) && value.length > 0 };
  if (!fits[operator.value]) refuse(`'${name}' of '${key}' must have ${operator.value === 'any' ? 'a string, a number or a boolean' : `a ${operator.value}`}, got ${JSON.stringify(value)}.`);
}

/** Whether a document's attributes are what the filter asks for. */
export function passes(filter: Filter, metadata: Metadata): boolean {
  const [[name, argument]] = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (name === 'andAll') return (argument as Filter[]).every((one) => passes(one, metadata));
  if (name === 'orAll') return (argument as Filter[]).some((one) => passes(one, metadata));
  const { key, value } = argument as { key: string; value: unknown };
  return TESTS[name].test(Object.hasOwn(metadata, key) ? metadata[key] : undefined, value);
}
