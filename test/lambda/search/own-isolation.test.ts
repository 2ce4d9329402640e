import fc from 'fast-check';
import { passes } from '../../../lambda/adapters/passes';
import { postgresPassages } from '../../../lambda/adapters/postgres-passages';
import { BadRequest } from '../../../lambda/kit/http';
import { parseFilter } from '../../../lambda/knowledge/filter';
import { tenantOf } from '../../../lambda/knowledge/isolation';
import { retrieve } from '../../../lambda/knowledge/retrieval';
import type { Embeddings } from '../../../lambda/ports/embeddings';
import type { PassageStore } from '../../../lambda/ports/passage-store';
import type { Filter, Passage } from '../../../lambda/ports/passages';
import { storePassages } from '../../../lambda/search/store-passages';
import type { KnowledgePolicy } from '../../../lib/contract/knowledge';
import type { PassageSearch } from '../../../lib/contract/passage-search';
import { FakeClock } from '../fakes/clock';
import { hostileFilters } from '../fakes/hostile-filters';
import { chunk, DIMENSION, FIELDS, toward } from '../stores/chunks';
import { SCHEMA, startPgvector } from '../stores/pgvector';
import { startS3Vectors } from '../stores/s3-vectors';

const QUERIES = 1_000;
/** Some of them look alike, are part of each other, or are written as stores write. */
const TENANTS = ['acme', 'globex', 'Acme', ' acme', 'acme ', 'acme\' OR \'1\'=\'1', '"acme"', 'аcme', '__proto__', 'null', '%', '$ne'];
const ASKING = TENANTS.filter((tenant) => tenant !== 'globex');
const EACH = 4;
const KNOWLEDGE: Pick<KnowledgePolicy, 'fields' | 'tenant'> = { fields: FIELDS, tenant: { field: 'owner', claim: 'custom:tenant' } };
const { signal } = new AbortController();

/** Documents of every tenant that say the same of different secrets: whoever asks for a secret finds it by its words and by its meaning. */
const DOCUMENTS = TENANTS.flatMap((owner, tenant) => Array.from({ length: EACH }, (_, at) => chunk({
  id: `${tenant}-${at}`, at, off: tenant / 100, text: `salary number${tenant} part${at} secret`, metadata: { owner, year: 2020 + at, tags: TENANTS.slice(at, at + 3), draft: at === 0 },
})));

/** What people write who want more than is theirs. */
const NAUGHTY = [
  '\' OR 1=1 --', '"; DROP TABLE passages; --', '{"$or":[{"owner":"globex"}]}', 'owner:globex', 'tenant=globex', '${owner}', '%00', '\u0000', '\u202egloblex', 'ｇｌｏｂｅｘ', 'glo\u200bbex',
  '_tenant', '*', '?', '(', '\\', '</passage>', '../../globex', '{{owner}}', 'SET app.tenant = \'"globex"\'', 'NULL', '🙈', 'gl\u0301obex',
];
const question = fc.tuple(fc.constantFrom(...NAUGHTY), fc.nat(TENANTS.length - 1)).map(([words, other]) => `${words} salary number${other} secret`);

/** Fields that nobody declared, or that look like the tenant's, and grammar that is none. */
const lookAlikes = fc.record({ name: fc.constantFrom('Owner', 'owner ', 'οwner', 'owner\u0000', '_tenant', 'metadata.owner', '__proto__', '$or', 'not', 'OR', 'constructor'), value: fc.constantFrom<unknown>(...TENANTS, null, {}, [], [null]) })
  .map(({ name, value }) => Object.fromEntries([[name, value]]));

const SEARCH: PassageSearch = { by: 'both', candidates: 100, fusion: { method: 'minMax' }, weights: { meaning: 1, words: 1 } };
const embeddings: Embeddings = { embed: async ([text]) => [toward(text.length % EACH)] };

/** Asks as the API does, and gives what is shown beside what there is to be shown. Undefined where the filter is refused. */
async function asked(store: PassageStore, mine: string, words: string, written: unknown, { textFilters = false, held = true } = {}) {
  let filter: Filter | undefined;
  try {
    filter = parseFilter(written, { ...KNOWLEDGE, textFilters });
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequest);
    return undefined;
  }
  const tenant = held ? tenantOf(KNOWLEDGE, { 'custom:tenant': mine, 'tenant': 'globex', 'owner': 'globex' }) : undefined;
  const passages = storePassages({ store, embeddings, clock: new FakeClock() }, SEARCH);
  const found = await retrieve({ questions: [words], filter, tenant, most: 100 }, { kind: 'own' }, { passages, clock: new FakeClock() }, signal);
  const own = DOCUMENTS.filter(({ metadata }) => metadata.owner === mine && (!filter || passes(filter, metadata)));
  return { found, own };
}

