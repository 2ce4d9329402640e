import { wellFormed } from './well-formed';
import type { MetadataField, MetadataType } from '../../lib/contract/metadata';
import type { Filter, Scalar } from '../ports/passages';

/** A query of OpenSearch's, as far as filters need one. */
export type Query = Readonly<Record<string, unknown>>;

const NONE: Query = { match_none: {} };
const TYPES: Readonly<Record<MetadataType, string>> = { string: 'string', number: 'number', boolean: 'boolean', stringList: 'string' };
const RANGES = { greaterThan: 'gt', greaterThanOrEquals: 'gte', lessThan: 'lt', lessThanOrEquals: 'lte' } as const;

/** A filter as a query over `described.<field>`. OpenSearch would take the text '7' for the number: what is of another type than its field is found by nothing. */
export function openSearchFilter(filter: Filter, fields: readonly MetadataField[]): Query {
  if ('all' in filter) return { bool: { filter: filter.all.map((one) => openSearchFilter(one, fields)) } };
  if ('any' in filter) return { bool: { should: filter.any.map((one) => openSearchFilter(one, fields)), minimum_should_match: 1 } };
  const declared = fields.find(({ name }) => name === filter.field);
  const fits = (value: Scalar) => declared !== undefined && typeof value === TYPES[declared.type];
  const path = `described.${filter.field}`;
  if ('values' in filter) {
    const values = filter.values.filter(fits).map(clean);
    const some: Query = values.length > 0 ? { terms: { [path]: values } } : NONE;
    return filter.is === 'in' ? some : { bool: { must_not: [some] } };
  }
  const { is } = filter;
  const value = clean(filter.value);
  const equal: Query = fits(value) ? { term: { [path]: { value } } } : NONE;
  switch (is) {
    case 'equals':
    case 'lists':
      return equal;
    case 'notEquals':
      return { bool: { must_not: [equal] } };
    case 'startsWith':
      return fits(value) ? { prefix: { [path]: { value } } } : NONE;
    case 'contains':
      return fits(value) ? { wildcard: { [path]: { value: `*${String(value).replace(/[\\*?]/g, '\\$&')}*` } } } : NONE;
    default:
      return fits(value) ? { range: { [path]: { [RANGES[is]]: value } } } : NONE;
  }
}

function clean(value: Scalar): Scalar {
  return typeof value === 'string' ? wellFormed(value) : value;
}
