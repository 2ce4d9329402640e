import { wellFormed } from './well-formed';
import type { MetadataField, MetadataType } from '../../lib/contract/metadata';
import { PINECONE_KEYS as KEYS } from '../../lib/contract/passage-stores';
import { StoreFailure } from '../ports/passage-store';
import type { Filter, Scalar } from '../ports/passages';

/** A filter as Pinecone takes it. */
export type PineconeFilter = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<MetadataType, string>> = { string: 'string', number: 'number', boolean: 'boolean', stringList: 'string' };
const RANGES = { greaterThan: '$gt', greaterThanOrEquals: '$gte', lessThan: '$lt', lessThanOrEquals: '$lte' } as const;

/**
 * A filter over the fields of an index: true lets all pass, false none, so that Pinecone is never asked to compare what is of another type than
 * its field. What has no value is unequal to everything, which Pinecone does not see: each record lists the fields that it lacks. Refuses a part
 * of a text, which Pinecone cannot look for.
 */
export function pineconeFilter(filter: Filter, fields: readonly MetadataField[]): PineconeFilter | boolean {
  if ('all' in filter) return joined('$and', filter.all.map((one) => pineconeFilter(one, fields)));
  if ('any' in filter) return joined('$or', filter.any.map((one) => pineconeFilter(one, fields)));
  const { field, is } = filter;
  const type = fields.find(({ name }) => name === field)?.type;
  const fits = (value: Scalar) => type !== undefined && typeof value === TYPES[type] && (type === 'stringList') === (is === 'lists');
  const unless = (condition: PineconeFilter): PineconeFilter => ({ $or: [{ [field]: condition }, { [KEYS.without]: { $eq: field } }] });
  if ('values' in filter) {
    const values = filter.values.filter(fits).map(clean);
    if (values.length === 0) return is === 'notIn';
    return is === 'in' ? { [field]: { $in: values } } : unless({ $nin: values });
  }
  const value = clean(filter.value);
  switch (filter.is) {
    case 'equals':
    case 'lists':
      return fits(value) && { [field]: { $eq: value } };
    case 'notEquals':
      return !fits(value) || unless({ $ne: value });
    case 'startsWith':
    case 'contains':
      throw new StoreFailure('refused', `'${field}' cannot be filtered by a part of its text, for Pinecone compares whole texts: use equals or in`);
    default:
      return fits(value) && typeof value === 'number' && { [field]: { [RANGES[filter.is]]: value } };
  }
}

/** What a record is described by, as it can be filtered by: values of their fields' types, and the names of the fields that have none. */
export function pineconeMetadata(described: Readonly<Record<string, Scalar | readonly string[]>>, fields: readonly MetadataField[]): PineconeFilter {
  const known = fields.filter(({ name, type }) => Object.hasOwn(described, name) && isOf(type, described[name]));
  const without = fields.filter((field) => !known.includes(field)).map(({ name }) => name);
  return { ...Object.fromEntries(known.map(({ name }) => [name, described[name]])), ...without.length > 0 && { [KEYS.without]: without } };
}

/** All or any of several, without those that are decided already. */
export function joined(how: '$and' | '$or', conditions: readonly (PineconeFilter | boolean)[]): PineconeFilter | boolean {
  const decides = how === '$or';
  const open = conditions.filter((one) => typeof one === 'object');
  if (conditions.includes(decides)) return decides;
  if (open.length === 0) return !decides;
  return open.length === 1 ? open[0] : { [how]: open };
}

function isOf(type: MetadataType, value: Scalar | readonly string[]): boolean {
  return type === 'stringList' ? Array.isArray(value) && value.length > 0 : typeof value === TYPES[type];
}

function clean(value: Scalar): Scalar {
  return typeof value === 'string' ? wellFormed(value) : value;
}
