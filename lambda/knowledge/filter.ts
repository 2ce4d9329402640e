import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { MetadataField, MetadataType } from '../../lib/contract/metadata';
import { BadRequest } from '../kit/http';
import type { Comparison, Condition, Filter, Scalar } from '../ports/passages';

/** How many groups stand in each other once the tenant's condition stands before them, and how many conditions in all: services refuse more. */
const DEEPEST = 3;
const MOST_CONDITIONS = 25;
const MOST_VALUES = 50;
const LONGEST_TEXT = 500;

/** What a filter may say of a field, by what the field holds. */
const OPERATORS: Readonly<Record<MetadataType, readonly string[]>> = {
  string: ['eq', 'ne', 'in', 'notIn', 'startsWith', 'contains'],
  number: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn'],
  boolean: ['eq', 'ne'],
  stringList: ['contains', 'in'],
};

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  eq: 'equals', ne: 'notEquals', gt: 'greaterThan', gte: 'greaterThanOrEquals', lt: 'lessThan', lte: 'lessThanOrEquals', startsWith: 'startsWith', contains: 'contains',
};

const VALUES: Readonly<Record<MetadataType, { readonly type: string; readonly name: string }>> = {
  string: { type: 'string', name: 'a text' },
  number: { type: 'number', name: 'a number' },
  boolean: { type: 'boolean', name: 'true or false' },
  stringList: { type: 'string', name: 'a text' },
};

export type FilterRules = Pick<KnowledgePolicy, 'fields' | 'textFilters' | 'tenant'>;

/**
 * A filter as people write it: `{"department": "hr", "year": {"gte": 2024}, "or": [{"tags": "tax"}, {"draft": false}]}`. Every key is a
 * field that the builder declared, or `and` or `or` over a list of filters; what stands side by side has to hold together. A field's value
 * is what it has to be, a list of values one of which it has to be, or operators. Undefined where nothing is asked.
 */
export function parseFilter(value: unknown, rules: FilterRules, path = 'filter'): Filter | undefined {
  if (value === undefined || value === null) return undefined;
  const filter = new FilterReader(rules).group(value, path, 1);
  if (filter && groupsIn(filter, 'all') > DEEPEST) tooDeep(path);
  return filter;
}

class FilterReader {
  private conditions = 0;

  /** The tenant's condition is one of them. */
  private readonly most: number;

  constructor(private readonly rules: FilterRules) {
    this.most = MOST_CONDITIONS - (rules.tenant ? 1 : 0);
  }

  group(value: unknown, path: string, depth: number): Filter | undefined {
    if (depth > 2 * DEEPEST) tooDeep(path);
    if (!isObject(value)) refuse(path, 'must be an object of fields', kindOf(value), 'write {"field": value}');
    return joined('all', Object.entries(value).flatMap(([key, inner]) => this.entry(key, inner, `${path}.${key.slice(0, 64)}`, depth)));
  }

  private entry(key: string, value: unknown, path: string, depth: number): readonly Filter[] {
    if (key === 'and' || key === 'or') return this.several(key, value, path, depth);
    const field = this.rules.fields.find(({ name }) => name === key);
    if (!field) refuse(path, `must be one of ${this.names()}`, `'${key.slice(0, 64)}'`, this.rules.fields.length === 0 ? "leave it out, or have it declared in 'retrieval.fields'" : 'leave it out');
    return this.field(field, value, path);
  }

  private several(key: 'and' | 'or', value: unknown, path: string, depth: number): readonly Filter[] {
    if (!Array.isArray(value) || value.length === 0) refuse(path, 'must be a list of at least one filter', kindOf(value), `write {"${key}": [{…}, {…}]}`);
    const inner = value.map((each, at) => this.group(each, `${path}[${at}]`, depth + 1) ?? refuse(`${path}[${at}]`, 'must hold a condition', 'an empty object', 'leave it out'));
    const filter = joined(key === 'and' ? 'all' : 'any', inner);
    return filter ? [filter] : [];
  }

  private field(field: MetadataField, value: unknown, path: string): readonly Filter[] {
    if (Array.isArray(value)) return [this.condition(field, 'in', value, path)];
    if (!isObject(value)) return [this.condition(field, field.type === 'stringList' ? 'contains' : 'eq', value, path)];
    const entries = Object.entries(value);
    if (entries.length === 0) refuse(path, 'must say something of the field', 'an empty object', `write a value, or one of ${this.operators(field)}`);
    return entries.map(([operator, operand]) => this.condition(field, operator, operand, `${path}.${operator.slice(0, 64)}`));
  }