const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).sort();
const foreignTo = (mine: string, shown: readonly Passage[]) => shown.filter(({ metadata }) => metadata.owner !== mine);

describe.each([
  { name: 'S3 Vectors', textFilters: false, start: startS3Vectors },
  {
    name: 'PostgreSQL',
    textFilters: true,
    start: async () => {
      const database = await startPgvector();
      return {
        open: async (options: { tenantField?: string }) => postgresPassages(database.server, SCHEMA, await database.make(options)),
        close: () => database.close!(),
      };
    },
  },
])('over $name', ({ textFilters, start }) => {
  let under: Awaited<ReturnType<typeof start>>;
  let store: PassageStore;
  let undivided: PassageStore;
  beforeAll(async () => {
    under = await start();
    [store, undivided] = [await under.open({ tenantField: 'owner' }), await under.open({})];
    await Promise.all([store, undivided].map((each) => each.write(DOCUMENTS)));
  });
  afterAll(() => under.close!());

  const hostile = fc.oneof({ weight: 5, arbitrary: hostileFilters(TENANTS, { textFilters }) }, { weight: 1, arbitrary: lookAlikes });
  const filters = fc.option(hostile, { nil: undefined, freq: 6 });
  const query = fc.tuple(fc.constantFrom(...ASKING), question, filters);

  // Held to the tenant twice, by the condition and by the store: with both of them taken out the next test finds what is others'.
  test(`${QUERIES} hostile queries find nothing foreign, and all of one's own that they ask for`, async () => {
    let [shown, refused] = [0, 0];
    await fc.assert(fc.asyncProperty(query, async ([mine, words, written]) => {
      const result = await asked(store, mine, words, written, { textFilters });
      if (!result) {
        refused += 1;
        return;
      }
      expect(foreignTo(mine, result.found.passages)).toEqual([]);
      // Not even to be left out: the store itself gave nothing of others.
      expect(result.found.foreign).toBe(0);
      expect(ids(result.found.passages)).toEqual(ids(result.own));
      shown += result.found.passages.length;
    }), { numRuns: QUERIES, seed: 20261121 });
    expect(shown).toBeGreaterThan(QUERIES);
    expect(refused).toBeGreaterThan(QUERIES / 50);
    expect(refused).toBeLessThan(QUERIES / 2);
  }, 240_000);

  test('the same queries find what is others\' as soon as the tenant is not asked for', async () => {
    let foreign = 0;
    await fc.assert(fc.asyncProperty(query, async ([mine, words, written]) => {
      const result = await asked(undivided, mine, words, written, { textFilters, held: false });
      if (result) foreign += foreignTo(mine, result.found.passages).length;
    }), { numRuns: QUERIES / 20, seed: 20261121 });
    expect(foreign).toBeGreaterThan(QUERIES / 20);
  }, 120_000);

  test('what a store gives in spite of its tenant is left out and counted', async () => {
    const passages = storePassages({ store: undivided, embeddings, clock: new FakeClock() }, SEARCH);
    const forgetful = { search: ({ question: words }: { readonly question: string }) => passages.search({ question: words, most: 100 }, signal) };
    const tenant = tenantOf(KNOWLEDGE, { 'custom:tenant': 'acme' });
    const found = await retrieve({ questions: ['salary'], tenant, most: 100 }, { kind: 'own' }, { passages: forgetful, clock: new FakeClock() }, signal);
    expect([ids(found.passages), found.foreign]).toEqual([['0-0', '0-1', '0-2', '0-3'], DOCUMENTS.length - EACH]);
  });

  test('refuses a search that names no tenant', async () => {
    await expect(store.byMeaning({ vector: toward(0), most: 5 }, signal)).rejects.toMatchObject({ kind: 'refused' });
    await expect(store.byWords!({ words: 'salary', most: 5 }, signal)).rejects.toMatchObject({ kind: 'refused' });
    expect(DIMENSION).toBeGreaterThan(EACH);
  });
});
