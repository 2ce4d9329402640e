import { ApiError } from '../../../lambda/kit/http';
import { parseFilter } from '../../../lambda/knowledge/filter';
import type { MetadataField } from '../../../lib/contract/metadata';

const fields: MetadataField[] = [
  { name: 'department', type: 'string' }, { name: 'year', type: 'number' }, { name: 'draft', type: 'boolean' }, { name: 'tags', type: 'stringList' },
];

test.each<[string, unknown, unknown]>([
  ['a value', { department: 'hr' }, { field: 'department', is: 'equals', value: 'hr' }],
  ['one of several values', { year: [2024, 2025] }, { field: 'year', is: 'in', values: [2024, 2025] }],
  ['a range', { year: { gte: 2024, lt: 2026 } }, { all: [{ field: 'year', is: 'greaterThanOrEquals', value: 2024 }, { field: 'year', is: 'lessThan', value: 2026 }] }],
  ['an exclusion', { department: { ne: 'hr', notIn: ['it', 'legal'] } }, { all: [{ field: 'department', is: 'notEquals', value: 'hr' }, { field: 'department', is: 'notIn', values: ['it', 'legal'] }] }],
  ['a list that holds a text', { tags: 'tax' }, { field: 'tags', is: 'lists', value: 'tax' }],
  ['a list that holds one of several', { tags: ['tax', 'pay'] }, { any: [{ field: 'tags', is: 'lists', value: 'tax' }, { field: 'tags', is: 'lists', value: 'pay' }] }],
  ['alternatives beside what has to hold', { department: 'hr', or: [{ draft: false }, { year: { gt: 2020 }, tags: 'tax' }] }, {
    all: [
      { field: 'department', is: 'equals', value: 'hr' },
      { any: [{ field: 'draft', is: 'equals', value: false }, { all: [{ field: 'year', is: 'greaterThan', value: 2020 }, { field: 'tags', is: 'lists', value: 'tax' }] }] },
    ],
  }],
  ['groups that are no groups', { and: [{ and: [{ draft: true }] }, { or: [{ year: 1 }] }] }, { all: [{ field: 'draft', is: 'equals', value: true }, { field: 'year', is: 'equals', value: 1 }] }],
  ['as many groups in each other as there may be', { or: [{ year: 1, draft: true }, { tags: ['a', 'b'] }] }, {
    any: [{ all: [{ field: 'year', is: 'equals', value: 1 }, { field: 'draft', is: 'equals', value: true }] }, { field: 'tags', is: 'lists', value: 'a' }, { field: 'tags', is: 'lists', value: 'b' }],
  }],
  ['nothing', {}, undefined],
  ['nothing at all', null, undefined],
])('reads %s', (_, written, filter) => {
  expect(parseFilter(written, { fields })).toEqual(filter);
});

test('compares parts of texts where the store can', () => {
  expect(parseFilter({ department: { startsWith: 'h', contains: 'r' } }, { fields, textFilters: true })).toEqual({
    all: [{ field: 'department', is: 'startsWith', value: 'h' }, { field: 'department', is: 'contains', value: 'r' }],
  });
});

test.each<[string, unknown, string, string]>([
  ['a field that nobody declared', { salary: 1 }, 'filter.salary', 'must be one of \'department\', \'year\', \'draft\', \'tags\', \'and\' or \'or\', got \'salary\': leave it out.'],
  ['a field of every object', { constructor: 1 }, 'filter.constructor', 'must be one of'],
  ['the prototype', JSON.parse('{"__proto__":{"eq":1}}'), 'filter.__proto__', 'must be one of'],
  ['another type', { year: '2024' }, 'filter.year', 'must be a number, for \'year\' is declared as number, got \'2024\': give a number.'],
  ['another type in a list', { year: [2024, null] }, 'filter.year[1]', 'must be a number, for \'year\' is declared as number, got null'],
  ['an operator of another type', { department: { gt: 'a' } }, 'filter.department.gt', 'must be one of \'eq\', \'ne\', \'in\', \'notIn\', for \'department\' is declared as string, got \'gt\''],
  ['an operator that is none', { year: { $gt: 1 } }, 'filter.year.$gt', 'must be one of \'eq\''],
  ['parts of texts where the store cannot', { department: { startsWith: 'h' } }, 'filter.department.startsWith', 'cannot be used with the store of this knowledge base, got \'startsWith\': compare the whole text with \'eq\', \'ne\', \'in\', \'notIn\'.'],
  ['an empty list', { year: [] }, 'filter.year', 'must be a list of 1 to 50 values, got 0 values'],
  ['an empty field', { year: {} }, 'filter.year', 'must say something of the field'],
  ['an empty group', { or: [] }, 'filter.or', 'must be a list of at least one filter'],
  ['an alternative that is always true', { or: [{ year: 1 }, {}] }, 'filter.or[1]', 'must hold a condition'],
  ['groups too deep', { or: [{ year: 1, or: [{ year: 2 }, { year: 3, draft: true }] }, { draft: false }] }, 'filter', 'must not have groups more than 3 deep in each other'],
  ['lists that make groups too deep', { or: [{ year: 1, tags: ['a', 'b'] }, { draft: false }] }, 'filter', 'must not have groups more than 3 deep'],
  ['a group in a group for ever', Array.from({ length: 20 }).reduce<object>((inner) => ({ or: [inner] }), { year: 1 }), 'filter.or[0].or[0].or[0].or[0].or[0].or[0]', 'must not have groups'],
  ['too many conditions', { or: Array.from({ length: 26 }, (_, year) => ({ year })) }, 'filter', 'must hold at most 25 conditions'],
  ['a long text', { department: 'x'.repeat(501) }, 'filter.department', 'must have at most 500 characters, got 501'],
  ['no object', 'hr', 'filter', 'must be an object of fields, got \'hr\''],
])('refuses %s', (_, written, param, message) => {
  const refused = () => parseFilter(written, { fields });
  expect(refused).toThrow(message);
  try {
    refused();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, param, code: 'invalid_filter' });
  }
});

test('leaves room for the condition of the tenant, and counts what lists come to', () => {
  const years = (count: number) => ({ or: Array.from({ length: count }, (_, year) => ({ year })) });
  const rules = { fields, tenant: { field: 'department', claim: 'dept' } };
  expect(parseFilter(years(24), rules)).toMatchObject({ any: expect.anything() });
  expect(() => parseFilter(years(25), rules)).toThrow('must hold at most 24 conditions');
  expect(() => parseFilter({ tags: Array.from({ length: 26 }, (_, at) => `tag ${at}`) }, { fields })).toThrow('must hold at most 25 conditions');
});

test('refuses every field where none is declared', () => {
  expect(() => parseFilter({ a: 1 }, { fields: [] })).toThrow("'filter.a' must be one of 'and' or 'or', for this knowledge base declares no fields, got 'a': leave it out, or have it declared in 'retrieval.fields'.");
});