  private condition(field: MetadataField, operator: string, operand: unknown, path: string): Filter {
    const { name, type } = field;
    if (!OPERATORS[type].includes(operator)) {
      refuse(path, `must be one of ${this.operators(field)}, for '${name}' is declared as ${type}`, `'${operator.slice(0, 64)}'`, 'take one of them');
    }
    if (!this.can(field, operator)) refuse(path, 'cannot be used with the store of this knowledge base', `'${operator}'`, `compare the whole text with ${this.operators(field)}`);
    this.count(1);
    if (operator === 'in' || operator === 'notIn') return this.listed(field, operator, operand, path);
    const value = this.value(field, operand, path);
    return { field: name, is: type === 'stringList' ? 'lists' : COMPARISONS[operator], value };
  }

  private listed(field: MetadataField, operator: 'in' | 'notIn', operand: unknown, path: string): Filter {
    if (!Array.isArray(operand) || operand.length === 0 || operand.length > MOST_VALUES) {
      refuse(path, `must be a list of 1 to ${MOST_VALUES} values`, Array.isArray(operand) ? `${operand.length} values` : kindOf(operand), 'write ["one", "another"]');
    }
    const values = operand.map((each, at) => this.value(field, each, `${path}[${at}]`));
    if (field.type !== 'stringList') return { field: field.name, is: operator, values };
    // A list holds one of several texts if it holds the first, or the second, and so on.
    this.count(values.length - 1);
    return joined('any', values.map((value): Condition => ({ field: field.name, is: 'lists', value }))) ?? refuse(path, 'must not be empty', 'an empty list', 'name a value');
  }

  private count(more: number) {
    this.conditions += more;
    if (this.conditions > this.most) refuse('filter', `must hold at most ${this.most} conditions`, 'more', 'join values of a field in one list');
  }

  private value({ name, type }: MetadataField, value: unknown, path: string): Scalar {
    const wanted = VALUES[type];
    if (typeof value !== wanted.type || (typeof value === 'number' && !Number.isFinite(value))) {
      refuse(path, `must be ${wanted.name}, for '${name}' is declared as ${type}`, kindOf(value), `give ${wanted.name}`);
    }
    if (typeof value === 'string' && value.length > LONGEST_TEXT) refuse(path, `must have at most ${LONGEST_TEXT} characters`, `${value.length}`, 'shorten it');
    return value as Scalar;
  }

  private can({ type }: MetadataField, operator: string): boolean {
    return type !== 'string' || Boolean(this.rules.textFilters) || (operator !== 'startsWith' && operator !== 'contains');
  }

  private operators(field: MetadataField): string {
    return OPERATORS[field.type].filter((operator) => this.can(field, operator)).map((operator) => `'${operator}'`).join(', ');
  }

  private names(): string {
    const names = this.rules.fields.map(({ name }) => `'${name}'`);
    return names.length === 0 ? '\'and\' or \'or\', for this knowledge base declares no fields' : `${names.join(', ')}, 'and' or 'or'`;
  }
}

/** Groups of one are no groups, and a group in a group of its own kind is part of it. */
export function joined(how: 'all' | 'any', filters: readonly (Filter | undefined)[]): Filter | undefined {
  const flat = filters.flatMap((filter): readonly Filter[] => {
    if (!filter) return [];
    if (how === 'all' && 'all' in filter) return filter.all;
    return how === 'any' && 'any' in filter ? filter.any : [filter];
  });
  if (flat.length < 2) return flat[0];
  return how === 'all' ? { all: flat } : { any: flat };
}

/** How many groups stand in each other, counted from a group of this kind around them all. */
function groupsIn(filter: Filter, around: 'all' | 'any'): number {
  if ('all' in filter) return (around === 'all' ? 0 : 1) + Math.max(...filter.all.map((inner) => groupsIn(inner, 'all')));
  if ('any' in filter) return (around === 'any' ? 0 : 1) + Math.max(...filter.any.map((inner) => groupsIn(inner, 'any')));
  return 1;
}

function tooDeep(path: string): never {
  refuse(path, `must not have groups more than ${DEEPEST} deep in each other`, 'deeper ones', 'write conditions side by side, for they hold together, and values of a field as one list');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(path: string, rule: string, got: string, remedy: string): never {
  throw new BadRequest(path, `'${path}' ${rule}, got ${got}: ${remedy}.`, 'invalid_filter');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value.length <= 40 ? `'${value}'` : 'another text';
  return typeof value === 'object' ? 'an object' : String(value);
}
