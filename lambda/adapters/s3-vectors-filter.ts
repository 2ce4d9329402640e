import { StoreFailure } from '../ports/passage-store';
import { type Filter, type Scalar } from '../ports/passages';

/** A filter as S3 Vectors takes it. */
export type VectorFilter = { [key: string]: VectorFilter | VectorFilter[] | Scalar | Scalar[] };

const OPERATORS = { equals: '$eq', lists: '$eq', greaterThan: '$gt', greaterThanOrEquals: '$gte', lessThan: '$lt', lessThanOrEquals: '$lte' } as const;

/** Refuses what S3 Vectors cannot do: it does not look into texts. */
export function s3VectorsFilter(filter: Filter): VectorFilter {
  if ('all' in filter) return { $and: filter.all.map(s3VectorsFilter) };
  if ('any' in filter) return { $or: filter.any.map(s3VectorsFilter) };
  const { field } = filter;
  if (field.startsWith('$')) throw new StoreFailure('refused', `a field must not begin with '$' to be filtered by in S3 Vectors, got '${field}'`);
  // What is not there is unequal to everything, and S3 Vectors does not promise to see it so.
  const orAbsent = (condition: VectorFilter): VectorFilter => ({ $or: [{ [field]: condition }, { [field]: { $exists: false } }] });
  switch (filter.is) {
    case 'in':
      return { [field]: { $in: [...filter.values] } };
    case 'notIn':
      return orAbsent({ $nin: [...filter.values] });
    case 'notEquals':
      return orAbsent({ $ne: filter.value });
    case 'startsWith':
    case 'contains':
      throw new StoreFailure('refused', `'${field}' cannot be filtered by a part of its text, for S3 Vectors compares whole texts: use equals or in`);
    default:
      return { [field]: { [OPERATORS[filter.is]]: filter.value } };
  }
}
