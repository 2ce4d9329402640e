import fc from 'fast-check';
import { BadRequest } from '../../../lambda/kit/http';
import { parseFilter } from '../../../lambda/knowledge/filter';
import { belongsTo, tenantOf, userOf, within } from '../../../lambda/knowledge/isolation';
import { retrieve } from '../../../lambda/knowledge/retrieval';
import type { Filter, Passage } from '../../../lambda/ports/passages';
import type { KnowledgePolicy } from '../../../lib/contract/knowledge';
import type { MetadataType } from '../../../lib/contract/metadata';
import { FakeClock } from '../fakes/clock';
import { hostileFilters } from '../fakes/hostile-filters';
import { MemoryPassages, passage } from '../fakes/passages';

const QUERIES = 1_000;
const TENANTS = ['acme', 'globex', 'initech', '', 'Acme', ' acme', '__proto__'];

const policyOf = (type: MetadataType = 'string'): Pick<KnowledgePolicy, 'fields' | 'tenant'> => ({
  fields: [{ name: 'owner', type }, { name: 'year', type: 'number' }, { name: 'tags', type: 'stringList' }], tenant: { field: 'owner', claim: 'custom:tenant' },
});

test('takes the tenant from a claim, and puts it outside of what the caller asks', () => {
  const tenant = tenantOf(policyOf(), { 'custom:tenant': 'acme' });
  expect(within(tenant, undefined)).toEqual({ field: 'owner', is: 'equals', value: 'acme' });
  expect(within(tenant, { any: [{ field: 'owner', is: 'equals', value: 'globex' }, { field: 'year', is: 'equals', value: 1 }] })).toEqual({
    all: [{ field: 'owner', is: 'equals', value: 'acme' }, { any: [{ field: 'owner', is: 'equals', value: 'globex' }, { field: 'year', is: 'equals', value: 1 }] }],
  });
});

test('finds documents of several tenants where the field is a list', () => {
  const tenant = tenantOf(policyOf('stringList'), { 'custom:tenant': 'acme' });
  expect(within(tenant, undefined)).toEqual({ field: 'owner', is: 'lists', value: 'acme' });
  expect([['acme', 'globex'], ['globex'], 'acme', undefined].map((owner) => belongsTo(tenant, { metadata: { owner } }))).toEqual([true, false, false, false]);
});

test('compares numbers as numbers, though tokens hold them as texts', () => {
  const tenant = tenantOf(policyOf('number'), { 'custom:tenant': '42' });
  expect([42, '42', 43].map((owner) => belongsTo(tenant, { metadata: { owner } }))).toEqual([true, false, false]);
});

test.each([[{}], [{ 'custom:tenant': '' }], [{ 'custom:tenant': '  ' }], [{ 'custom:tenant': ['acme'] }], [{ 'custom:tenant': null }], [{ 'custom:tenant': { a: 1 } }], [Object.create({ 'custom:tenant': 'acme' })]])(
  'refuses a caller whose claims are %j', (claims) => {
    expect(() => tenantOf(policyOf(), claims)).toThrow(expect.objectContaining({ status: 403, code: 'tenant_missing' }));
  });

test.each<[MetadataType, unknown]>([
  ['number', '9007199254740993'], ['number', 9007199254740992], ['number', '-1e300'], ['number', 'Infinity'], ['number', NaN], ['string', 9007199254740992], ['string', Infinity],
])('refuses a claim whose number is one of several, as %s: %p', (type, claim) => {
  expect(() => tenantOf(policyOf(type), { 'custom:tenant': claim })).toThrow(expect.objectContaining({ status: 403, code: 'tenant_missing' }));
});

test.each<[MetadataType, unknown, string]>([
  ['number', 'acme', "which they say by a number of 15 digits at most, and what the claim 'custom:tenant' holds is none: sign in with a token whose claim is one, or have their field declared by MetadataField.text."],
  ['string', ['acme'], "which they say by a text, and what the claim 'custom:tenant' holds is none: sign in with a token whose claim is one."],
  ['stringList', 9007199254740992, 'which they say by a text, and'],
])('says of a claim of another kind than a %s that it is there, and not what: %p', (type, claim, message) => {
  const refused = () => tenantOf(policyOf(type), { 'custom:tenant': claim });
  expect(refused).toThrow(message);
  expect(refused).not.toThrow(new RegExp(`nothing verified|${String(claim)}`));
});

test.each([undefined, null, ' '])('says of a claim that holds nothing that it is not there: %p', (claim) => {
  expect(() => tenantOf(policyOf('number'), { 'custom:tenant': claim })).toThrow("nothing verified says which one is yours: sign in with a token that holds the claim 'custom:tenant'.");
});

test('a document that names no tenant is nobody\'s', () => {
  const tenant = tenantOf(policyOf(), { 'custom:tenant': 'acme' });
  expect([{}, { owner: null }, { owner: ['acme'] }, { owner: 'ACME' }].map((metadata) => belongsTo(tenant, { metadata }))).toEqual([false, false, false, false]);
});

test('without tenants everything is everybody\'s', () => {
  expect(tenantOf({ fields: [] }, {})).toBeUndefined();
  expect(within(undefined, undefined)).toBeUndefined();
});

