import type { RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import type { Filter } from '../ports/passages';

/** A filter as knowledge bases take it. They want at least two filters in a group. */
export function retrievalFilter(filter: Filter): RetrievalFilter {
  if ('all' in filter) return filter.all.length === 1 ? retrievalFilter(filter.all[0]) : { andAll: filter.all.map(retrievalFilter) };
  if ('any' in filter) return filter.any.length === 1 ? retrievalFilter(filter.any[0]) : { orAll: filter.any.map(retrievalFilter) };
  const { field: key } = filter;
  switch (filter.is) {
    case 'in':
      return { in: { key, value: [...filter.values] } };
    case 'notIn':
      return { notIn: { key, value: [...filter.values] } };
    case 'equals':
      return { equals: { key, value: filter.value } };
    case 'notEquals':
      return { notEquals: { key, value: filter.value } };
    case 'greaterThan':
      return { greaterThan: { key, value: filter.value } };
    case 'greaterThanOrEquals':
      return { greaterThanOrEquals: { key, value: filter.value } };
    case 'lessThan':
      return { lessThan: { key, value: filter.value } };
    case 'lessThanOrEquals':
      return { lessThanOrEquals: { key, value: filter.value } };
    case 'startsWith':
      return { startsWith: { key, value: filter.value } };
    case 'contains':
      return { stringContains: { key, value: filter.value } };
    case 'lists':
      return { listContains: { key, value: filter.value } };
  }
}
