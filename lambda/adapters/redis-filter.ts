import { createHash } from 'node:crypto';
import { wellFormed } from './well-formed';
import type { MetadataField, MetadataType } from '../../lib/contract/metadata';
import { type StoredChunk, StoreFailure } from '../ports/passage-store';
import type { Filter, Scalar } from '../ports/passages';

const TYPES: Readonly<Record<MetadataType, string>> = { string: 'string', number: 'number', boolean: 'boolean', stringList: 'string' };

/** The name of a field in a schema: names that people give may hold what queries read as their own. */
export function fieldOf(name: string): string {
  return `f_${digest(name)}`;
}

/** A text as a tag: tags are cut at separators, trimmed and compared without case, and these are not changed by any of that. */
export function tagOf(value: Scalar): string {
  return digest(JSON.stringify(typeof value === 'string' ? wellFormed(value) : value));
}

/** A word as servers read it one way only, whatever they split texts at: those of other letters than plain ones by their bytes. */
export function wordOf(term: string): string {
  return /^[a-z0-9]+$/.test(term) ? term : `x${Buffer.from(term).toString('hex')}`;
}

/** What a chunk is described by, as fields of its hash; undefined takes a field out. */
export function describedBy(metadata: StoredChunk['metadata'], fields: readonly MetadataField[]): Record<string, string | undefined> {
  return Object.fromEntries(fields.map(({ name, type }) => {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (Array.isArray(value)) return [fieldOf(name), type === 'stringList' && value.length > 0 ? value.map(tagOf).join(',') : undefined];
    const fits = type !== 'stringList' && typeof value === TYPES[type];
    return [fieldOf(name), fits ? type === 'number' ? String(value) : tagOf(value as Scalar) : undefined];
  }));
}

/**
 * A filter over the fields of an index as a query expression: true lets all pass, false none. What has no value is unequal to everything, and a value of
 * another type than its field is found by nothing. Refuses a part of a text, for only whole ones are kept as tags.
 */
export function redisFilter(filter: Filter, fields: readonly MetadataField[]): string | boolean {
  if ('all' in filter) return joined(' ', filter.all.map((one) => redisFilter(one, fields)));
  if ('any' in filter) return joined(' | ', filter.any.map((one) => redisFilter(one, fields)));
  const type = fields.find(({ name }) => name === filter.field)?.type;
  const fits = (value: Scalar) => type !== undefined && typeof value === TYPES[type] && (type === 'stringList') === (filter.is === 'lists');
  const at = `@${fieldOf(filter.field)}`;
  const among = (values: readonly Scalar[]) => {
    if (values.length === 0) return false;
    return type === 'number' ? joined(' | ', values.map((value) => `${at}:[${value} ${value}]`)) : `${at}:{${values.map(tagOf).join(' | ')}}`;
  };
  if ('values' in filter) return filter.is === 'in' ? among(filter.values.filter(fits)) : not(among(filter.values.filter(fits)));
  const { value } = filter;
  const ranges = { greaterThan: `[(${value} +inf]`, greaterThanOrEquals: `[${value} +inf]`, lessThan: `[-inf (${value}]`, lessThanOrEquals: `[-inf ${value}]` } as const;
  switch (filter.is) {
    case 'equals':
    case 'lists':
      return among([value].filter(fits));
    case 'notEquals':
      return not(among([value].filter(fits)));
    case 'startsWith':
    case 'contains':
      throw new StoreFailure('refused', `'${filter.field}' cannot be filtered by a part of its text, for Redis keeps whole texts as tags: use equals or in`);
    default:
      return fits(value) && typeof value === 'number' && `${at}:${ranges[filter.is]}`;
  }
}

/** All or any of several, without those that are decided already. */
export function joined(how: ' ' | ' | ', conditions: readonly (string | boolean)[]): string | boolean {
  const decides = how === ' | ';
  const open = conditions.filter((one) => typeof one === 'string');
  if (conditions.includes(decides)) return decides;
  if (open.length === 0) return !decides;
  return open.length === 1 ? open[0] : `(${open.join(how)})`;
}

function not(condition: string | boolean): string | boolean {
  return typeof condition === 'boolean' ? !condition : `-${condition}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
