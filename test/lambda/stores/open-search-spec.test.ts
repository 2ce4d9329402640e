import { join } from 'node:path';
import * as ts from 'typescript';
import { chunk, FIELDS, toward } from './chunks';
import { openSearchSchema } from '../../../lambda/adapters/open-search-indexes';
import { openSearchPassages, type Place } from '../../../lambda/adapters/open-search-passages';
import type { Send } from '../../../lambda/adapters/signed-json';
import type { Filter } from '../../../lambda/ports/passages';

/** Types of the public specification of OpenSearch's API, as its own client has them. */
const TYPES = {
  search: ['Search_RequestBody', 'api/_core/search'],
  action: ['OperationContainer', 'api/_types/_core.bulk'],
  create: ['Indices_Create_RequestBody', 'api/indices/create'],
} as const;

interface Sent {
  readonly as: keyof typeof TYPES;
  readonly body: unknown;
}

const INDEX = { name: 'docs', dimension: 8, fields: FIELDS, tenantField: 'owner' };
const never = new AbortController().signal;

/** Every kind of request that chunks are written, removed and found by. */
async function sent(): Promise<Sent[]> {
  const requests: Sent[] = [];
  const send: Send = async <T>(_method: string, path: string, body: object | string | undefined) => {
    if (path.endsWith('/_search')) requests.push({ as: 'search', body });
    const lines = path.endsWith('/_bulk') ? String(body).trim().split('\n').map((line) => JSON.parse(line) as object) : [];
    const actions = lines.filter((line) => 'index' in line || 'delete' in line);
    requests.push(...actions.map((action): Sent => ({ as: 'action', body: action })));
    return { hits: { hits: [] }, items: actions.map((action, at) => ({ [Object.keys(action)[0]]: { _id: `d${at}`, status: 200 } })) } as T;
  };
  let places: Place[] = [];
  const kept = {
    find: async (ids: readonly string[]) => places.filter(({ id }) => ids.includes(id)),
    write: async (some: readonly Place[]) => { places = [...places.filter(({ mark }) => !some.some((one) => one.mark === mark)), ...some]; },
    forget: async (some: readonly Place[]) => { places = places.filter(({ mark }) => !some.some((one) => one.mark === mark)); },
  };
  let now = 0;
  const store = openSearchPassages(send, INDEX, { places: kept, now: () => now });
  await store.write([chunk({ id: 'a', metadata: { owner: 'o', kind: 'k', year: 2026, draft: false, tags: ['x'] } })]);
  // Whoever wrote this one was killed before it was known what it is called.
  await kept.write([{ id: 'b', mark: 'm', at: now }]);
  now = 1_000_000;
  await store.remove(['a', 'b']);
  const filters: Filter[] = [
    { field: 'kind', is: 'in', values: ['k', 'l'] }, { field: 'kind', is: 'notIn', values: ['k'] }, { field: 'kind', is: 'startsWith', value: 'k' }, { field: 'kind', is: 'contains', value: 'k' },
    { field: 'kind', is: 'equals', value: 7 }, { field: 'draft', is: 'notEquals', value: true }, { field: 'tags', is: 'lists', value: 'x' },
    ...(['greaterThan', 'greaterThanOrEquals', 'lessThan', 'lessThanOrEquals'] as const).map((is): Filter => ({ field: 'year', is, value: 2026 })),
  ];
  for (const filter of [undefined, { all: filters }, { any: filters }]) {
    await store.byMeaning({ vector: toward(0), most: 5, tenant: 'o', filter }, never);
    await store.byWords!({ words: 'how many days', most: 5, tenant: 'o', filter }, never);
  }
  const schemas = [false, true].map((ownsEngine): Sent => ({ as: 'create', body: openSearchSchema(INDEX, { ownsEngine }) }));
  return [...requests, ...schemas];
}

/** What the compiler has against bodies, each held to the type of its request to the last key. */
function problems(bodies: readonly Sent[]): string[] {
  const file = join(__dirname, 'bodies.ts');
  const source = bodies.map(({ as, body }, at) => {
    const [name, from] = TYPES[as];
    return `import type { ${name} as T${at} } from '@opensearch-project/opensearch/${from}';\nexport const body${at}: T${at} = ${JSON.stringify(body)};`;
  }).join('\n');
  const options: ts.CompilerOptions = {
    strict: true, noEmit: true, skipLibCheck: true, types: ['node'], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : read(name, ...rest));
  const program = ts.createProgram([file], options, host);
  const own = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(own), ...program.getSemanticDiagnostics(own)].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

test('what OpenSearch is asked has the shapes of its public specification', async () => {
  const bodies = await sent();
  expect(new Set(bodies.map(({ as }) => as))).toEqual(new Set(Object.keys(TYPES)));
  expect(JSON.stringify(bodies)).toMatch(/"knn":.*"match":.*"wildcard":/);
  expect(problems(bodies)).toEqual([]);
});

test('which hold every key', () => {
  const wrong: Sent[] = [
    { as: 'search', body: { query: { knn: { embedding: { vectors: [1], k: 1 } } } } },
    { as: 'search', body: { query: { match: { words: { query: 'a', operators: 'or' } } } } },
    { as: 'search', body: { query: { bool: { filters: [] } } } },
    { as: 'action', body: { index: { id: 'a' } } },
    { as: 'create', body: { mappings: { property: {} } } },
  ];
  expect(wrong.filter((one) => problems([one]).length === 0)).toEqual([]);
}, 120_000);
