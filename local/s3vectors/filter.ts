import { refuse } from '../bedrock/refusal';

export type Value = string | number | boolean | readonly (string | number | boolean)[];

/** What a vector is described by. */
export type Metadata = Readonly<Record<string, Value>>;

type Test = (actual: Value | undefined, wanted: unknown) => boolean;

const number = (compare: (actual: number, wanted: number) => boolean): Test => (actual, wanted) => typeof actual === 'number' && compare(actual, wanted as number);
const equals: Test = (actual, wanted) => (Array.isArray(actual) ? actual.includes(wanted as string) : actual === wanted);
const within: Test = (actual, wanted) => (wanted as unknown[]).some((one) => equals(actual, one));

const isPrimitive = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
const isNumber = (value: unknown) => typeof value === 'number';
const isList = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isPrimitive);

/** What is not there is neither equal nor unequal to anything: whoever wants it asks for it. */
const TESTS: Readonly<Record<string, { readonly test: Test; readonly takes: (value: unknown) => boolean; readonly name: string }>> = {
  $eq: { test: equals, takes: isPrimitive, name: 'a string, a number or a boolean' },
  $ne: { test: (actual, wanted) => actual !== undefined && !equals(actual, wanted), takes: isPrimitive, name: 'a string, a number or a boolean' },
  $gt: { test: number((actual, wanted) => actual > wanted), takes: isNumber, name: 'a number' },
  $gte: { test: number((actual, wanted) => actual >= wanted), takes: isNumber, name: 'a number' },
  $lt: { test: number((actual, wanted) => actual < wanted), takes: isNumber, name: 'a number' },
  $lte: { test: number((actual, wanted) => actual <= wanted), takes: isNumber, name: 'a number' },
  $in: { test: within, takes: isList, name: 'a non-empty array of primitives' },
  $nin: { test: (actual, wanted) => actual !== undefined && !within(actual, wanted), takes: isList, name: 'a non-empty array of primitives' },
  $exists: { test: (actual, wanted) => (actual !== undefined) === wanted, takes: (value) => typeof value === 'boolean', name: 'a boolean' },
};

/** A filter as S3 Vectors takes it, refused where the service would refuse it. */
export function readFilter(filter: unknown, nonFilterable: readonly string[]): (metadata: Metadata) => boolean {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter) || Object.keys(filter).length === 0) refuse('Invalid query filter: must be an object with at least one key');
  const tests = Object.entries(filter).map(([key, value]) => (key.startsWith('$') ? group(key, value, nonFilterable) : field(key, value, nonFilterable)));
  return (metadata) => tests.every((test) => test(metadata));
}

function group(operator: string, value: unknown, nonFilterable: readonly string[]): (metadata: Metadata) => boolean {
  if (operator !== '$and' && operator !== '$or') refuse(`Invalid query filter: unknown operator ${operator}`);
  if (!Array.isArray(value) || value.length === 0) refuse(`Invalid query filter: ${operator} must have a non-empty array of filters`);
  const filters = value.map((one) => readFilter(one, nonFilterable));
  return (metadata) => (operator === '$and' ? filters.every((test) => test(metadata)) : filters.some((test) => test(metadata)));
}

function field(key: string, value: unknown, nonFilterable: readonly string[]): (metadata: Metadata) => boolean {
  if (nonFilterable.includes(key)) refuse(`Invalid use of non-filterable metadata in filter: ${key}`);
  const conditions = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [['$eq', value] as const];
  if (conditions.length === 0) refuse(`Invalid query filter: ${key} must have an operator`);
  const tests = conditions.map(([operator, wanted]) => {
    const { test, takes, name } = TESTS[operator] ?? refuse(`Invalid query filter: unknown operator ${operator}`);
    if (!takes(wanted)) refuse(`Invalid query filter: ${operator} of ${key} must have ${name}`);
    return (actual: Value | undefined) => test(actual, wanted);
  });
  return (metadata) => tests.every((test) => test(Object.hasOwn(metadata, key) ? metadata[key] : undefined));
}