test('names the caller to access control lists by a claim alone', () => {
  expect(userOf({}, { email: 'ada@example.com' })).toBeUndefined();
  expect(userOf({ identity: 'upn' }, { upn: 'ada@example.com', email_verified: false })).toBe('ada@example.com');
  for (const verified of [true, 'true']) expect(userOf({ identity: 'email' }, { email: 'ada@example.com', email_verified: verified })).toBe('ada@example.com');
  expect(userOf({ identity: 'email' }, { email: 'ada@example.com' })).toBe('ada@example.com');
});

test.each<[object, string]>([
  [{}, 'identity_missing'], [{ email: ' ' }, 'identity_missing'], [{ email: ['ada@example.com'] }, 'identity_missing'], [Object.create({ email: 'ada@example.com' }) as object, 'identity_missing'],
  [{ email: 'ada@example.com', email_verified: false }, 'identity_unverified'], [{ email: 'ada@example.com', email_verified: 'false' }, 'identity_unverified'],
  [{ email: 'ada@example.com', email_verified: null }, 'identity_unverified'],
])('refuses a caller who cannot be named by %j', (claims, code) => {
  expect(() => userOf({ identity: 'email' }, claims as Record<string, unknown>)).toThrow(expect.objectContaining({ status: 403, code }));
});

const name = fc.constantFrom(...TENANTS);
const names = fc.array(name, { minLength: 1, maxLength: 3 });
const cunning = hostileFilters(TENANTS, { textFilters: true });
/** What is no filter at all. */
const wild = fc.dictionary(fc.constantFrom('owner', 'or', 'and', 'not', '__proto__', '$or', 'custom:tenant'), fc.oneof(
  name, fc.anything({ maxDepth: 2 }), fc.dictionary(fc.constantFrom('eq', '$ne', 'in', 'gt'), fc.oneof(name, names, fc.constant(null)), { maxKeys: 2 }),
), { minKeys: 1, maxKeys: 3 });
const owner = fc.constantFrom<unknown>(...TENANTS, null, undefined, ['acme', 'globex'], 42);
const stored = fc.array(fc.record({ owner, year: fc.integer({ min: 2020, max: 2026 }), words: fc.string({ minLength: 1, maxLength: 8 }) }), { maxLength: 12 });
const query = (filter: fc.Arbitrary<unknown>) => fc.tuple(fc.constantFrom('acme', 'globex', 'initech'), filter, stored, fc.integer({ min: 1, max: 3 }));

test(`${QUERIES} random queries with hostile filters show no passage of another tenant, over a store that passes over filters`, async () => {
  let shown = 0;
  let foreign = 0;
  await fc.assert(fc.asyncProperty(query(cunning), async ([mine, written, documents, questions]) => {
    const all = documents.map(({ owner: held, year, words }): Passage => passage(words, { metadata: { owner: held, year } }));
    const passages = new MemoryPassages([all]);
    const found = await ask(mine, written, questions, passages);
    expect(found.passages.filter(({ metadata }) => metadata.owner !== mine)).toEqual([]);
    expect(found.foreign).toBe(questions * all.filter(({ metadata }) => metadata.owner !== mine).length);
    expect(passages.searches).toHaveLength(questions);
    for (const search of passages.searches) expect(confined(search.filter, mine)).toBe(true);
    shown += found.passages.length;
    foreign += found.foreign;
  }), { numRuns: QUERIES, seed: 20261121 });
  // The property says something only where there was something to show, and something to hide.
  expect(shown).toBeGreaterThan(QUERIES / 4);
  expect(foreign).toBeGreaterThan(QUERIES);
});

test('what is no filter is refused before anything is looked up, or confined like any other', async () => {
  let refusals = 0;
  await fc.assert(fc.asyncProperty(query(wild), async ([mine, written, documents, questions]) => {
    const passages = new MemoryPassages([documents.map(({ owner: held, words }) => passage(words, { metadata: { owner: held } }))]);
    try {
      const found = await ask(mine, written, questions, passages);
      expect(found.passages.filter(({ metadata }) => metadata.owner !== mine)).toEqual([]);
    } catch (error) {
      expect(error).toBeInstanceOf(BadRequest);
      expect(passages.searches).toEqual([]);
      refusals += 1;
    }
  }), { numRuns: QUERIES, seed: 20261121 });
  expect(refusals).toBeGreaterThan(QUERIES / 2);
});

async function ask(mine: string, written: unknown, questions: number, passages: MemoryPassages) {
  const policy = policyOf();
  const tenant = tenantOf(policy, { 'custom:tenant': mine, 'tenant': 'globex', 'owner': 'globex' });
  const filter = parseFilter(written, { ...policy, textFilters: true });
  const lookup = { questions: Array.from({ length: questions }, (_, at) => `question ${at}`), filter, tenant, most: 10 };
  return retrieve(lookup, {}, { passages, clock: new FakeClock() }, new AbortController().signal);
}

/** Whether a filter lets nothing through but the tenant's own: the condition stands alone, or first among those that all have to hold. */
function confined(filter: Filter | undefined, mine: string): boolean {
  const [first] = filter && 'all' in filter ? filter.all : [filter];
  return first !== undefined && 'field' in first && first.field === 'owner' && first.is === 'equals' && first.value === mine;
}
