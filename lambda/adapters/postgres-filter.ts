import { wellFormed } from './well-formed';
import type { Comparison, Filter, Scalar } from '../ports/passages';

/** Takes a value of a statement, and says how the statement names it. */
export type Bind = (value: unknown) => string;

const SIGNS = { greaterThan: '>', greaterThanOrEquals: '>=', lessThan: '<', lessThanOrEquals: '<=' } as const;

/** A filter as a condition of SQL over the column `metadata`. Whatever comes from a caller is a value of the statement, field names too. */
export function postgresFilter(filter: Filter, bind: Bind): string {
  if ('all' in filter) return group(filter.all, 'AND', bind);
  if ('any' in filter) return group(filter.any, 'OR', bind);
  const { field } = filter;
  if ('values' in filter) {
    const some = group(filter.values.map((value): Filter => ({ field, is: 'equals', value })), 'OR', bind);
    return filter.is === 'in' ? some : `NOT ${some}`;
  }
  return condition(field, filter.is, filter.value, bind);
}

function group(filters: readonly Filter[], how: 'AND' | 'OR', bind: Bind): string {
  if (filters.length === 0) return how === 'AND' ? 'true' : 'false';
  return `(${filters.map((filter) => postgresFilter(filter, bind)).join(` ${how} `)})`;
}

function condition(field: string, is: Comparison, value: Scalar, bind: Bind): string {
  const holds = (content: unknown) => `metadata @> ${bind(JSON.stringify({ [wellFormed(field)]: content }))}::jsonb`;
  switch (is) {
    case 'equals':
      return holds(clean(value));
    case 'notEquals':
      return `NOT ${holds(clean(value))}`;
    case 'lists':
      return holds([clean(value)]);
    case 'startsWith':
    case 'contains': {
      const [name, wanted] = [`${bind(wellFormed(field))}::text`, `${bind(clean(String(value)))}::text`];
      const found = is === 'contains' ? `strpos(metadata ->> ${name}, ${wanted}) > 0` : `starts_with(metadata ->> ${name}, ${wanted})`;
      return `(jsonb_typeof(metadata -> ${name}) = 'string' AND ${found})`;
    }
    default: {
      // As the index of a number's field is written.
      const name = `${bind(wellFormed(field))}::text`;
      return `(jsonb_typeof(metadata -> ${name}) = 'number' AND metadata -> ${name} ${SIGNS[is]} ${bind(JSON.stringify(Number(value)))}::jsonb)`;
    }
  }
}

function clean(value: Scalar): Scalar {
  return typeof value === 'string' ? wellFormed(value) : value;
}
